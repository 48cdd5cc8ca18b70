// SPDX-License-Identifier: BSL-1.0
// Decides that guest-virtual, guest-physical and host-physical addresses are different types. Knows no page format.
#pragma once

#include <compare>

#include <hvkit/core/bits.hpp>

namespace hvkit {

/// An address of one kind. Kinds never convert into each other by themselves: whoever translates says so by name.
template <class Kind> struct address {
  u64 value = 0;

  constexpr address() = default;
  constexpr explicit address(u64 v) noexcept : value(v) {}

  friend constexpr auto operator<=>(address, address) = default;
  /// Wraps modulo 2^64, as addresses do in hardware.
  friend constexpr address operator+(address a, u64 distance) noexcept { return address{a.value + distance}; }
  /// Distance in bytes, modulo 2^64.
  friend constexpr u64 operator-(address a, address b) noexcept { return a.value - b.value; }
};

/// What a program uses before translation. On a bare machine: its virtual address.
using gva = address<struct guest_virtual>;
/// What a guest believes to be physical. On a bare machine it is where translation ends.
using gpa = address<struct guest_physical>;
/// Where a byte lies in the hardware's own memory.
using hpa = address<struct host_physical>;

/// The frame size every part of hvkit hands out, maps and tracks: 4 KiB.
inline constexpr unsigned frame_bits = 12;
inline constexpr u64 frame_size = u64{1} << frame_bits;

/// Which frame of 4 KiB an address lies in, how far into it (in bytes), and where that frame begins.
[[nodiscard]] constexpr u64 frame_number(u64 address) noexcept { return address >> frame_bits; }
[[nodiscard]] constexpr u64 frame_offset(u64 address) noexcept { return address & (frame_size - 1); }
[[nodiscard]] constexpr u64 frame_base(u64 address) noexcept { return address & ~(frame_size - 1); }

} // namespace hvkit
