// SPDX-License-Identifier: BSL-1.0
// Decides that guests reach devices by requests in their own memory. Knows no device.
#pragma once

#include <string_view>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/io/concept.hpp>

namespace hvkit::io {

/// The guest has drivers for virtio: it describes a request in memory and rings once, so that one exit moves what would
/// take hundreds by registers. The bell is a register and no hypercall: either is one exit, and with the register the
/// bare machine and the guest's drivers need to know of nothing but the device.
struct paravirtual : basics {
  static constexpr slot kind = slot::io;
  static constexpr std::string_view name = "paravirtual";
  static constexpr form devices = form::paravirtual;
};

} // namespace hvkit::io
