// SPDX-License-Identifier: BSL-1.0
// Decides what short text is, built at compile time or at run time without touching the heap. Knows no instruction.
#pragma once

#include <array>
#include <cstddef>
#include <ostream>
#include <string_view>

#include <hvkit/core/bits.hpp>

namespace hvkit::isa {

/// At most `N` characters. What does not fit is dropped, and `complete` says so.
template <std::size_t N> class text {
public:
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {characters_.data(), size_}; }
  [[nodiscard]] constexpr operator std::string_view() const noexcept { return view(); }
  [[nodiscard]] constexpr bool complete() const noexcept { return !overflow_; }

  constexpr text &operator<<(char c) noexcept {
    if (size_ == N)
      overflow_ = true;
    else
      characters_[size_++] = c;
    return *this;
  }
  constexpr text &operator<<(std::string_view more) noexcept {
    for (const char c : more)
      *this << c;
    return *this;
  }
  /// Decimal, with a sign if negative.
  constexpr text &decimal(i64 value) noexcept {
    if (value < 0)
      *this << '-';
    return digits(value < 0 ? u64{0} - static_cast<u64>(value) : static_cast<u64>(value), 10, 1);
  }
  /// `0x` and at least `width` lower-case digits.
  constexpr text &hex(u64 value, unsigned width = 1) noexcept { return (*this << "0x").digits(value, 16, width); }

  friend constexpr bool operator==(const text &a, std::string_view b) noexcept { return a.view() == b; }
  friend std::ostream &operator<<(std::ostream &out, const text &t) { return out << t.view(); }

private:
  constexpr text &digits(u64 value, u64 radix, unsigned width) noexcept {
    std::array<char, 20> reversed{};
    unsigned n = 0;
    for (; value != 0 || n < width; value /= radix)
      reversed[n++] = "0123456789abcdef"[value % radix];
    while (n != 0)
      *this << reversed[--n];
    return *this;
  }

  std::array<char, N> characters_{};
  std::size_t size_ = 0;
  bool overflow_ = false;
};

/// Room for any one instruction.
using line = text<80>;

} // namespace hvkit::isa
