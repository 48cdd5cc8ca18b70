// SPDX-License-Identifier: BSL-1.0
// Decides which machines of `cpu::rv64` are compiled once for a program of many files (hardware/instances.hpp says
// how).
#pragma once

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/hardware/engine/step.hpp>
#include <hvkit/hardware/hart.hpp>
#include <hvkit/vmm/virtual_cpu.hpp>

#ifdef HVKIT_MACHINES_HERE
#define HVKIT_MACHINE template class
#else
#define HVKIT_MACHINE extern template class
#endif

namespace hvkit {

HVKIT_MACHINE hardware::hart<cpu::rv64, engine::step::over>;
HVKIT_MACHINE hardware::hart<cpu::rv64, engine::blocks::over>;
HVKIT_MACHINE hardware::hart<cpu::rv64::assisted, engine::step::over>;
HVKIT_MACHINE hardware::hart<cpu::rv64::assisted, engine::blocks::over>;
HVKIT_MACHINE virtual_cpu<cpu::rv64>;

} // namespace hvkit

#undef HVKIT_MACHINE
