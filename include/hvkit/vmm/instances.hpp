// SPDX-License-Identifier: BSL-1.0
// Decides how a program of many files has the machines of `cpu::rv64` compiled once, instead of in each file.
//
// Define HVKIT_MACHINES_ELSEWHERE for all files (then the headers that use machines include this one), and besides it
// HVKIT_MACHINES_HERE in one of them, which includes this header and nothing else. Without either, nothing changes.
#pragma once

#include <hvkit/hardware/instances.hpp>
#include <hvkit/vmm/virtual_cpu.hpp>

#ifdef HVKIT_MACHINES_HERE
#define HVKIT_MACHINE template class
#else
#define HVKIT_MACHINE extern template class
#endif

namespace hvkit {

HVKIT_MACHINE virtual_cpu<cpu::rv64>;

} // namespace hvkit

#undef HVKIT_MACHINE
