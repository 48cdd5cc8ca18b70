// SPDX-License-Identifier: BSL-1.0
// Decides that guests reach devices as on a machine that was built: by the registers of a serial port, of a drive.
// Knows no device.
#pragma once

#include <string_view>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/io/concept.hpp>

namespace hvkit::io {

/// The guest needs no driver that was written for a VMM. Each byte and each word costs it an exit or more.
struct emulated : basics {
  static constexpr slot kind = slot::io;
  static constexpr std::string_view name = "emulated";
  static constexpr form devices = form::emulated;
};

} // namespace hvkit::io
