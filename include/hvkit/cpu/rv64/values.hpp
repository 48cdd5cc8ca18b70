// SPDX-License-Identifier: BSL-1.0
// Decides the operations on 64-bit values that C++ writes with casts, by name, so that a symbolic value can stand in.
#pragma once

#include <hvkit/core/bits.hpp>

namespace hvkit::cpu::riscv {

/// `condition ? a : b`, without control flow.
[[nodiscard]] constexpr u64 select(bool condition, u64 a, u64 b) noexcept { return condition ? a : b; }

/// The low 32, 16 or 8 bits, sign-extended (sext) or zero-extended (zext) to 64.
[[nodiscard]] constexpr u64 sext32(u64 v) noexcept { return static_cast<u64>(i64{static_cast<i32>(v)}); }
[[nodiscard]] constexpr u64 zext32(u64 v) noexcept { return static_cast<u32>(v); }
[[nodiscard]] constexpr u64 sext16(u64 v) noexcept { return static_cast<u64>(i64{static_cast<i16>(v)}); }
[[nodiscard]] constexpr u64 sext8(u64 v) noexcept { return static_cast<u64>(i64{static_cast<i8>(v)}); }

/// Comparisons of 64-bit values, signed and unsigned.
[[nodiscard]] constexpr bool less(u64 a, u64 b) noexcept { return static_cast<i64>(a) < static_cast<i64>(b); }
[[nodiscard]] constexpr bool less_unsigned(u64 a, u64 b) noexcept { return a < b; }

/// Shifts by the low 6 (low 5) bits of `n`.
[[nodiscard]] constexpr u64 shl(u64 a, u64 n) noexcept { return a << (n & 63); }
[[nodiscard]] constexpr u64 shr(u64 a, u64 n) noexcept { return a >> (n & 63); }
[[nodiscard]] constexpr u64 sar(u64 a, u64 n) noexcept { return static_cast<u64>(static_cast<i64>(a) >> (n & 63)); }
[[nodiscard]] constexpr u64 shl32(u64 a, u64 n) noexcept { return sext32(u64{static_cast<u32>(a)} << (n & 31)); }
[[nodiscard]] constexpr u64 shr32(u64 a, u64 n) noexcept { return sext32(u64{static_cast<u32>(a)} >> (n & 31)); }
[[nodiscard]] constexpr u64 sar32(u64 a, u64 n) noexcept {
  return static_cast<u64>(i64{static_cast<i32>(a) >> (n & 31)});
}

/// The low bits of `v`, as many as a T has, sign-extended to 64.
template <class T> [[nodiscard]] constexpr u64 widen(u64 v) noexcept { return sign_extend(v, 8 * sizeof(T)); }

__extension__ using i128 = __int128;
__extension__ using u128 = unsigned __int128;

/// The upper 64 bits of the product: of signed values, of unsigned ones, of a signed and an unsigned one.
[[nodiscard]] constexpr u64 mul_high(u64 a, u64 b) noexcept {
  return static_cast<u64>((i128{static_cast<i64>(a)} * i128{static_cast<i64>(b)}) >> 64);
}
[[nodiscard]] constexpr u64 mul_high_unsigned(u64 a, u64 b) noexcept {
  return static_cast<u64>((u128{a} * u128{b}) >> 64);
}
[[nodiscard]] constexpr u64 mul_high_mixed(u64 a, u64 b) noexcept {
  return static_cast<u64>((i128{static_cast<i64>(a)} * static_cast<i128>(b)) >> 64);
}

/// Division as the manual's table says: by zero gives all ones (and the dividend as remainder), overflow wraps.
[[nodiscard]] constexpr u64 div(u64 a, u64 b) noexcept {
  if (b == 0)
    return ~u64{0};
  if (b == ~u64{0})
    return u64{0} - a;
  return static_cast<u64>(static_cast<i64>(a) / static_cast<i64>(b));
}
[[nodiscard]] constexpr u64 rem(u64 a, u64 b) noexcept {
  if (b == 0)
    return a;
  if (b == ~u64{0})
    return 0;
  return static_cast<u64>(static_cast<i64>(a) % static_cast<i64>(b));
}
[[nodiscard]] constexpr u64 div_unsigned(u64 a, u64 b) noexcept { return b == 0 ? ~u64{0} : a / b; }
[[nodiscard]] constexpr u64 rem_unsigned(u64 a, u64 b) noexcept { return b == 0 ? a : a % b; }

} // namespace hvkit::cpu::riscv
