// SPDX-License-Identifier: BSL-1.0
// Decides what a clock policy is asked: to give a guest its time.
#pragma once

#include <hvkit/hardware/machine.hpp>

namespace hvkit::clock {

/// Satisfied when `P` gives a virtual CPU the clock that its instructions read; the board outlives it.
template <class P, class VirtualCpu>
concept attaches = requires(VirtualCpu &cpu, const hardware::board &around) {
  P::attach(cpu, around);
};

} // namespace hvkit::clock
