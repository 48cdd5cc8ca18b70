// SPDX-License-Identifier: BSL-1.0
// Decides how a CPU lists its user state: named words that can be read. Knows no CPU's registers.
#pragma once

#include <string>
#include <string_view>

#include <hvkit/isa/text.hpp>

namespace hvkit::cpu {

/// One word of what user programs see. A CPU lists all of them in its `user_words`, once for whoever compares or shows.
template <class State> struct user_word {
  std::string_view name;
  u64 (*read)(const State &, unsigned) = nullptr;
  unsigned number = 0; ///< for `read`: which register of its file

  [[nodiscard]] constexpr u64 get(const State &s) const { return read(s, number); }
};

/// The first of `words` that differs, with both values; "" if none does.
template <class Words, class State>
[[nodiscard]] std::string first_difference(const Words &words, const State &a, const State &b) {
  for (const user_word<State> &word : words)
    if (word.get(a) != word.get(b)) {
      isa::line values;
      (values << ": ").hex(word.get(a));
      (values << " and ").hex(word.get(b));
      return std::string(word.name).append(values.view());
    }
  return "";
}

} // namespace hvkit::cpu
