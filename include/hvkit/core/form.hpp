// SPDX-License-Identifier: BSL-1.0
// Decides that a device exists once and shows itself in two ways. Knows no device.
#pragma once

#include <hvkit/core/bits.hpp>

namespace hvkit {

/// How a guest reaches a console or a disk.
enum class form : u8 {
  emulated,    ///< by the registers of a device that once was built: a serial port, an ATA drive
  paravirtual, ///< by requests in its own memory: virtio
};

} // namespace hvkit
