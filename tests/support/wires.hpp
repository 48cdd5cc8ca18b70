// SPDX-License-Identifier: BSL-1.0
// Decides what tests of devices put at the other ends of their wires: lines that can be looked at, a clock set by hand.
#pragma once

#include <hvkit/hardware/bus.hpp>

namespace hvkit::tests {

/// Remembers the level of each line, 0 to 63.
struct lines final : hardware::interrupt_sink {
  u64 levels = 0;
  void set_level(unsigned line, bool level) override { levels = deposit(levels, bit(line), level ? 1 : 0); }
  [[nodiscard]] bool operator[](unsigned line) const { return (levels & bit(line)) != 0; }
};

struct manual_clock final : hardware::instruction_clock {
  u64 time = 0;
  [[nodiscard]] u64 now() const override { return time; }
};

} // namespace hvkit::tests
