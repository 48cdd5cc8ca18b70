// SPDX-License-Identifier: BSL-1.0
// Decides how the operands of an instruction are written, from the `syntax` of its form or alias: printing and parsing
// run over the same items. What each operand kind looks like is the CPU's notation.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <string_view>

#include <hvkit/isa/decoder.hpp>
#include <hvkit/isa/expression.hpp>
#include <hvkit/isa/text.hpp>

namespace hvkit::isa {

/// A word of `syntax` strings: one kind of operand. `parse` answers false if it told the reader why it failed.
template <class Operands> struct operand_kind {
  std::string_view name;
  void (*print)(line &out, const Operands &o, u64 pc);
  bool (*parse)(reader &in, Operands &o);
  /// Copies to `to` what this kind shows of `from`.
  void (*show)(const Operands &from, Operands &to);
};

/// An instruction that is written but does not exist. `$0` to `$3` in `becomes` stand for its operands, `;` separates
/// instructions. If `compute` is there, the text is what it makes of the last operand's value.
struct pseudo {
  std::string_view name;
  unsigned operands = 0;
  std::string_view becomes;
  text<256> (*compute)(u64 value) = nullptr;
};

/// Satisfied when `Cpu` says how its instructions are written: `Cpu::notation` has the tables `kinds`, `pseudos` and
/// `functions`, `row_bytes` and `alias_bytes`, `length(word)` in bytes, and `padding(gap)`.
template <class Cpu>
concept written = requires {
  Cpu::notation::kinds[0].print;
  Cpu::notation::pseudos[0].becomes;
  Cpu::notation::functions[0].value;
  Cpu::notation::row_bytes + Cpu::notation::alias_bytes;
  Cpu::notation::length(u32{});
  Cpu::notation::padding(u64{}).bytes;
};

/// Bytes that fill a gap before aligned text.
struct filler {
  u32 word = 0;
  u32 bytes = 1;
};

/// A `syntax` string in items: operand kinds (from `first_kind` up, indices into the notation's table) and characters.
/// If it starts with a point, its first kind is a suffix of the mnemonic.
struct syntax_items {
  static constexpr u8 first_kind = 128;
  static constexpr u8 bad = 255;
  std::array<u8, 12> item{};
  u8 count = 0;
  bool suffixed = false;
};

namespace detail {

template <class Cpu> [[nodiscard]] constexpr u8 kind_named(std::string_view name) {
  for (std::size_t k = 0; k < Cpu::notation::kinds.size(); ++k)
    if (Cpu::notation::kinds[k].name == name)
      return static_cast<u8>(syntax_items::first_kind + k);
  return syntax_items::bad;
}

template <class Cpu> [[nodiscard]] constexpr syntax_items itemize(std::string_view syntax) {
  syntax_items all{};
  all.suffixed = !syntax.empty() && syntax[0] == '.';
  for (std::size_t i = all.suffixed ? 1 : 0; i < syntax.size();) {
    const std::size_t first = i;
    while (i < syntax.size() && kind_of(syntax[i]) >= ch_digit)
      ++i;
    if (i != first)
      all.item[all.count++] = kind_named<Cpu>(syntax.substr(first, i - first));
    else if (syntax[i++] != ' ')
      all.item[all.count++] = static_cast<u8>(syntax[i - 1]);
  }
  return all;
}

/// An entry is a row, or an alias beyond the rows.
template <class Cpu> inline constexpr std::size_t entry_count = row_count<Cpu> + Cpu::aliases.size();

template <class Cpu> [[nodiscard]] constexpr std::string_view entry_name(std::size_t entry) {
  return entry < row_count<Cpu> ? facts<Cpu>[entry].name : Cpu::aliases[entry - row_count<Cpu>].name;
}

/// The items of every entry.
template <class Cpu> inline constexpr auto entry_syntax = [] {
  std::array<syntax_items, entry_count<Cpu>> all{};
  for (std::size_t i = 0; i < row_count<Cpu>; ++i)
    all[i] = itemize<Cpu>(facts<Cpu>[i].syntax);
  for (std::size_t i = 0; i < Cpu::aliases.size(); ++i)
    all[row_count<Cpu> + i] = itemize<Cpu>(Cpu::aliases[i].syntax);
  return all;
}();

/// Finds one of N names; of equal names the first.
template <std::size_t N> class name_index {
public:
  static constexpr std::size_t none = N;
  template <class NameOf> constexpr explicit name_index(NameOf name_of) {
    for (std::size_t i = 0; i < N; ++i) {
      names_[i] = make_word(name_of(i));
      std::size_t at = names_[i].hash % slots;
      while (at_[at] != 0 && names_[at_[at] - 1U].text != names_[i].text)
        at = (at + 1) % slots;
      at_[at] = at_[at] != 0 ? at_[at] : static_cast<u16>(i + 1);
    }
  }
  [[nodiscard]] constexpr std::size_t find(const word &name) const noexcept {
    for (std::size_t at = name.hash % slots; at_[at] != 0; at = (at + 1) % slots)
      if (names_[at_[at] - 1U].hash == name.hash && names_[at_[at] - 1U].text == name.text)
        return at_[at] - 1U;
    return none;
  }

private:
  static constexpr std::size_t slots = std::bit_ceil(2 * N + 1);
  std::array<word, N> names_{};
  std::array<u16, slots> at_{};
};

template <class Cpu> inline constexpr name_index<entry_count<Cpu>> entry_index{&entry_name<Cpu>};
template <class Cpu> inline constexpr name_index<Cpu::notation::pseudos.size()> pseudo_index{
    [](std::size_t i) { return Cpu::notation::pseudos[i].name; }};

/// The operands that `items` show, the rest as a new operand record has them.
template <class Cpu>
[[nodiscard]] constexpr typename Cpu::operands shown(const syntax_items &items, const typename Cpu::operands &o) {
  typename Cpu::operands visible{};
  for (unsigned i = 0; i < items.count; ++i)
    if (items.item[i] >= syntax_items::first_kind)
      Cpu::notation::kinds[items.item[i] - syntax_items::first_kind].show(o, visible);
  return visible;
}

/// Writes the mnemonic and the operands as `items` say.
template <class Cpu> constexpr void print(line &out, std::string_view name, const syntax_items &items,
                                          const typename Cpu::operands &o, u64 pc) {
  out << name;
  for (unsigned i = 0; i < items.count; ++i) {
    if (i == (items.suffixed ? 1U : 0U))
      out << ' ';
    if (items.item[i] >= syntax_items::first_kind)
      Cpu::notation::kinds[items.item[i] - syntax_items::first_kind].print(out, o, pc);
    else
      out << static_cast<char>(items.item[i]);
    if (items.item[i] == ',')
      out << ' ';
  }
}

/// Reads operands as `items` say, the suffix apart. An operand before `(` may be left out.
template <class Cpu> constexpr bool parse(reader &in, const syntax_items &items, typename Cpu::operands &o) {
  for (unsigned i = items.suffixed ? 1 : 0; i < items.count; ++i) {
    if (items.item[i] < syntax_items::first_kind) {
      if (!in.expect(static_cast<char>(items.item[i]), mistake::operand_missing))
        return false;
      continue;
    }
    const bool left_out = i + 1U < items.count && items.item[i + 1U] == '(' && in.at_open();
    if (!left_out && !Cpu::notation::kinds[items.item[i] - syntax_items::first_kind].parse(in, o))
      return false;
  }
  return in.reason() == nullptr;
}

} // namespace detail
} // namespace hvkit::isa
