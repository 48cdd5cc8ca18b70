// SPDX-License-Identifier: BSL-1.0
// Decides which floating-point operands are worth trying: every class of value, ties, and pairs that nearly cancel.
#pragma once

#include <array>
#include <random>

#include <hvkit/cpu/rv64/float_format.hpp>

namespace hvkit::tests {

namespace rv = cpu::riscv;

/// Draws operands of both formats from a seed.
class float_values {
public:
  explicit float_values(u64 seed) : random_(seed) {}

  [[nodiscard]] u64 word() { return random_(); }
  [[nodiscard]] bool one_in(u64 n) { return random_() % n == 0; }

  template <class T> [[nodiscard]] T any() {
    using bits = typename T::bits_type;
    const bool negative = one_in(2);
    const auto fraction = static_cast<bits>(random_() & T::fraction_bits);
    const auto few = static_cast<bits>((random_() & 15) << (T::precision - 5)); // few digits: results end in ties
    switch (random_() % 16) {
    case 0:
      return T::zero(negative);
    case 1:
      return T::infinity(negative);
    case 2:
      return T::signed_as(T::infinity_bits | T::quiet_bit | fraction, negative);
    case 3:
      return T::signed_as(T::infinity_bits | (fraction & (T::quiet_bit - 1)) | 1, negative);
    case 4:
      return T::signed_as(fraction, negative);
    case 5:
      return T::signed_as(static_cast<bits>(one_in(2) ? 1 : T::fraction_bits), negative);
    case 6:
      return T::signed_as(static_cast<bits>(T::infinity_bits - 1 - (one_in(2) ? 0 : fraction)), negative);
    case 7:
      return T::signed_as(static_cast<bits>(T::fraction_bits + 1 + (one_in(2) ? 0 : fraction)), negative);
    case 8: // around the ends of the integers
      return T::signed_as(static_cast<bits>(power<T>(30 + static_cast<int>(random_() % 36)) - (one_in(2) ? 1 : 0)),
                          negative);
    case 9:
    case 10:
      return T::signed_as(power<T>(static_cast<int>(random_() % 8) - 4) | few, negative);
    case 11:
    case 12:
      return T::signed_as(power<T>(static_cast<int>(random_() % 100) - 50) | fraction, negative);
    case 13: // products and quotients of these are subnormal
      return T::signed_as(power<T>(static_cast<int>(random_() % 40) - T::bias / 2 - 20) | (one_in(2) ? few : fraction),
                          negative);
    default:
      return {static_cast<bits>(random_())};
    }
  }
  /// Three registers: mostly values of one format, singles boxed, some that nearly cancel.
  [[nodiscard]] std::array<u64, 3> registers() { return one_in(2) ? registers_of<rv::f32>() : registers_of<rv::f64>(); }
  [[nodiscard]] u64 integer() {
    const u64 edge = (u64{1} << random_() % 64) + random_() % 3 - 1;
    const u64 value = one_in(2) ? edge : random_() >> random_() % 64;
    return one_in(2) ? u64{0} - value : value;
  }

private:
  template <class T> [[nodiscard]] static typename T::bits_type power(int exponent) {
    return static_cast<typename T::bits_type>(static_cast<u64>(exponent + T::bias) << (T::precision - 1));
  }
  template <class T> [[nodiscard]] std::array<u64, 3> registers_of() {
    std::array<T, 3> v{any<T>(), any<T>(), any<T>()};
    if (one_in(6))
      v[1] = T{static_cast<typename T::bits_type>(v[0].bits ^ T::sign_bit ^ (random_() & 3))};
    if (one_in(6))
      v[2] = T{static_cast<typename T::bits_type>(v[1].bits ^ T::sign_bit ^ (random_() & 1))};
    std::array<u64, 3> all{boxed(v[0]), boxed(v[1]), boxed(v[2])};
    for (u64 &r : all)
      r = one_in(32) ? random_() : one_in(32) ? r & low_bits(32) : r; // not boxed
    return all;
  }

  std::mt19937_64 random_;
};

} // namespace hvkit::tests
