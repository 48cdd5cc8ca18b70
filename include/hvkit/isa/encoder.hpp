// SPDX-License-Identifier: BSL-1.0
// Decides how an instruction that is given as a row and operands becomes a word. Knows no text.
#pragma once

#include <hvkit/isa/decoder.hpp>

namespace hvkit::isa {

/// The word of row `row` with operands `o`; nothing if there is no such row or an operand does not fit into it.
/// Members of `o` that the row has no use for are ignored.
template <class Cpu> [[nodiscard]] constexpr maybe<u32> encode(row_id row, const typename Cpu::operands &o) {
  if (row >= row_count<Cpu> || !facts<Cpu>[row].fits(o))
    return {};
  return facts<Cpu>[row].code.match | facts<Cpu>[row].encode(o);
}
/// The same for the row of that name; nothing if there is none.
template <class Cpu> [[nodiscard]] constexpr maybe<u32> encode(std::string_view name, const typename Cpu::operands &o) {
  return encode<Cpu>(find_row<Cpu>(name), o);
}

/// The word of alias number `alias` (in Cpu::aliases) with operands `o`; nothing if it can't say that.
template <class Cpu>
[[nodiscard]] constexpr maybe<u32> encode_alias(std::size_t alias, const typename Cpu::operands &o) {
  const auto &a = Cpu::aliases[alias];
  const u32 word = a.code.match | a.encode(o);
  const auto back = a.decode(word);
  if (!back ||
      encode<Cpu>(detail::alias_targets<Cpu>[alias], *back) != encode<Cpu>(detail::alias_targets<Cpu>[alias], o))
    return {};
  return word;
}

/// The first alias of row `row` that can say `o`: the short form of an instruction, if it has one.
template <class Cpu> [[nodiscard]] constexpr maybe<u32> encode_short(row_id row, const typename Cpu::operands &o) {
  for (std::size_t alias = 0; alias < Cpu::aliases.size(); ++alias)
    if (detail::alias_targets<Cpu>[alias] == row)
      if (const auto word = encode_alias<Cpu>(alias, o))
        return word;
  return {};
}

} // namespace hvkit::isa
