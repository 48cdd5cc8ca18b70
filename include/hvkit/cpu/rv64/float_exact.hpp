// SPDX-License-Identifier: BSL-1.0
// Decides what a floating-point operation gives in any rounding mode, by integers alone: the exact result is made, then
// rounded once. What the host's own arithmetic cannot do is done here, and it is the reference for what it can.
// Source: IEEE 754-2019; Volume I, "F" Extension: results that are NaN are canonical, tininess is detected after
// rounding.
#pragma once

#include <bit>
#include <utility>

#include <hvkit/cpu/rv64/float_format.hpp>

namespace hvkit::cpu::riscv::exact {

/// significand * 2^(exponent - 127), bit 127 of the significand set: its first digit stands for 2^exponent. Digits that
/// are too small for bit 0 are ored into it, where they only tell that they are there.
struct number {
  bool negative = false;
  int exponent = 0;
  u128 significand = 0;
};

[[nodiscard]] constexpr u128 at_top(u64 word) noexcept { return u128{word} << 64; }
inline constexpr u128 top_bit = u128{1} << 127;

[[nodiscard]] constexpr int leading_zeros(u128 v) noexcept {
  const auto high = static_cast<u64>(v >> 64);
  return high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(static_cast<u64>(v));
}
/// The same value with bit 127 set; `n.significand` is not 0.
[[nodiscard]] constexpr number normalized(number n) noexcept {
  const int shift = leading_zeros(n.significand);
  return {n.negative, n.exponent - shift, n.significand << shift};
}
/// Shifted down; what falls out is noted in bit 0.
[[nodiscard]] constexpr u128 shifted(u128 v, int by) noexcept {
  if (by == 0)
    return v;
  return by > 127 ? u128{v != 0} : v >> by | u128{v << (128 - by) != 0};
}

/// A finite value that is not 0.
template <class T> [[nodiscard]] constexpr number unpack(T v) noexcept {
  const int field = static_cast<int>(v.magnitude() >> (T::precision - 1));
  const u64 fraction = v.bits & T::fraction_bits;
  const u64 digits = field != 0 ? fraction | u64{1} << (T::precision - 1) : fraction;
  const int last = (field != 0 ? field : 1) - T::bias - static_cast<int>(T::precision - 1);
  return normalized({v.negative(), last + 127, digits});
}

/// The digits above the lowest `dropped` (1 to 128), rounded by what is below them.
struct cut {
  u128 kept = 0;
  bool inexact = false;
};
[[nodiscard]] constexpr cut cut_off(const number &n, unsigned dropped, rounding mode) noexcept {
  const u128 kept = dropped > 127 ? 0 : n.significand >> dropped;
  const u128 rest = dropped > 127 ? n.significand : n.significand << (128 - dropped);
  bool up = false;
  switch (mode) {
  case rounding::nearest_even:
    up = rest > top_bit || (rest == top_bit && (kept & 1) != 0);
    break;
  case rounding::nearest_away:
    up = rest >= top_bit;
    break;
  case rounding::down:
    up = n.negative && rest != 0;
    break;
  case rounding::up:
    up = !n.negative && rest != 0;
    break;
  default:
    break;
  }
  return {kept + u128{up}, rest != 0};
}

/// The value of format T nearest to `n` in that mode.
template <class T> [[nodiscard]] constexpr flagged<T> rounded(const number &n, rounding mode) noexcept {
  constexpr int smallest = 1 - T::bias; // of normal values
  const cut unbounded = cut_off(n, 128 - T::precision, mode);
  cut digits = unbounded;
  u64 above = 0; // the exponent's field, less the one that the first digit adds
  if (n.exponent < smallest) {
    const u128 lower = shifted(n.significand, smallest - n.exponent);
    digits = cut_off({n.negative, smallest, lower}, 128 - T::precision, mode);
  } else {
    above = static_cast<u64>(n.exponent - smallest);
  }
  const u64 magnitude = (above << (T::precision - 1)) + static_cast<u64>(digits.kept);
  if (magnitude >= T::infinity_bits) {
    const bool away = mode == rounding::nearest_even || mode == rounding::nearest_away ||
                      mode == (n.negative ? rounding::down : rounding::up);
    return {away ? T::infinity(n.negative) : T::greatest(n.negative), fflag::of | fflag::nx};
  }
  const bool grown = unbounded.kept >> T::precision != 0; // with any exponent it would have reached the next power
  const bool tiny = n.exponent < smallest - 1 || (n.exponent == smallest - 1 && !grown);
  const u32 flags = !digits.inexact ? 0 : tiny ? fflag::uf | fflag::nx : fflag::nx;
  return {T::signed_as(static_cast<typename T::bits_type>(magnitude), n.negative), flags};
}

/// `a` + `b`; significand 0 if they cancel. The lowest two bits of both are 0.
[[nodiscard]] constexpr number sum(number a, number b) noexcept {
  if (a.exponent < b.exponent)
    std::swap(a, b);
  const u128 x = a.significand >> 2;
  const u128 y = shifted(b.significand >> 2, a.exponent - b.exponent);
  if (a.negative == b.negative)
    return normalized({a.negative, a.exponent + 2, x + y});
  if (x == y)
    return {};
  return normalized({(x < y) != a.negative, a.exponent + 2, x < y ? y - x : x - y});
}
[[nodiscard]] constexpr number product(const number &a, const number &b) noexcept {
  const auto digits = [](const number &n) { return static_cast<u64>(n.significand >> 64); };
  return normalized({a.negative != b.negative, a.exponent + b.exponent + 1, u128{digits(a)} * digits(b)});
}

template <class T> [[nodiscard]] constexpr flagged<T> invalid() noexcept { return {T::nan(), fflag::nv}; }
/// The sum of zeros, or of values that cancel.
template <class T> [[nodiscard]] constexpr T no_sum(bool a, bool b, rounding mode) noexcept {
  return T::zero(a == b ? a : mode == rounding::down);
}

template <class T> [[nodiscard]] constexpr flagged<T> add(T a, T b, rounding mode) noexcept {
  if (a.is_nan() || b.is_nan())
    return {T::nan(), riscv::detail::invalid_if_signaling(a, b)};
  if (a.is_infinite())
    return b.is_infinite() && a.negative() != b.negative() ? invalid<T>() : flagged<T>{a};
  if (b.is_infinite())
    return {b};
  if (a.is_zero() || b.is_zero())
    return {!a.is_zero() ? a : !b.is_zero() ? b : no_sum<T>(a.negative(), b.negative(), mode)};
  const number n = sum(unpack(a), unpack(b));
  return n.significand == 0 ? flagged<T>{T::zero(mode == rounding::down)} : rounded<T>(n, mode);
}

template <class T> [[nodiscard]] constexpr flagged<T> multiply(T a, T b, rounding mode) noexcept {
  const bool negative = a.negative() != b.negative();
  if (a.is_nan() || b.is_nan())
    return {T::nan(), riscv::detail::invalid_if_signaling(a, b)};
  if (a.is_infinite() || b.is_infinite())
    return a.is_zero() || b.is_zero() ? invalid<T>() : flagged<T>{T::infinity(negative)};
  if (a.is_zero() || b.is_zero())
    return {T::zero(negative)};
  return rounded<T>(product(unpack(a), unpack(b)), mode);
}

template <class T> [[nodiscard]] constexpr flagged<T> divide(T a, T b, rounding mode) noexcept {
  const bool negative = a.negative() != b.negative();
  if (a.is_nan() || b.is_nan())
    return {T::nan(), riscv::detail::invalid_if_signaling(a, b)};
  if (a.is_infinite())
    return b.is_infinite() ? invalid<T>() : flagged<T>{T::infinity(negative)};
  if (b.is_zero())
    return a.is_zero() ? invalid<T>() : flagged<T>{T::infinity(negative), fflag::dz};
  if (a.is_zero() || b.is_infinite())
    return {T::zero(negative)};
  const number x = unpack(a), y = unpack(b);
  const auto divisor = static_cast<u64>(y.significand >> 64);
  const u128 dividend = x.significand >> 1;
  const u128 quotient = dividend / divisor << 2 | u128{dividend % divisor != 0};
  return rounded<T>(normalized({negative, x.exponent - y.exponent + 62, quotient}), mode);
}

/// The whole part of the square root, and whether there is more.
[[nodiscard]] constexpr u128 root(u128 v) noexcept {
  u128 found = 0;
  for (int at = 63; at >= 0; --at) {
    const u128 tried = found | u128{1} << at;
    found = tried * tried <= v ? tried : found;
  }
  return found << 1 | u128{found * found != v};
}
template <class T> [[nodiscard]] constexpr flagged<T> square_root(T a, rounding mode) noexcept {
  if (a.is_nan())
    return {T::nan(), a.is_signaling() ? fflag::nv : 0};
  if (a.is_zero())
    return {a};
  if (a.negative())
    return invalid<T>();
  if (a.is_infinite())
    return {a};
  const number n = unpack(a);
  const bool odd = (n.exponent & 1) != 0;
  const u128 radicand = odd ? n.significand : n.significand >> 1; // of 2^(even + 127) or 2^(even + 126)
  const int half = (n.exponent - (odd ? 1 : 0)) / 2;
  return rounded<T>(normalized({false, half + 63, root(radicand)}), mode);
}

/// a * b + c, rounded once. 0 times infinity is invalid even if c is a quiet NaN. "Single-Precision Floating-Point
/// Computational Instructions".
template <class T> [[nodiscard]] constexpr flagged<T> multiply_add(T a, T b, T c, rounding mode) noexcept {
  const bool negative = a.negative() != b.negative();
  const bool endless = a.is_infinite() || b.is_infinite();
  if (a.is_nan() || b.is_nan())
    return {T::nan(), riscv::detail::invalid_if_signaling(a, b) | riscv::detail::invalid_if_signaling(c, c)};
  if (endless && (a.is_zero() || b.is_zero()))
    return invalid<T>();
  if (c.is_nan())
    return {T::nan(), riscv::detail::invalid_if_signaling(c, c)};
  if (endless)
    return c.is_infinite() && c.negative() != negative ? invalid<T>() : flagged<T>{T::infinity(negative)};
  if (c.is_infinite())
    return {c};
  if (a.is_zero() || b.is_zero())
    return {c.is_zero() ? no_sum<T>(negative, c.negative(), mode) : c};
  const number scaled = product(unpack(a), unpack(b));
  if (c.is_zero())
    return rounded<T>(scaled, mode);
  const number n = sum(scaled, unpack(c));
  return n.significand == 0 ? flagged<T>{T::zero(mode == rounding::down)} : rounded<T>(n, mode);
}

/// Between formats.
template <class To, class From> [[nodiscard]] constexpr flagged<To> convert(From v, rounding mode) noexcept {
  if (v.is_nan())
    return {To::nan(), v.is_signaling() ? fflag::nv : 0};
  if (v.is_infinite())
    return {To::infinity(v.negative())};
  return v.is_zero() ? flagged<To>{To::zero(v.negative())} : rounded<To>(unpack(v), mode);
}
/// From an integer of type I, in 64 bits.
template <class T, class I> [[nodiscard]] constexpr flagged<T> from_integer(u64 v, rounding mode) noexcept {
  const auto value = static_cast<I>(v);
  const bool negative = value < 0;
  const u64 extended = negative ? u64{0} - static_cast<u64>(value) : static_cast<u64>(value);
  if (extended == 0)
    return {};
  return rounded<T>(normalized({negative, 127, extended}), mode);
}
/// To an integer of type I, its bits sign-extended to 64. What is out of range gives the end of the range, a NaN the
/// upper one. "Domains of float-to-integer conversions and behavior for invalid inputs".
template <class I, class T> [[nodiscard]] constexpr flagged<u64> to_integer(T v, rounding mode) noexcept {
  constexpr unsigned width = 8 * sizeof(I);
  constexpr u128 above = u128{1} << (std::is_signed_v<I> ? width - 1 : width); // the positive range's end
  const auto result = [](u64 value) { return sign_extend(value, width); };
  const bool negative = v.negative() && !v.is_nan();
  const flagged<u64> end{result(static_cast<u64>(negative ? (std::is_signed_v<I> ? above : 0) : above - 1)), fflag::nv};
  if (v.is_zero())
    return {};
  if (v.is_nan() || v.is_infinite())
    return end;
  number n = unpack(v);
  if (n.exponent > 64)
    return end;
  if (n.exponent < -1)
    n = {n.negative, -1, 1}; // less than a half
  const cut whole = cut_off(n, static_cast<unsigned>(127 - n.exponent), mode);
  const u128 limit = !negative ? above - 1 : std::is_signed_v<I> ? above : 0;
  if (whole.kept > limit)
    return end;
  const auto magnitude = static_cast<u64>(whole.kept);
  return {result(negative ? u64{0} - magnitude : magnitude), whole.inexact ? fflag::nx : 0};
}

} // namespace hvkit::cpu::riscv::exact
