// SPDX-License-Identifier: BSL-1.0
// Decides how a program of many files has the harts of `cpu::rv64` compiled once, instead of in each file.
// vmm/instances.hpp says how it is used.
#pragma once

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/hardware/engine/step.hpp>
#include <hvkit/hardware/hart.hpp>

#ifdef HVKIT_MACHINES_HERE
#define HVKIT_MACHINE template class
#else
#define HVKIT_MACHINE extern template class
#endif

namespace hvkit::hardware {

HVKIT_MACHINE hart<cpu::rv64, engine::step::over>;
HVKIT_MACHINE hart<cpu::rv64, engine::blocks::over>;

} // namespace hvkit::hardware

#undef HVKIT_MACHINE
