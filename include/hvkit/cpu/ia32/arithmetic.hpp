// SPDX-License-Identifier: BSL-1.0
// Decides what shifts, rotations, products, quotients and decimal adjustments are, as values.
// Source: Intel SDM, Volume 2, the instructions' own sections. Counts are below 32 and not 0.
#pragma once

#include <hvkit/core/access.hpp>
#include <hvkit/cpu/ia32/word.hpp>

namespace hvkit::cpu::x86 {

template <class T> [[nodiscard]] constexpr result<T> shift_left(word<T> a, unsigned n) noexcept {
  const u64 wide = u64{a.value} << n;
  const word<T> value(wide);
  const bool carry = (wide >> word<T>::bits & 1) != 0;
  return {value, carries_of<T>(carry, carry != value.top())};
}
template <class T> [[nodiscard]] constexpr result<T> shift_right(word<T> a, unsigned n) noexcept {
  return {a >> n, carries_of<T>((u64{a.value} >> (n - 1) & 1) != 0, a.top())};
}
template <class T> [[nodiscard]] constexpr result<T> shift_right_signed(word<T> a, unsigned n) noexcept {
  const auto wide = static_cast<i64>(sign_extend(a.value, word<T>::bits));
  return {word<T>(static_cast<u64>(wide >> n)), carries_of<T>((wide >> (n - 1) & 1) != 0, false)};
}
/// SHLD: bits of `b` come in. The 16-bit form with more than 16 is undefined.
template <class T> [[nodiscard]] constexpr result<T> shift_left_double(word<T> a, word<T> b, unsigned n) noexcept {
  constexpr unsigned w = word<T>::bits;
  const u64 both = u64{a.value} << w | b.value;
  const word<T> value(n <= w ? both >> (w - n) : both << (n - w));
  const bool carry = n <= w && (both >> (2 * w - n) & 1) != 0;
  return {value, carries_of<T>(carry, a.top() != value.top())};
}
template <class T> [[nodiscard]] constexpr result<T> shift_right_double(word<T> a, word<T> b, unsigned n) noexcept {
  constexpr unsigned w = word<T>::bits;
  const u64 both = u64{b.value} << w | a.value;
  const word<T> value(both >> n);
  return {value, carries_of<T>((both >> (n - 1) & 1) != 0, a.top() != value.top())};
}

template <class T> [[nodiscard]] constexpr result<T> rotate_left(word<T> a, unsigned n) noexcept {
  constexpr unsigned w = word<T>::bits;
  const word<T> value = a << n % w | a >> (w - n % w);
  return {value, carries_of<T>(value.at(0), value.at(0) != value.top())};
}
template <class T> [[nodiscard]] constexpr result<T> rotate_right(word<T> a, unsigned n) noexcept {
  constexpr unsigned w = word<T>::bits;
  const word<T> value = a >> n % w | a << (w - n % w);
  return {value, carries_of<T>(value.top(), value.top() != value.at(w - 2))};
}
/// RCL, RCR: the carry flag is one more bit of the value.
template <class T> [[nodiscard]] constexpr result<T> rotate_left_carry(word<T> a, unsigned n, bool carry) noexcept {
  constexpr unsigned w = word<T>::bits + 1;
  const u64 all = u64{carry} << word<T>::bits | a.value;
  const u64 turned = n % w == 0 ? all : (all << n % w | all >> (w - n % w)) & low_bits(w);
  const word<T> value(turned);
  const bool out = (turned >> word<T>::bits & 1) != 0;
  return {value, carries_of<T>(out, out != value.top())};
}
template <class T> [[nodiscard]] constexpr result<T> rotate_right_carry(word<T> a, unsigned n, bool carry) noexcept {
  constexpr unsigned w = word<T>::bits + 1;
  const u64 all = u64{carry} << word<T>::bits | a.value;
  const u64 turned = n % w == 0 ? all : (all >> n % w | all << (w - n % w)) & low_bits(w);
  const word<T> value(turned);
  return {value, carries_of<T>((turned >> word<T>::bits & 1) != 0, a.top() != carry)};
}

/// Twice as wide as its factors; C and O say that the upper half matters.
template <class T> struct product {
  word<T> low{}, high{};
  bool overflow = false;
};
template <class T> [[nodiscard]] constexpr product<T> multiply(word<T> a, word<T> b) noexcept {
  const u64 p = u64{a.value} * b.value;
  return {word<T>(p), word<T>(p >> word<T>::bits), p >> word<T>::bits != 0};
}
template <class T> [[nodiscard]] constexpr product<T> multiply_signed(word<T> a, word<T> b) noexcept {
  constexpr unsigned w = word<T>::bits;
  const u64 p = static_cast<u64>(static_cast<i64>(sign_extend(a.value, w)) * static_cast<i64>(sign_extend(b.value, w)));
  return {word<T>(p), word<T>(p >> w), sign_extend(p, w) != p};
}

template <class T> struct quotient { word<T> value{}, remainder{}; };
/// Nothing (#DE) if the divisor is 0 or the quotient does not fit.
template <class T> [[nodiscard]] constexpr maybe<quotient<T>> divide(word<T> high, word<T> low, word<T> by) noexcept {
  if (by.value == 0)
    return {};
  const u64 dividend = u64{high.value} << word<T>::bits | low.value;
  const u64 q = dividend / by.value;
  if (q >> word<T>::bits != 0)
    return {};
  return quotient<T>{word<T>(q), word<T>(dividend % by.value)};
}
template <class T>
[[nodiscard]] constexpr maybe<quotient<T>> divide_signed(word<T> high, word<T> low, word<T> by) noexcept {
  constexpr unsigned w = word<T>::bits;
  const u64 dividend = sign_extend(u64{high.value} << w | low.value, 2 * w);
  const u64 divisor = sign_extend(by.value, w);
  if (divisor == 0 || (dividend == bit(63) && divisor == ~u64{0}))
    return {};
  const i64 q = static_cast<i64>(dividend) / static_cast<i64>(divisor);
  if (static_cast<i64>(sign_extend(static_cast<u64>(q), w)) != q)
    return {};
  return quotient<T>{word<T>(static_cast<u64>(q)),
                     word<T>(static_cast<u64>(static_cast<i64>(dividend) % static_cast<i64>(divisor)))};
}

/// AL and AH after a decimal instruction, and what the flags are read from.
struct adjusted {
  word<u8> al{}, ah{};
  result<u8> flags{};
};
[[nodiscard]] constexpr adjusted decimal_adjust(word<u8> al, word<u8> ah, bool adjust, bool carry, bool down) noexcept {
  const bool low = (al.value & 0xfU) > 9 || adjust;
  const bool high = al.value > 0x99 || carry;
  const word<u8> by(static_cast<u64>((low ? 0x06U : 0U) + (high ? 0x60U : 0U)));
  // Subtracting the low six may borrow out of AL where nothing else is subtracted.
  const bool borrow = down && low && al.value < 6;
  const word<u8> value = down ? al - by : al + by;
  return {value, ah, {value, carries_of<u8>(high || borrow, false, low)}};
}
[[nodiscard]] constexpr adjusted ascii_adjust(word<u8> al, word<u8> ah, bool adjust, bool down) noexcept {
  const bool does = (al.value & 0xfU) > 9 || adjust;
  const u32 ax = u32{ah.value} << 8 | al.value;
  const u32 then = !does ? ax : down ? ax - 0x106U : ax + 0x106U;
  const word<u8> value(then & 0xfU);
  return {value, word<u8>(then >> 8), {value, carries_of<u8>(does, false, does)}};
}
/// AAM: AL in two digits of the given base; nothing (#DE) if that is 0.
[[nodiscard]] constexpr maybe<adjusted> ascii_after_multiply(word<u8> al, word<u8> base) noexcept {
  if (base.value == 0)
    return {};
  const word<u8> digit(u64{al.value} % base.value);
  return adjusted{digit, word<u8>(u64{al.value} / base.value), plain(digit)};
}

} // namespace hvkit::cpu::x86
