// SPDX-License-Identifier: BSL-1.0
// Decides that a guest's time is its own: the count of instructions it retired and of those it idled.
#pragma once

#include <string_view>

#include <hvkit/core/slot.hpp>
#include <hvkit/hardware/machine.hpp>

namespace hvkit::clock {

/// Virtual time stands still while the VMM works: two runs are equal, and so are a VM and the bare machine.
struct retired {
  static constexpr slot kind = slot::clock;
  static constexpr std::string_view name = "retired";
  /// What theorem 2 asks of a VMM that others are to be stacked on: no timing dependencies.
  static constexpr bool timing_free = true;

  /// Lets the guest read the clock of `around`, which the guest's own count drives.
  template <class VirtualCpu> static void attach(VirtualCpu &cpu, const hardware::board &around) {
    cpu.set_tick_source(around.ticks());
  }
};

} // namespace hvkit::clock
