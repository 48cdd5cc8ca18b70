// SPDX-License-Identifier: BSL-1.0
// Decides what IA-32 values are: words of 8, 16 or 32 bits that never promote, and results that carry their carries.
#pragma once

#include <bit>

#include <hvkit/core/bits.hpp>

namespace hvkit::cpu::x86 {

/// A value of one operand width. Operators work modulo 2^bits and give the same width; nothing converts by itself.
template <class T> struct word {
  using value_type = T;
  static constexpr unsigned bits = 8 * sizeof(T);
  T value{};

  constexpr word() = default;
  /// Takes the low bits of `v`.
  constexpr explicit word(u64 v) noexcept : value(static_cast<T>(v)) {}

  /// The value as a number, zero-extended or sign-extended.
  [[nodiscard]] constexpr u32 zero_extended() const noexcept { return value; }
  [[nodiscard]] constexpr u32 sign_extended() const noexcept {
    return static_cast<u32>(hvkit::sign_extend(value, bits));
  }
  [[nodiscard]] constexpr bool top() const noexcept { return at(bits - 1); }
  /// Bit `n` of it, n < bits.
  [[nodiscard]] constexpr bool at(unsigned n) const noexcept { return (u64{value} >> n & 1) != 0; }

  friend constexpr word operator+(word a, word b) noexcept { return word(u64{a.value} + b.value); }
  friend constexpr word operator-(word a, word b) noexcept { return word(u64{a.value} - b.value); }
  friend constexpr word operator&(word a, word b) noexcept { return word(u64{a.value} & b.value); }
  friend constexpr word operator|(word a, word b) noexcept { return word(u64{a.value} | b.value); }
  friend constexpr word operator^(word a, word b) noexcept { return word(u64{a.value} ^ b.value); }
  constexpr word operator~() const noexcept { return word(~u64{value}); }
  /// Zeros come in; n <= 63.
  friend constexpr word operator<<(word a, unsigned n) noexcept { return word(u64{a.value} << n); }
  friend constexpr word operator>>(word a, unsigned n) noexcept { return word(u64{a.value} >> n); }
  friend constexpr bool operator==(word, word) = default;
};

/// Twice and half as wide.
template <class T> struct widths;
template <> struct widths<u8> { using twice = u16; };
template <> struct widths<u16> {
  using twice = u32;
  using half = u8;
};
template <> struct widths<u32> {
  using twice = u64;
  using half = u16;
};
template <class T> using twice = typename widths<T>::twice;

/// What a value function makes: the value, and of each bit whether a carry (or borrow) left it. CF, OF and AF are read
/// from there.
template <class T> struct result {
  word<T> value{};
  word<T> carries{};
};

/// CF, OF and AF where no sum gave them: as carries.
template <class T> [[nodiscard]] constexpr word<T> carries_of(bool carry, bool overflow, bool adjust = false) noexcept {
  const unsigned top = word<T>::bits - 1;
  return word<T>(u64{carry} << top | u64{carry != overflow} << (top - 1) | u64{adjust} << 3);
}

/// `condition ? a : b`, without control flow.
template <class T> [[nodiscard]] constexpr word<T> select(bool condition, word<T> a, word<T> b) noexcept {
  return condition ? a : b;
}

template <class T> [[nodiscard]] constexpr result<T> plain(word<T> value) noexcept { return {value, word<T>{}}; }

template <class T> [[nodiscard]] constexpr result<T> add(word<T> a, word<T> b, bool carry = false) noexcept {
  const word<T> sum = a + b + word<T>(carry);
  return {sum, (a & b) | ((a | b) & ~sum)};
}
template <class T> [[nodiscard]] constexpr result<T> subtract(word<T> a, word<T> b, bool borrow = false) noexcept {
  const word<T> difference = a - b - word<T>(borrow);
  return {difference, (~a & b) | (~(a ^ b) & difference)};
}

} // namespace hvkit::cpu::x86
