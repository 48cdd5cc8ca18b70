// SPDX-License-Identifier: BSL-1.0
// Decides how the decoder finds a row: a table over the opcode and a second one over ModRM.reg, both built from the
// rows' encodings; and that no two rows claim the same one.
#pragma once

#include <array>
#include <type_traits>
#include <utility>

#include <hvkit/cpu/ia32/encoding.hpp>
#include <hvkit/isa/decoder.hpp>

namespace hvkit::cpu::x86::detail {

/// One alternative and whose it is.
struct flat_form {
  opcode_form code{};
  isa::row_id row = isa::no_row;
};

template <class Cpu> [[nodiscard]] constexpr std::size_t form_count() {
  std::size_t n = 0;
  for (const auto &f : isa::facts<Cpu>)
    n += f.code.count();
  return n;
}
/// The alternatives of all rows, in order.
template <class Cpu> inline constexpr auto flat_forms = [] {
  std::array<flat_form, form_count<Cpu>()> all{};
  std::size_t next = 0;
  for (isa::row_id row = 0; row < isa::row_count<Cpu>; ++row)
    for (std::size_t n = 0; n < isa::facts<Cpu>[row].code.count(); ++n)
      all[next++] = flat_form{isa::facts<Cpu>[row].code[n], row};
  return all;
}();

/// Entries are numbers of forms, counted from 1; 0 is none. `first` has `group_mark + n` where ModRM.reg decides.
inline constexpr u16 group_mark = 0x8000;
inline constexpr std::size_t group_room = 40;
struct opcode_tables {
  std::array<u16, 512> first{};
  std::array<u16, 8 * group_room> groups{};
  std::size_t group_count = 0;
  u16 clash = 0;  ///< a form whose encoding another one has already
  u16 beside = 0; ///< that one
};

/// Some form of a group.
[[nodiscard]] constexpr u16 any_of_group(const opcode_tables &t, u16 entry) {
  for (std::size_t n = 8U * (entry & ~group_mark & 0xffffU);; ++n)
    if (t.groups[n] != 0)
      return t.groups[n];
}
constexpr void enter_form(opcode_tables &t, const opcode_form &f, u16 number) {
  for (unsigned opcode = f.opcode; opcode < f.opcode + f.span; ++opcode) {
    u16 &entry = t.first[opcode];
    if (f.digit == opcode_form::no_digit) {
      if (entry != 0 && t.clash == 0) {
        t.clash = number;
        t.beside = entry < group_mark ? entry : any_of_group(t, entry);
      }
      entry = number;
      continue;
    }
    if (entry != 0 && entry < group_mark) {
      t.clash = number;
      t.beside = entry;
      continue;
    }
    if (entry == 0)
      entry = static_cast<u16>(group_mark + t.group_count++);
    u16 &slot = t.groups[8U * (entry & ~group_mark & 0xffffU) + f.digit];
    if (slot != 0 && t.clash == 0) {
      t.clash = number;
      t.beside = slot;
    }
    slot = number;
  }
}
template <class Cpu> inline constexpr opcode_tables built_tables = [] {
  opcode_tables t{};
  for (std::size_t n = 0; n < flat_forms<Cpu>.size(); ++n)
    enter_form(t, flat_forms<Cpu>[n].code, static_cast<u16>(n + 1));
  return t;
}();

/// A name of an instruction that compilers can show.
template <char... Characters> struct instruction;
template <class Cpu, isa::row_id Row> [[nodiscard]] constexpr auto spell() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return static_cast<instruction<isa::facts<Cpu>[Row].name[I]...> *>(nullptr);
  }
  (std::make_index_sequence<isa::facts<Cpu>[Row].name.size()>{});
}
template <class Cpu, isa::row_id Row> using spelt = std::remove_pointer_t<decltype(spell<Cpu, Row>())>;

// The compiler names these functions, and with them the instructions, under the message.
template <bool Sound, class First, class Second> constexpr bool two_instructions_with_one_encoding() {
  static_assert(Sound,
                "hvkit[HV031]: two instructions (named in the notes) claim the same encoding. Give one of them other "
                "fixed bits");
  return true;
}
template <unreadable Why, class Instruction> constexpr bool encoding_that_cannot_be_read() {
  static_assert(Why != unreadable::opcode, "hvkit[HV038]: the encoding of an instruction (named in the notes) has an "
                                           "opcode that is not two hexadecimal digits");
  static_assert(Why != unreadable::digit, "hvkit[HV038]: the encoding of an instruction (named in the notes) has "
                                          "something else than a digit from 0 to 7 behind a slash");
  static_assert(Why != unreadable::span, "hvkit[HV038]: the encoding of an instruction (named in the notes) has "
                                         "something else than r or c behind a plus");
  static_assert(Why != unreadable::operand, "hvkit[HV038]: the encoding of an instruction (named in the notes) has an "
                                            "operand that is none, such as Eb, Gv, Iz, AL or DX");
  static_assert(Why != unreadable::operands, "hvkit[HV038]: the encoding of an instruction (named in the notes) has "
                                             "more than three operands");
  static_assert(Why != unreadable::alternatives, "hvkit[HV038]: an instruction (named in the notes) has more encodings "
                                                 "than a row holds. Give it a second row");
  static_assert(Why != unreadable::separator, "hvkit[HV038]: the encodings of an instruction (named in the notes) are "
                                              "not separated by bars");
  return true;
}

template <class Cpu> [[nodiscard]] constexpr isa::row_id find_unreadable_row() {
  for (isa::row_id row = 0; row < isa::row_count<Cpu>; ++row)
    if (isa::facts<Cpu>[row].code.mistake() != unreadable::no)
      return row;
  return isa::no_row;
}
/// The first broken rule is the one that is reported.
template <class Cpu> [[nodiscard]] constexpr bool encodings_are_sound() {
  constexpr isa::row_id bad = find_unreadable_row<Cpu>();
  if constexpr (bad != isa::no_row) {
    return encoding_that_cannot_be_read<isa::facts<Cpu>[bad].code.mistake(), spelt<Cpu, bad>>();
  } else {
    constexpr u16 clash = built_tables<Cpu>.clash, beside = built_tables<Cpu>.beside;
    if constexpr (clash != 0)
      return two_instructions_with_one_encoding<false, spelt<Cpu, flat_forms<Cpu>[clash - 1].row>,
                                                spelt<Cpu, flat_forms<Cpu>[beside - 1].row>>();
    else
      return true;
  }
}
/// The tables of `Cpu`; they do not compile if the encodings are not sound.
template <class Cpu> [[nodiscard]] constexpr const opcode_tables &checked_tables() {
  static_cast<void>(encodings_are_sound<Cpu>());
  return built_tables<Cpu>;
}
template <class Cpu> inline constexpr const opcode_tables &tables = checked_tables<Cpu>();

} // namespace hvkit::cpu::x86::detail
