// SPDX-License-Identifier: BSL-1.0
// Decides what floating-point values are to RV64: their bits, their boxes in registers, flags, rounding modes, and all
// operations that round nothing.
// Source: The RISC-V Instruction Set Manual, Volume I, "F" and "D" Extensions for Floating-Point.
#pragma once

#include <type_traits>

#include <hvkit/core/bits.hpp>
#include <hvkit/cpu/rv64/values.hpp>

namespace hvkit::cpu::riscv {

/// The bits of fflags: inexact, underflow, overflow, divide by zero, invalid operation.
namespace fflag {
inline constexpr u32 nx = 1, uf = 2, of = 4, dz = 8, nv = 16;
}

/// Rounding modes by their encoding in instructions and in frm; 5 and 6 are reserved. "Floating-Point Control and
/// Status Register".
enum class rounding : u8 {
  nearest_even,
  to_zero,
  down,
  up,
  nearest_away, ///< RMM: ties go to the larger magnitude
  dynamic = 7   ///< in instructions: the mode that frm holds
};

/// A value of the format that has the width of `Bits`, as it is encoded.
template <class Bits> struct binary {
  using bits_type = Bits;
  Bits bits = 0;

  static constexpr unsigned width = 8 * sizeof(Bits);
  static constexpr unsigned precision = width == 32 ? 24 : 53; ///< digits of the significand, the implied one included
  static constexpr int bias = width == 32 ? 127 : 1023;
  static constexpr Bits sign_bit = Bits{1} << (width - 1);
  static constexpr Bits fraction_bits = (Bits{1} << (precision - 1)) - 1;
  static constexpr Bits infinity_bits = (sign_bit - 1) & ~fraction_bits;
  static constexpr Bits quiet_bit = Bits{1} << (precision - 2);

  [[nodiscard]] static constexpr binary nan() noexcept { return {infinity_bits | quiet_bit}; }
  [[nodiscard]] static constexpr binary infinity(bool negative) noexcept { return signed_as(infinity_bits, negative); }
  [[nodiscard]] static constexpr binary greatest(bool negative) noexcept {
    return signed_as(infinity_bits - 1, negative);
  }
  [[nodiscard]] static constexpr binary zero(bool negative) noexcept { return signed_as(0, negative); }
  [[nodiscard]] static constexpr binary signed_as(Bits magnitude, bool negative) noexcept {
    return {negative ? magnitude | sign_bit : magnitude};
  }

  [[nodiscard]] constexpr bool negative() const noexcept { return (bits & sign_bit) != 0; }
  [[nodiscard]] constexpr Bits magnitude() const noexcept { return bits & ~sign_bit; }
  [[nodiscard]] constexpr bool is_nan() const noexcept { return magnitude() > infinity_bits; }
  [[nodiscard]] constexpr bool is_signaling() const noexcept { return is_nan() && (bits & quiet_bit) == 0; }
  [[nodiscard]] constexpr bool is_infinite() const noexcept { return magnitude() == infinity_bits; }
  [[nodiscard]] constexpr bool is_zero() const noexcept { return magnitude() == 0; }
  [[nodiscard]] constexpr bool is_subnormal() const noexcept { return !is_zero() && magnitude() <= fraction_bits; }
  [[nodiscard]] constexpr binary operator-() const noexcept { return {bits ^ sign_bit}; }

  friend constexpr bool operator==(const binary &, const binary &) = default; ///< of the bits
};
using f32 = binary<u32>;
using f64 = binary<u64>;

/// A result and the flags it raises.
template <class T> struct flagged {
  T value{};
  u32 flags = 0;
};

/// A narrower value stands in a register with ones above it. "NaN Boxing of Narrower Values".
[[nodiscard]] constexpr u64 boxed(f32 v) noexcept { return v.bits | ~low_bits(32); }
[[nodiscard]] constexpr u64 boxed(f64 v) noexcept { return v.bits; }
/// What a register holds as a T: not boxed as one, it is the canonical NaN.
template <class T> [[nodiscard]] constexpr T unboxed(u64 content) noexcept {
  if constexpr (T::width == 64)
    return {content};
  else
    return content >> 32 == low_bits(32) ? T{static_cast<u32>(content)} : T::nan();
}

/// FSGNJ, FSGNJN, FSGNJX: the magnitude of `a` with a sign from elsewhere.
template <class T> [[nodiscard]] constexpr T with_sign(T a, bool negative) noexcept {
  return T::signed_as(a.magnitude(), negative);
}

/// FCLASS: one bit of ten. "Single-Precision Floating-Point Classify Instruction".
template <class T> [[nodiscard]] constexpr u64 classify(T v) noexcept {
  if (v.is_nan())
    return v.is_signaling() ? bit(8) : bit(9);
  const unsigned size = v.is_zero() ? 0 : v.is_subnormal() ? 1 : v.is_infinite() ? 3 : 2;
  return v.negative() ? bit(3 - size) : bit(4 + size);
}

namespace detail {
/// Neither is a NaN.
template <class T> [[nodiscard]] constexpr bool ordered_less(T a, T b) noexcept {
  if (a.negative() != b.negative())
    return a.negative() && !(a.is_zero() && b.is_zero());
  return a.negative() ? b.bits < a.bits : a.bits < b.bits;
}
template <class T> [[nodiscard]] constexpr u32 invalid_if_signaling(T a, T b) noexcept {
  return a.is_signaling() || b.is_signaling() ? fflag::nv : 0;
}
template <class T> [[nodiscard]] constexpr bool unordered(T a, T b) noexcept { return a.is_nan() || b.is_nan(); }
} // namespace detail

/// FEQ is a quiet comparison, FLT and FLE are signaling ones. "Single-Precision Floating-Point Compare Instructions".
template <class T> [[nodiscard]] constexpr flagged<u64> equal(T a, T b) noexcept {
  const bool same = a.bits == b.bits || (a.is_zero() && b.is_zero());
  return {select(same && !detail::unordered(a, b), 1, 0), detail::invalid_if_signaling(a, b)};
}
template <class T> [[nodiscard]] constexpr flagged<u64> less(T a, T b) noexcept {
  if (detail::unordered(a, b))
    return {0, fflag::nv};
  return {select(detail::ordered_less(a, b), 1, 0), 0};
}
template <class T> [[nodiscard]] constexpr flagged<u64> less_or_equal(T a, T b) noexcept {
  if (detail::unordered(a, b))
    return {0, fflag::nv};
  return {select(!detail::ordered_less(b, a), 1, 0), 0};
}

/// FMIN and FMAX: minimumNumber and maximumNumber of IEEE 754-2019, -0 below +0.
template <class T> [[nodiscard]] constexpr flagged<T> least(T a, T b, bool greatest = false) noexcept {
  const u32 flags = detail::invalid_if_signaling(a, b);
  if (a.is_nan())
    return {b.is_nan() ? T::nan() : b, flags};
  if (b.is_nan())
    return {a, flags};
  const bool a_first = a.is_zero() && b.is_zero() ? a.negative() : detail::ordered_less(a, b);
  return {a_first != greatest ? a : b, flags};
}

} // namespace hvkit::cpu::riscv
