// SPDX-License-Identifier: BSL-1.0
// Decides what a guest's hypercalls can ask of its board. Knows neither the numbers of the calls nor the CPU that makes
// them.
#pragma once

#include <span>

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>

namespace hvkit {

/// What stands behind the calls of an operating system that has no firmware: the part of a board that it reaches by
/// calling, not by registers. It belongs to the board, so that the bare machine and every VM have the same one.
struct hypercall_services {
  virtual ~hypercall_services() = default;
  /// The timer's line is up whenever the board's clock is at `ticks` or beyond. Replaces the time set before.
  virtual void set_timer(u64 ticks) = 0;
  /// The console: a byte to it, and the next one from it if there is one.
  virtual void put(u8 byte) = 0;
  [[nodiscard]] virtual maybe<u8> get() = 0;
  /// The machine is to be switched off, all well if `code` is 0, or started again. It hears nothing more.
  virtual void switch_off(u64 code) = 0;
  virtual void restart() = 0;
  /// Copies guest-physical memory out, all or nothing: false where not all of it is memory. Reaches no device.
  [[nodiscard]] virtual bool read(gpa at, std::span<u8> to) const = 0;

  u64 served = 0;       ///< calls so far; whoever serves them counts
  bool yielded = false; ///< the guest does not want the rest of its turn; whoever gives turns takes it back
};

} // namespace hvkit
