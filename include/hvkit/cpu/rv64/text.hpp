// SPDX-License-Identifier: BSL-1.0
// Decides how RV64 operands are written and read, and what the pseudo-instructions stand for.
// Source: RISC-V Assembly Programmer's Manual; The RISC-V Instruction Set Manual, Volume I, "RISC-V Assembly
// Programmer's Handbook".
#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include <hvkit/cpu/rv64/csr.hpp>
#include <hvkit/cpu/rv64/operands.hpp>
#include <hvkit/isa/syntax.hpp>

namespace hvkit::cpu::rv64_detail {

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
    return in.fail("this value is out of range");
  o.imm = static_cast<i32>(value);
  return in.reason() == nullptr;
}
struct immediate_kind {
  static constexpr void print(line &out, const operands &o, u64) { out.decimal(o.imm); }
  static constexpr bool parse(reader &in, operands &o) {
    return set_immediate(in, o, static_cast<i64>(in.expression()));
  }
  static constexpr void show(const operands &from, operands &to) { to.imm = from.imm; }
};
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
/// A control and status register by its name in csr_table or by its number.
struct csr_kind : immediate_kind {
  static constexpr void print(line &out, const operands &o, u64) {
    const u8 row = csr_index[o.csr()];
    if (row == no_csr) {
      out.hex(o.csr());
      return;
    }
    const csr_facts &c = csr_table[row];
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
    for (const csr_facts &c : csr_table) {
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
    return name == names[static_cast<unsigned>(o.imm)] || in.fail("no instruction has this name");
  }
};

/// FENCE's suffix: `fence.tso` is the mode 8 with predecessor and successor RW. No other mode can be written.
struct fence_mode {
  static constexpr i32 tso = 0x833;
  static constexpr void print(line &out, const operands &o, u64) { out << (o.imm == tso ? ".tso" : ""); }
  static constexpr bool parse(reader &in, operands &o) {
    o.imm = tso & 0xf00;
    return in.name().text == "tso" || in.fail("no instruction has this name");
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

template <class Kind> [[nodiscard]] constexpr isa::operand_kind<operands> make(std::string_view name) {
  return {name, &Kind::print, &Kind::parse, &Kind::show};
}

/// The instructions by which GNU as loads a constant: lui and addiw for 32 bits, for more the upper part first, then
/// shifted.
[[nodiscard]] constexpr isa::text<256> load_constant(u64 value) {
  struct step {
    i64 low = 0;
    unsigned shift = 0;
  };
  std::array<step, 4> later{};
  std::size_t n = 0;
  while (sign_extend(value, 32) != value) {
    const u64 low = sign_extend(value, 12);
    const u64 rest = value - low;
    const auto shift = static_cast<unsigned>(std::countr_zero(rest));
    later[n++] = step{static_cast<i64>(low), shift};
    value = static_cast<u64>(static_cast<i64>(rest) >> shift);
  }
  isa::text<256> out;
  const u64 low = sign_extend(value, 12);
  const u64 high = bits(value - low, 31, 12);
  if (high != 0)
    (out << "lui $0, ").hex(high);
  if (low != 0 || high == 0)
    (out << (high != 0 ? "; addiw $0, $0, "
             : n != 0  ? "addiw $0, zero, "
                       : "addi $0, zero, "))
        .decimal(static_cast<i64>(low));
  while (n-- != 0) {
    (out << "; slli $0, $0, ").decimal(later[n].shift);
    if (later[n].low != 0)
      (out << "; addi $0, $0, ").decimal(later[n].low);
  }
  return out;
}
} // namespace notations

/// How RV64 is written. `isa::disassemble` and the assembler read it.
struct notation {
  static constexpr u32 row_bytes = 4;
  static constexpr u32 alias_bytes = 2;
  [[nodiscard]] static constexpr u32 length(u32 word) noexcept { return (word & 3) == 3 ? 4 : 2; }
  /// Gaps in the program are filled with instructions that do nothing, where instructions can stand.
  [[nodiscard]] static constexpr isa::filler padding(u64 gap) noexcept {
    return (gap & 1) != 0 ? isa::filler{0, 1} : (gap & 2) != 0 ? isa::filler{0x0001, 2} : isa::filler{0x00000013, 4};
  }

