// SPDX-License-Identifier: BSL-1.0
// Decides how bit fields are named and cut. Knows no architecture.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace hvkit {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i8 = std::int8_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

/// A word with bit `n` set, 0 <= n < 64.
[[nodiscard]] constexpr u64 bit(unsigned n) noexcept { return u64{1} << n; }

/// A word with the lowest `n` bits set, 0 <= n <= 64.
[[nodiscard]] constexpr u64 low_bits(unsigned n) noexcept { return n >= 64 ? ~u64{0} : bit(n) - 1; }

/// Bits [high:low] of `value`, both ends included, as the manuals write them.
[[nodiscard]] constexpr u64 bits(u64 value, unsigned high, unsigned low) noexcept {
  return (value >> low) & low_bits(high - low + 1);
}

/// The lowest `width` bits of `value`, sign-extended to 64 (1 <= width <= 64).
[[nodiscard]] constexpr u64 sign_extend(u64 value, unsigned width) noexcept {
  const unsigned unused = 64 - width;
  return static_cast<u64>(static_cast<i64>(value << unused) >> unused);
}

/// The field that `mask` (contiguous, not 0) cuts out of `word`, moved down to bit 0.
[[nodiscard]] constexpr u64 extract(u64 word, u64 mask) noexcept { return (word & mask) >> std::countr_zero(mask); }

/// `word` with the field under `mask` (contiguous, not 0) replaced by `value`; excess bits of `value` are dropped.
[[nodiscard]] constexpr u64 deposit(u64 word, u64 mask, u64 value) noexcept {
  return (word & ~mask) | ((value << std::countr_zero(mask)) & mask);
}

} // namespace hvkit
