// SPDX-License-Identifier: BSL-1.0
// Decides when an instruction set is sound: every word has at most one meaning, every bit of an encoding is spoken for.
//
// Patterns may overlap in one case only, as the compressed encodings do: one is strictly more specific (more fixed
// bits), and the more general one, an alias, refuses every word of it (c.jr is c.mv with rs2 = 0, which c.mv reserves).
// Rows refuse nothing, so rows never overlap.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include <hvkit/isa/encoder.hpp>
#include <hvkit/isa/syntax.hpp>

namespace hvkit::isa {

/// The entries (rows, then aliases) that break a rule; `no_entry` if none does.
struct finding {
  std::size_t first = no_entry;
  std::size_t second = no_entry;
  /// Whether the rule is broken.
  [[nodiscard]] constexpr explicit operator bool() const noexcept { return first != no_entry; }
};

namespace detail {

/// What rows and aliases have in common, for the checks.
struct encoding_facts {
  pattern code;
  u32 operand_bits = 0;
  bool disjoint = true; ///< no bit belongs to two operands
};
template <class Cpu> inline constexpr auto entry_encodings = [] {
  std::array<encoding_facts, entry_count<Cpu>> all{};
  const auto disjoint =
      project<bool>(Cpu::instructions, [](const auto &r) { return std::decay_t<decltype(r)>::form::layout::disjoint; });
  for (std::size_t i = 0; i < row_count<Cpu>; ++i)
    all[i] = encoding_facts{facts<Cpu>[i].code, facts<Cpu>[i].operand_bits, disjoint[i]};
  for (std::size_t i = 0; i < Cpu::aliases.size(); ++i)
    all[row_count<Cpu> + i] = encoding_facts{Cpu::aliases[i].code, Cpu::aliases[i].operand_bits, true};
  return all;
}();

/// All bits of a row's or an alias' encoding.
template <class Cpu> [[nodiscard]] constexpr u32 whole(std::size_t entry) {
  return static_cast<u32>(
      low_bits(8 * (entry < row_count<Cpu> ? Cpu::notation::row_bytes : Cpu::notation::alias_bytes)));
}

/// Whether entry `general` refuses every word of entry `special`.
template <class Cpu> [[nodiscard]] constexpr bool refuses(std::size_t general, std::size_t special) {
  const auto &s = entry_encodings<Cpu>[special];
  if (general < row_count<Cpu> || !s.code.refines(entry_encodings<Cpu>[general].code))
    return false;
  const u32 open = ~s.code.mask & whole<Cpu>(special) & whole<Cpu>(general);
  u32 choice = 0;
  do {
    if (Cpu::aliases[general - row_count<Cpu>].decode(s.code.match | choice))
      return false;
    choice = (choice - open) & open;
  } while (choice != 0);
  return true;
}

} // namespace detail

/// Two entries that claim the same word.
template <class Cpu> [[nodiscard]] constexpr finding find_clash() {
  const auto *const all = detail::entry_encodings<Cpu>.data();
  for (std::size_t a = 0; a < detail::entry_count<Cpu>; ++a)
    for (std::size_t b = 0; b < a; ++b)
      if (((all[a].code.match ^ all[b].code.match) & all[a].code.mask & all[b].code.mask) == 0 &&
          !detail::refuses<Cpu>(a, b) && !detail::refuses<Cpu>(b, a))
        return {b, a};
  return {};
}

/// Two entries with one name.
template <class Cpu> [[nodiscard]] constexpr finding find_namesake() {
  for (std::size_t i = 0; i < detail::entry_count<Cpu>; ++i)
    if (const auto first = detail::entry_index<Cpu>.find(make_word(detail::entry_name<Cpu>(i))); first != i)
      return {first, i};
  return {};
}

/// An entry of which some bit is neither fixed nor an operand's, or both, or an operand's twice.
template <class Cpu> [[nodiscard]] constexpr finding find_loose_bit() {
  for (std::size_t i = 0; i < detail::entry_count<Cpu>; ++i) {
    const auto &e = detail::entry_encodings<Cpu>[i];
    if ((e.code.mask | e.operand_bits) != detail::whole<Cpu>(i) || (e.code.mask & e.operand_bits) != 0 ||
        (e.code.match & ~e.code.mask) != 0 || !e.disjoint)
      return {i, i};
  }
  return {};
}

/// An alias of a row that does not exist.
template <class Cpu> [[nodiscard]] constexpr finding find_lost_alias() {
  for (std::size_t i = 0; i < Cpu::aliases.size(); ++i)
    if (find_row<Cpu>(Cpu::aliases[i].means) == no_row)
      return {row_count<Cpu> + i, row_count<Cpu> + i};
  return {};
}

/// An entry whose `syntax` has a word that is no operand kind of the CPU's notation.
template <class Cpu> [[nodiscard]] constexpr finding find_unwritten() {
  for (std::size_t i = 0; i < detail::entry_count<Cpu>; ++i)
    for (const u8 item : detail::entry_syntax<Cpu>[i].item)
      if (item == syntax_items::bad)
        return {i, i};
  return {};
}

/// A row that its own encoding, with all operand bits 0, all 1 or alternating, does not decode back to.
template <class Cpu> [[nodiscard]] constexpr finding find_unreadable() {
  for (std::size_t i = 0; i < row_count<Cpu>; ++i)
    for (const u32 bits : {0U, ~0U, 0x55555555U, 0xaaaaaaaaU}) {
      const auto &row = facts<Cpu>[i];
      const u32 word = row.code.match | (bits & row.operand_bits);
      const decoded<Cpu> d = decode<Cpu>(word);
      if (d.row != i || encode<Cpu>(d.row, d.operands) != word)
        return {i, i};
    }
  return {};
}

/// `Cpu::decode_bucket` gathers the bits of `Cpu::decode_key`.
template <class Cpu> [[nodiscard]] constexpr bool buckets_agree() {
  for (unsigned n = 0; n < 32; ++n)
    for (const u32 word : {u32{1} << n, ~(u32{1} << n)})
      if (Cpu::decode_bucket(word) != detail::gather(word, Cpu::decode_key))
        return false;
  return Cpu::decode_bucket(0) == 0;
}

namespace detail {

/// A name of an instruction that compilers can show.
template <char... Characters> struct instruction;

template <class Cpu, std::size_t Entry> [[nodiscard]] constexpr auto spell() {
  if constexpr (Entry >= entry_count<Cpu>) {
    return static_cast<instruction<> *>(nullptr);
  } else {
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return static_cast<instruction<entry_name<Cpu>(Entry)[I]...> *>(nullptr);
    }
    (std::make_index_sequence<entry_name<Cpu>(Entry).size()>{});
  }
}
template <class Cpu, const finding &F> using first_of = std::remove_pointer_t<decltype(spell<Cpu, F.first>())>;
template <class Cpu, const finding &F> using second_of = std::remove_pointer_t<decltype(spell<Cpu, F.second>())>;

template <class Cpu> inline constexpr finding clash = find_clash<Cpu>();
template <class Cpu> inline constexpr finding namesake = find_namesake<Cpu>();
template <class Cpu> inline constexpr finding loose_bit = find_loose_bit<Cpu>();
template <class Cpu> inline constexpr finding lost_alias = find_lost_alias<Cpu>();
template <class Cpu> inline constexpr finding unwritten = find_unwritten<Cpu>();
template <class Cpu> inline constexpr finding unreadable = find_unreadable<Cpu>();

// The compiler names these functions, and with them the instructions, under the message.
template <bool Sound, class First, class Second> constexpr auto two_instructions_with_one_encoding() {
  static_assert(Sound,
                "hvkit[HV031]: two instructions (named in the notes) claim the same encoding. Give one of them other "
                "fixed bits");
  return true;
}
template <bool Sound, class First> constexpr auto two_instructions_with_one_name() {
  static_assert(Sound,
                "hvkit[HV032]: two instructions have the same mnemonic (named in the notes). Rename one of them");
  return true;
}
template <bool Sound, class First> constexpr auto bit_neither_fixed_nor_operand() {
  static_assert(Sound, "hvkit[HV033]: an instruction (named in the notes) has a bit that is neither fixed by its "
                       "pattern nor part of an operand, or is both. Mask and operands must share the word out");
  return true;
}
template <bool Sound, class First> constexpr auto alias_of_nothing() {
  static_assert(Sound, "hvkit[HV034]: an alias (named in the notes) stands for an instruction that is not there");
  return true;
}
template <bool Sound, class First> constexpr auto syntax_with_unknown_operand() {
  static_assert(Sound, "hvkit[HV035]: the syntax of an instruction (named in the notes) has a word that is no "
                       "operand kind of the CPU's notation. Use one of its kinds, or add one");
  return true;
}
template <bool Sound, class First> constexpr auto instruction_that_does_not_decode_back() {
  static_assert(Sound, "hvkit[HV036]: an instruction (named in the notes) does not decode to itself");
  return true;
}
template <bool Sound, class Cpu> constexpr auto decode_bucket_is_wrong() {
  static_assert(Sound, "hvkit[HV037]: decode_bucket(word) must gather the bits of decode_key, lowest first");
  return true;
}

/// The first broken rule is the one that is reported.
template <class Cpu> [[nodiscard]] constexpr auto verify() {
  if constexpr (namesake<Cpu>)
    return two_instructions_with_one_name<false, first_of<Cpu, namesake<Cpu>>>();
  else if constexpr (loose_bit<Cpu>)
    return bit_neither_fixed_nor_operand<false, first_of<Cpu, loose_bit<Cpu>>>();
  else if constexpr (lost_alias<Cpu>)
    return alias_of_nothing<false, first_of<Cpu, lost_alias<Cpu>>>();
  else if constexpr (clash<Cpu>)
    return two_instructions_with_one_encoding<false, first_of<Cpu, clash<Cpu>>, second_of<Cpu, clash<Cpu>>>();
  else if constexpr (unwritten<Cpu>)
    return syntax_with_unknown_operand<false, first_of<Cpu, unwritten<Cpu>>>();
  else if constexpr (!buckets_agree<Cpu>())
    return decode_bucket_is_wrong<false, Cpu>();
  else if constexpr (unreadable<Cpu>)
    return instruction_that_does_not_decode_back<false, first_of<Cpu, unreadable<Cpu>>>();
  else
    return true;
}

} // namespace detail

/// Every rule of this header holds for `Cpu`. Does not compile if one is broken, and says which and by what.
template <written Cpu> inline constexpr bool sound = detail::verify<Cpu>();

} // namespace hvkit::isa