  static constexpr std::array kinds = {
      notations::make<notations::register_kind<&operands::rd>>("rd"),
      notations::make<notations::register_kind<&operands::rs1>>("rs1"),
      notations::make<notations::register_kind<&operands::rs2>>("rs2"),
      notations::make<notations::immediate_kind>("imm"),
      notations::make<notations::shift_amount>("shamt"),
      notations::make<notations::target_kind>("target"),
      notations::make<notations::upper_kind>("upper"),
      notations::make<notations::small_immediate>("zimm"),
      notations::make<notations::csr_kind>("csr"),
      notations::make<notations::order_kind>("order"),
      notations::make<notations::fence_mode>("fm"),
      notations::make<notations::fence_set<4>>("pred"),
      notations::make<notations::fence_set<0>>("succ"),
  };

  /// %hi is what lui and auipc take, %lo what the next instruction adds to it.
  static constexpr std::array<isa::expression_function, 2> functions = {{
      {"hi", [](u64 v) { return bits(v + 0x800, 31, 12); }},
      {"lo", [](u64 v) { return sign_extend(v, 12); }},
  }};

  static constexpr std::array<isa::pseudo, 50> pseudos = {{
      {"nop", 0, "addi zero, zero, 0"},
      {"li", 2, "", &notations::load_constant},
      {"la", 2, "auipc $0, %hi(($1)-.); addi $0, $0, %lo(($1)-.+4)"},
      {"mv", 2, "addi $0, $1, 0"},
      {"not", 2, "xori $0, $1, -1"},
      {"neg", 2, "sub $0, zero, $1"},
      {"negw", 2, "subw $0, zero, $1"},
      {"sext.w", 2, "addiw $0, $1, 0"},
      {"zext.b", 2, "andi $0, $1, 255"},
      {"seqz", 2, "sltiu $0, $1, 1"},
      {"snez", 2, "sltu $0, zero, $1"},
      {"sltz", 2, "slt $0, $1, zero"},
      {"sgtz", 2, "slt $0, zero, $1"},

      {"beqz", 2, "beq $0, zero, $1"},
      {"bnez", 2, "bne $0, zero, $1"},
      {"blez", 2, "bge zero, $0, $1"},
      {"bgez", 2, "bge $0, zero, $1"},
      {"bltz", 2, "blt $0, zero, $1"},
      {"bgtz", 2, "blt zero, $0, $1"},
      {"bgt", 3, "blt $1, $0, $2"},
      {"ble", 3, "bge $1, $0, $2"},
      {"bgtu", 3, "bltu $1, $0, $2"},
      {"bleu", 3, "bgeu $1, $0, $2"},

      {"j", 1, "jal zero, $0"},
      {"jal", 1, "jal ra, $0"},
      {"jr", 1, "jalr zero, 0($0)"},
      {"jalr", 1, "jalr ra, 0($0)"},
      {"jalr", 3, "jalr $0, $2($1)"},
      {"ret", 0, "jalr zero, 0(ra)"},
      {"call", 1, "auipc ra, %hi(($0)-.); jalr ra, %lo(($0)-.+4)(ra)"},
      {"tail", 1, "auipc t1, %hi(($0)-.); jalr zero, %lo(($0)-.+4)(t1)"},

      {"csrr", 2, "csrrs $0, $1, zero"},
      {"csrw", 2, "csrrw zero, $0, $1"},
      {"csrs", 2, "csrrs zero, $0, $1"},
      {"csrc", 2, "csrrc zero, $0, $1"},
      {"csrwi", 2, "csrrwi zero, $0, $1"},
      {"csrsi", 2, "csrrsi zero, $0, $1"},
      {"csrci", 2, "csrrci zero, $0, $1"},
      {"rdcycle", 1, "csrrs $0, cycle, zero"},
      {"rdtime", 1, "csrrs $0, time, zero"},
      {"rdinstret", 1, "csrrs $0, instret, zero"},

      {"fence", 0, "fence iorw, iorw"},
      {"fence.tso", 0, "fence.tso rw, rw"},
      {"sfence.vma", 0, "sfence.vma zero, zero"},
      {"sfence.vma", 1, "sfence.vma $0, zero"},
      {"c.nop", 0, "c.addi zero, 0"},
      {"c.unimp", 0, ".half 0"},
      {"unimp", 0, "csrrw zero, cycle, zero"},
      {"sgt", 3, "slt $0, $2, $1"},
      {"sgtu", 3, "sltu $0, $2, $1"},
  }};
};

} // namespace hvkit::cpu::rv64_detail
