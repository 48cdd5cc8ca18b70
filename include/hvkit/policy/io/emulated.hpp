// SPDX-License-Identifier: BSL-1.0
// Decides that guests reach devices as on the bare machine: by registers in memory. Knows no device.
#pragma once

#include <string_view>

#include <hvkit/core/slot.hpp>
#include <hvkit/hardware/machine.hpp>

namespace hvkit::io {

/// Device registers are never mapped: each access to one is a fault of the hardware, and its row runs on the virtual
/// CPU, which reaches the board's model of the device.
struct emulated {
  static constexpr slot kind = slot::io;
  static constexpr std::string_view name = "emulated";

  /// Lets the guest reach the devices of `around`.
  template <class VirtualCpu> static void attach(VirtualCpu &cpu, const hardware::board &around) {
    cpu.set_devices(&around.devices());
  }
};

} // namespace hvkit::io
