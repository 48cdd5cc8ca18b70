// SPDX-License-Identifier: BSL-1.0
// Decides what an io policy is asked: to let a guest reach its devices.
#pragma once

#include <hvkit/hardware/machine.hpp>

namespace hvkit::io {

/// Satisfied when `P` wires a virtual CPU to the devices of a board, which outlives it.
template <class P, class VirtualCpu>
concept attaches = requires(VirtualCpu &cpu, const hardware::board &around) {
  P::attach(cpu, around);
};

} // namespace hvkit::io
