// SPDX-License-Identifier: BSL-1.0
// Decides how a text is written as a template argument.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace hvkit {

/// A literal as a value that templates take. `N` counts the zero at its end.
template <std::size_t N> struct fixed_string {
  char characters[N]{};
  constexpr fixed_string(const char (&text)[N]) { std::copy_n(text, N, characters); }
  /// The text, without the zero.
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {characters, N - 1}; }
};

} // namespace hvkit
