// SPDX-License-Identifier: BSL-1.0
// Decides which random numbers a guest is given: always the same ones for the same seed. Knows no device.
#pragma once

#include <array>
#include <bit>
#include <span>

#include <hvkit/core/bits.hpp>

namespace hvkit::device {

/// A generator whose numbers are good but no secret: runs have to repeat exactly.
/// Source: Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators" (xoshiro256**, seeded by splitmix64).
class random_source {
public:
  /// Equal states give equal numbers.
  using state_type = std::array<u64, 4>;

  explicit constexpr random_source(u64 seed) noexcept {
    for (u64 &word : state)
      word = scatter(seed += 0x9e3779b97f4a7c15);
  }
  constexpr u64 operator()() noexcept {
    const u64 result = std::rotl(state[1] * 5, 7) * 9;
    const u64 shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = std::rotl(state[3], 45);
    return result;
  }
  /// Each number gives up to eight bytes, the lowest first.
  constexpr void fill(std::span<u8> bytes) noexcept {
    u64 word = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i, word >>= 8) {
      if (i % 8 == 0)
        word = (*this)();
      bytes[i] = static_cast<u8>(word);
    }
  }

  state_type state{};

private:
  [[nodiscard]] static constexpr u64 scatter(u64 z) noexcept {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
};

} // namespace hvkit::device
