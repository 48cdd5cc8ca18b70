// SPDX-License-Identifier: BSL-1.0
// Decides how operands of the third-generation machine are written and read, what its pseudo-instructions stand for,
// and the names of user state.
#pragma once

#include <array>
#include <string_view>

#include <hvkit/cpu/third_generation/operands.hpp>
#include <hvkit/cpu/third_generation/state.hpp>
#include <hvkit/cpu/user_words.hpp>
#include <hvkit/isa/syntax.hpp>

namespace hvkit::cpu::generation3 {

namespace notations {
using isa::line;
using isa::reader;

/// r0 to r15.
template <auto Member> struct register_kind {
  static constexpr void print(line &out, const operands &o, u64) { (out << 'r').decimal(o.*Member); }
  static constexpr bool parse(reader &in, operands &o) {
    const std::string_view name = in.name().text;
    u32 n = name.size() < 2 || name.size() > 3 || name[0] != 'r' ? 16 : 0;
    for (std::size_t i = 1; i < name.size() && n < 16; ++i)
      n = name[i] >= '0' && name[i] <= '9' ? 10 * n + static_cast<u32>(name[i] - '0') : 16;
    o.*Member = static_cast<u8>(n);
    return n < 16 || in.fail("a register, r0 to r15, is missing here");
  }
  static constexpr void show(const operands &from, operands &to) { to.*Member = from.*Member; }
};
/// A number in place of a register: the condition codes on which a branch is taken, bit n for code n.
struct mask_kind {
  static constexpr void print(line &out, const operands &o, u64) { out.decimal(o.rd); }
  static constexpr bool parse(reader &in, operands &o) {
    const u64 value = in.expression();
    o.rd = static_cast<u8>(value);
    return value < 16 ? in.reason() == nullptr : in.fail("this value is out of range: 0 to 15");
  }
  static constexpr void show(const operands &from, operands &to) { to.rd = from.rd; }
};
/// The immediate as a signed decimal; any expression is read.
struct immediate_kind {
  static constexpr void print(line &out, const operands &o, u64) { out.decimal(o.imm); }
  static constexpr bool parse(reader &in, operands &o) { return set(in, o, in.expression()); }
  static constexpr void show(const operands &from, operands &to) { to.imm = from.imm; }
  static constexpr bool set(reader &in, operands &o, u64 value) {
    o.imm = static_cast<i32>(value);
    return sign_extend(value, 32) == value ? in.reason() == nullptr : in.fail(isa::mistake::value_range);
  }
};
/// A place in the program; the instruction holds the distance.
struct target_kind : immediate_kind {
  static constexpr void print(line &out, const operands &o, u64 pc) { out.hex(pc + static_cast<u64>(i64{o.imm})); }
  static constexpr bool parse(reader &in, operands &o) { return set(in, o, in.expression() - in.names().here); }
};

/// The kind under the name that `syntax` strings use.
template <class Kind> [[nodiscard]] constexpr isa::operand_kind<operands> make(std::string_view name) {
  return {name, &Kind::print, &Kind::parse, &Kind::show};
}

/// Any 32-bit constant in two instructions.
[[nodiscard]] constexpr isa::text<256> load_constant(u64 value) {
  const u64 low = sign_extend(value, 16);
  isa::text<256> out;
  (out << "lih $0, ").decimal(static_cast<i64>(sign_extend((value - low) >> 16, 16)));
  (out << "; la $0, ").decimal(static_cast<i64>(low));
  out << "($0)";
  return out;
}
} // namespace notations

/// How the machine's programs are written. `isa::disassemble` and the assembler read it.
struct notation {
  static constexpr u32 row_bytes = 4;
  static constexpr u32 alias_bytes = 4;
  [[nodiscard]] static constexpr u32 length(u32) noexcept { return 4; }
  [[nodiscard]] static constexpr isa::filler padding(u64) noexcept { return {0, 1}; }

  static constexpr std::array kinds = {
      notations::make<notations::register_kind<&operands::rd>>("rd"),
      notations::make<notations::register_kind<&operands::rs1>>("rs1"),
      notations::make<notations::register_kind<&operands::rs2>>("rs2"),
      notations::make<notations::mask_kind>("mask"),
      notations::make<notations::immediate_kind>("imm"),
      notations::make<notations::target_kind>("target"),
  };
  static constexpr std::array<isa::expression_function, 0> functions{};

  static constexpr std::array<isa::pseudo, 9> pseudos = {{
      {"li", 2, "", &notations::load_constant},
      {"mv", 2, "or $0, $1, $1"},
      {"b", 1, "bc 15, $0"},
      {"be", 1, "bc 1, $0"},
      {"bl", 1, "bc 2, $0"},
      {"bh", 1, "bc 4, $0"},
      {"bne", 1, "bc 14, $0"},
      {"call", 1, "bal r14, $0"},
      {"ret", 0, "balr r15, r14"},
  }};
};

/// Every word that user programs see.
inline constexpr auto user_words = [] {
  constexpr std::array<std::string_view, 16> names{"r0", "r1", "r2",  "r3",  "r4",  "r5",  "r6",  "r7",
                                                   "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};
  std::array<user_word<user_state>, 19> all{};
  for (unsigned n = 0; n < 16; ++n)
    all[n] = {names[n], [](const user_state &s, unsigned i) { return u64{s.r[i]}; }, n};
  all[16] = {"pc", [](const user_state &s, unsigned) { return s.pc; }};
  all[17] = {"condition code", [](const user_state &s, unsigned) { return u64{s.cc}; }};
  all[18] = {"retired", [](const user_state &s, unsigned) { return s.retired; }};
  return all;
}();

} // namespace hvkit::cpu::generation3
