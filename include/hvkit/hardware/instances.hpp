// SPDX-License-Identifier: BSL-1.0
// Decides how a program of many files has its machines compiled once, instead of in each file. Knows no CPU.
//
// Define HVKIT_MACHINES_ELSEWHERE for all files as the header that lists them, <hvkit/machines/rv64.hpp> or one of your
// own like it: the headers that use machines include it. In one file, define HVKIT_MACHINES_HERE instead and include
// that header and nothing else. Without either, nothing changes.
#pragma once

#ifdef HVKIT_MACHINES_ELSEWHERE
#include HVKIT_MACHINES_ELSEWHERE
#endif
