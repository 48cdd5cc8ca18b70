// SPDX-License-Identifier: BSL-1.0
// Decides what is read once for all files of hvkit-run.
#pragma once

#include <fmt/format.h>

#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/isa/disassembler.hpp>
#include <hvkit/report/exit_trace.hpp>
#include <hvkit/vmm/single.hpp>

#include "combinations.hpp"
