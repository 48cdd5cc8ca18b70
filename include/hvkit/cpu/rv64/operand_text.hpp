// SPDX-License-Identifier: BSL-1.0
// Decides how each kind of RV64 operand is written and read: registers, immediates, targets, CSRs, orderings.
// Source: RISC-V Assembly Programmer's Manual; The RISC-V Instruction Set Manual, Volume I, "RISC-V Assembly
// Programmer's Handbook".
#pragma once

#include <array>
#include <limits>
#include <string_view>

#include <hvkit/cpu/rv64/csr_table.hpp>
#include <hvkit/cpu/rv64/operands.hpp>
#include <hvkit/isa/syntax.hpp>

namespace hvkit::cpu::riscv {

namespace notations {
using isa::line;
using isa::reader;

inline constexpr std::array<std::string_view, 32> abi_names = {
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
    "a6",   "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

/// A name of at most 4 characters as a number, so that comparing is one step.
[[nodiscard]] constexpr u32 packed(std::string_view name) noexcept {
  u32 all = 0;
  for (const char c : name)
    all = all << 8 | static_cast<u8>(c);
  return all;
}
inline constexpr auto packed_names = [] {
  std::array<u32, 32> all{};
  for (std::size_t n = 0; n < 32; ++n)
    all[n] = packed(abi_names[n]);
  return all;
}();

/// A decimal number without leading zeros, below `limit`; `limit` if it is none.
[[nodiscard]] constexpr u32 ordinal(std::string_view digits, u32 limit) noexcept {
  if (digits.empty() || digits.size() > 2 || (digits[0] == '0' && digits.size() != 1))
    return limit;
  u32 n = 0;
  for (const char c : digits)
    n = c >= '0' && c <= '9' ? 10 * n + static_cast<u32>(c - '0') : limit;
  return n < limit ? n : limit;
}

/// The number of a register by its ABI name or as x0 to x31; 32 if there is none.
[[nodiscard]] constexpr u32 register_number(std::string_view name) noexcept {
  if (name.size() > 1 && name[0] == 'x')
    return ordinal(name.substr(1), 32);
  const u32 key = name.size() <= 4 ? packed(name) : 0;
  if (key == packed("fp"))
    return 8;
  for (u32 n = 0; n < 32; ++n)
    if (packed_names[n] == key)
      return n;
  return 32;
}

/// A register by its ABI name or its number, x0 to x31. As a destination x0 is the sink.
template <auto Member> struct register_kind {
  static constexpr void print(line &out, const operands &o, u64) { out << abi_names[o.*Member & 31]; }
  static constexpr bool parse(reader &in, operands &o) {
    const u32 n = register_number(in.name().text);
    if (n == 32)
      return in.fail("a register is missing here");
    o.*Member = static_cast<u8>(Member == &operands::rd && n == 0 ? sink : n);
    return true;
  }
  static constexpr void show(const operands &from, operands &to) { to.*Member = from.*Member; }
};

/// Stores the value of an expression, scaled by the kind, as the immediate.
constexpr bool set_immediate(reader &in, operands &o, i64 value) {
  if (value < std::numeric_limits<i32>::min() || value > std::numeric_limits<i32>::max())
    return in.fail(isa::mistake::value_range);
  o.imm = static_cast<i32>(value);
  return in.reason() == nullptr;
}
/// The immediate as a signed decimal; any expression is read.
struct immediate_kind {
  static constexpr void print(line &out, const operands &o, u64) { out.decimal(o.imm); }
  static constexpr bool parse(reader &in, operands &o) {
    return set_immediate(in, o, static_cast<i64>(in.expression()));
  }
  static constexpr void show(const operands &from, operands &to) { to.imm = from.imm; }
};
/// The same, written in hexadecimal.
struct shift_amount : immediate_kind {
  static constexpr void print(line &out, const operands &o, u64) { out.hex(o.immediate()); }
};
/// A place in the program; the instruction holds the distance.
struct target_kind : immediate_kind {
  static constexpr void print(line &out, const operands &o, u64 pc) { out.hex(pc + o.immediate()); }
  static constexpr bool parse(reader &in, operands &o) {
    return set_immediate(in, o, static_cast<i64>(in.expression() - in.names().here));
  }
};
/// The upper 20 bits of a word.
struct upper_kind : immediate_kind {
  static constexpr void print(line &out, const operands &o, u64) { out.hex(bits(o.immediate(), 31, 12)); }
  static constexpr bool parse(reader &in, operands &o) {
    const u64 value = in.expression();
    return value <= low_bits(20) ? set_immediate(in, o, static_cast<i64>(sign_extend(value << 12, 32)))
                                 : in.fail("this value is out of range: 0 to 0xfffff");
  }
};
/// An immediate of 5 bits that stands where rs1 does.
struct small_immediate {
  static constexpr void print(line &out, const operands &o, u64) { out.decimal(o.rs1); }
  static constexpr bool parse(reader &in, operands &o) {
    const u64 value = in.expression();
    o.rs1 = static_cast<u8>(value);
    return value < 32 ? in.reason() == nullptr : in.fail("this value is out of range: 0 to 31");
  }
  static constexpr void show(const operands &from, operands &to) { to.rs1 = from.rs1; }
};

/// Where the digits at the end of a register's name begin: those of a series are counted from there.
[[nodiscard]] constexpr std::size_t stem(std::string_view name) noexcept {
  std::size_t n = name.size();
  while (n != 0 && name[n - 1] >= '0' && name[n - 1] <= '9')
    --n;
  return n;
}
/// A control and status register by its name in csr_table or by its number. Names are the manual's, whether this CPU
/// has the register or not.
struct csr_kind : immediate_kind {
  static constexpr void print(line &out, const operands &o, u64) {
    const u8 row = csr_index<true>[o.csr()];
    if (row == no_csr) {
      out.hex(o.csr());
      return;
    }
    const csr_facts &c = csr_table<true>[row];
    const std::size_t digits = stem(c.name);
    if (c.count == 1)
      out << c.name;
    else if (digits != c.name.size())
      (out << c.name.substr(0, digits)).decimal(o.csr() - c.first);
    else if (o.csr() == c.first)
      out << c.name;
    else
      out.hex(o.csr());
  }
  static constexpr bool parse(reader &in, operands &o) {
    reader ahead = in;
    const std::string_view name = ahead.name().text;
    for (const csr_facts &c : csr_table<true>) {
      const std::size_t digits = stem(c.name);
      const bool series = c.count > 1 && digits != c.name.size() && name.substr(0, digits) == c.name.substr(0, digits);
      const u32 nth = series ? ordinal(name.substr(digits), c.count) : name == c.name ? 0U : c.count;
      if (nth < c.count) {
        in = ahead;
        o.imm = static_cast<i32>(c.first + nth);
        return true;
      }
    }
    return immediate_kind::parse(in, o);
  }
};

/// A suffix: the bits aq (2) and rl (1).
struct order_kind : immediate_kind {
  static constexpr std::array<std::string_view, 4> names = {"", "rl", "aq", "aqrl"};
  static constexpr void print(line &out, const operands &o, u64) {
    if (o.imm != 0)
      out << '.' << names[static_cast<unsigned>(o.imm) & 3];
  }
  static constexpr bool parse(reader &in, operands &o) {
    const std::string_view name = in.name().text;
    o.imm = name == "aqrl" ? 3 : name == "aq" ? 2 : 1;
    return name == names[static_cast<unsigned>(o.imm)] || in.fail(isa::mistake::unknown_instruction);
  }
};

/// FENCE's suffix: `fence.tso` is the mode 8 with predecessor and successor RW. No other mode can be written.
struct fence_mode {
  static constexpr i32 tso = 0x833;
  static constexpr void print(line &out, const operands &o, u64) { out << (o.imm == tso ? ".tso" : ""); }
  static constexpr bool parse(reader &in, operands &o) {
    o.imm = tso & 0xf00;
    return in.name().text == "tso" || in.fail(isa::mistake::unknown_instruction);
  }
  static constexpr void show(const operands &from, operands &to) { to.imm |= from.imm == tso ? tso & 0xf00 : 0; }
};
/// Which accesses a fence orders: some of `iorw`, or 0.
template <unsigned At> struct fence_set {
  static constexpr std::string_view letters = "iorw";
  static constexpr void print(line &out, const operands &o, u64) {
    const u64 set = bits(o.immediate(), At + 3, At);
    for (unsigned n = 0; n < 4; ++n)
      if ((set & bit(3 - n)) != 0)
        out << letters[n];
    if (set == 0)
      out << '0';
  }
  static constexpr bool parse(reader &in, operands &o) {
    const std::string_view name = in.name().text;
    u32 set = 0;
    std::size_t used = 0;
    for (unsigned n = 0; n < 4; ++n)
      if (used < name.size() && name[used] == letters[n]) {
        set |= 8U >> n;
        ++used;
      }
    o.imm |= static_cast<i32>(set << At);
    return (!name.empty() && used == name.size()) || name == "0" || in.fail("some of i, o, r, w in this order, or 0");
  }
  static constexpr void show(const operands &from, operands &to) { to.imm |= from.imm & (0xf << At); }
};

/// The kind under the name that `syntax` strings use.
template <class Kind> [[nodiscard]] constexpr isa::operand_kind<operands> make(std::string_view name) {
  return {name, &Kind::print, &Kind::parse, &Kind::show};
}
} // namespace notations

} // namespace hvkit::cpu::riscv
