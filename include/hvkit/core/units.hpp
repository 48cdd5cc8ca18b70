// SPDX-License-Identifier: BSL-1.0
// Decides how sizes are written: 128_MiB.
#pragma once

#include <hvkit/core/bits.hpp>

namespace hvkit {

inline namespace literals {
/// Sizes in bytes: 2^10, 2^20 and 2^30 of them.
[[nodiscard]] constexpr u64 operator""_KiB(unsigned long long n) noexcept { return u64{n} << 10; }
[[nodiscard]] constexpr u64 operator""_MiB(unsigned long long n) noexcept { return u64{n} << 20; }
[[nodiscard]] constexpr u64 operator""_GiB(unsigned long long n) noexcept { return u64{n} << 30; }
} // namespace literals

} // namespace hvkit
