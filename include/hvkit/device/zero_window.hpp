// SPDX-License-Identifier: BSL-1.0
// Decides what a guest finds where it looks for a device that it can do without: zeros. Knows no device.
#pragma once

#include <hvkit/hardware/bus.hpp>

namespace hvkit::device {

/// Reads as 0 and ignores writes, whatever the offset and the width: empty flash, a PCI bus without functions.
struct zero_window final : hardware::device {
  [[nodiscard]] maybe<u64> read(u64, unsigned) override { return 0; }
  [[nodiscard]] bool write(u64, unsigned, u64) override { return true; }
};

} // namespace hvkit::device
