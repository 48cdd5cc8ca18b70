// SPDX-License-Identifier: BSL-1.0
// Decides what tests of devices put at the other ends of their wires: lines that can be looked at, a clock set by hand;
// and which board has all of them.
#pragma once

#include <hvkit/device/virt_options.hpp>
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

/// A virt board with all that can be chosen, the disk in the given form.
[[nodiscard]] inline device::virt_board_options full_board(device::disk &disk, device::form storage) {
  device::virt_board_options o;
  o.storage = &disk;
  o.storage_form = storage;
  o.console_form = device::form::paravirtual;
  o.random = true;
  return o;
}

} // namespace hvkit::tests
