// SPDX-License-Identifier: BSL-1.0
// Decides how an instruction is shown: as its row's or alias' `syntax` says. What is printed can be assembled again.
#pragma once

#include <hvkit/core/address.hpp>
#include <hvkit/isa/encoder.hpp>
#include <hvkit/isa/syntax.hpp>

namespace hvkit::isa {

namespace detail {

/// A word that is no instruction, or one that sets bits which the assembly language cannot say.
template <class Cpu> [[nodiscard]] constexpr line raw_word(u32 word) {
  line out;
  if (Cpu::notation::length(word) == 2)
    (out << ".half ").hex(word & 0xffff, 4);
  else
    (out << ".word ").hex(word, 8);
  return out;
}

} // namespace detail

/// The assembly text of a decoded instruction at `pc`; compressed ones appear as the rows they stand for.
template <written Cpu> [[nodiscard]] constexpr line disassemble(const decoded<Cpu> &d, gva pc = {}) {
  line out;
  if (!d)
    return out << "(no instruction)";
  detail::print<Cpu>(out, facts<Cpu>[d.row].name, detail::entry_syntax<Cpu>[d.row], d.operands, pc.value);
  return out;
}

/// The assembly text of the instruction `word` at `pc`: ABI names, no pseudo-instructions, targets as addresses. An
/// instruction of two bytes stands in the low half, the rest is ignored.
template <written Cpu> [[nodiscard]] constexpr line disassemble(u32 word, gva pc = {}) {
  const std::size_t entry = find_entry<Cpu>(word);
  const decoded<Cpu> d = decode<Cpu>(word);
  if (!d)
    return detail::raw_word<Cpu>(word);
  const syntax_items &items = detail::entry_syntax<Cpu>[entry];
  if (entry < row_count<Cpu> && encode<Cpu>(d.row, detail::shown<Cpu>(items, d.operands)) != word)
    return detail::raw_word<Cpu>(word);
  line out;
  detail::print<Cpu>(out, detail::entry_name<Cpu>(entry), items, d.operands, pc.value);
  return out;
}

} // namespace hvkit::isa
