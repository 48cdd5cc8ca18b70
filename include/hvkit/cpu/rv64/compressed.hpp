// SPDX-License-Identifier: BSL-1.0
// Decides what each compressed encoding stands for. None has semantics of its own.
// Source: The RISC-V Instruction Set Manual, Volume I, "C" Extension, "RVC Instruction Set Listings".
#pragma once

#include <array>

#include <hvkit/cpu/rv64/operands.hpp>

namespace hvkit::cpu::riscv {

namespace compressed {

/// One of x8 to x15, in three bits.
template <auto Member, unsigned At> struct popular {
  static constexpr u32 mask = 7U << At;
  static constexpr void read(u32 word, operands &o) noexcept { o.*Member = static_cast<u8>(8 + ((word >> At) & 7)); }
  static constexpr u32 write(const operands &o) noexcept { return (o.*Member & 7U) << At; }
};

/// A member that the encoding implies.
template <auto Member, auto Value> struct implied {
  static constexpr u32 mask = 0;
  static constexpr void read(u32, operands &o) noexcept { o.*Member = Value; }
  static constexpr u32 write(const operands &) noexcept { return 0; }
};

/// rs1 is the same register as rd.
struct rs1_is_rd {
  static constexpr u32 mask = 0;
  static constexpr void read(u32, operands &o) noexcept { o.rs1 = o.rd == sink ? 0 : o.rd; }
  static constexpr u32 write(const operands &) noexcept { return 0; }
};

using rd_5 = destination<unsigned_operand<5, slice{7, 5, 0}>>;
using rs1_5 = part<&operands::rs1, unsigned_operand<5, slice{7, 5, 0}>>;
using rs2_5 = part<&operands::rs2, unsigned_operand<5, slice{2, 5, 0}>>;
using rd_low = popular<&operands::rd, 2>;
using rd_high = popular<&operands::rd, 7>;
using rs1_high = popular<&operands::rs1, 7>;
using rs2_low = popular<&operands::rs2, 2>;
using rs1_sp = implied<&operands::rs1, u8{2}>;
using rs1_zero = implied<&operands::rs1, u8{0}>;
using rs2_zero = implied<&operands::rs2, u8{0}>;
using rd_zero = implied<&operands::rd, sink>;
using rd_ra = implied<&operands::rd, u8{1}>;
using imm_zero = implied<&operands::imm, 0>;

/// Immediates, each with the slices of its diagram. "Compressed Instruction Formats".
template <class Scattered> using imm_of = part<&operands::imm, Scattered>;
using imm_6 = imm_of<signed_operand<6, slice{2, 5, 0}, slice{12, 1, 5}>>;
using imm_lui = imm_of<signed_operand<18, slice{2, 5, 12}, slice{12, 1, 17}>>;
using shift = imm_of<unsigned_operand<6, slice{2, 5, 0}, slice{12, 1, 5}>>;
using imm_4spn = imm_of<unsigned_operand<10, slice{5, 1, 3}, slice{6, 1, 2}, slice{7, 4, 6}, slice{11, 2, 4}>>;
using imm_16sp =
    imm_of<signed_operand<10, slice{2, 1, 5}, slice{3, 2, 7}, slice{5, 1, 6}, slice{6, 1, 4}, slice{12, 1, 9}>>;
using word_offset = imm_of<unsigned_operand<7, slice{5, 1, 6}, slice{6, 1, 2}, slice{10, 3, 3}>>;
using double_offset = imm_of<unsigned_operand<8, slice{5, 2, 6}, slice{10, 3, 3}>>;
using word_from_sp = imm_of<unsigned_operand<8, slice{2, 2, 6}, slice{4, 3, 2}, slice{12, 1, 5}>>;
using double_from_sp = imm_of<unsigned_operand<9, slice{2, 3, 6}, slice{5, 2, 3}, slice{12, 1, 5}>>;
using word_to_sp = imm_of<unsigned_operand<8, slice{7, 2, 6}, slice{9, 4, 2}>>;
using double_to_sp = imm_of<unsigned_operand<9, slice{7, 3, 6}, slice{10, 3, 3}>>;
using branch_target =
    imm_of<signed_operand<9, slice{2, 1, 5}, slice{3, 2, 1}, slice{5, 2, 6}, slice{10, 2, 3}, slice{12, 1, 8}>>;
using jump_target = imm_of<signed_operand<12, slice{2, 1, 5}, slice{3, 3, 1}, slice{6, 1, 7}, slice{7, 1, 6},
                                          slice{8, 1, 10}, slice{9, 2, 8}, slice{11, 1, 4}, slice{12, 1, 11}>>;

/// Which operand values an encoding reserves.
struct anything {
  static constexpr bool holds(const operands &) noexcept { return true; }
};
struct imm_not_zero {
  static constexpr bool holds(const operands &o) noexcept { return o.imm != 0; }
};
struct rd_not_zero {
  static constexpr bool holds(const operands &o) noexcept { return o.rd != sink; }
};
/// c.lui: the encodings with sp are c.addi16sp.
struct rd_not_sp {
  static constexpr bool holds(const operands &o) noexcept { return o.rd != 2 && o.imm != 0; }
};
struct rs1_not_zero {
  static constexpr bool holds(const operands &o) noexcept { return o.rs1 != 0; }
};
struct rs2_not_zero {
  static constexpr bool holds(const operands &o) noexcept { return o.rs2 != 0; }
};

/// A compressed instruction.
using entry = isa::alias<operands>;

/// The entry `name`, which stands for the row `means`. Words whose operands are not `Legal` are reserved: they
/// decode to nothing.
template <class Legal, class... Parts> [[nodiscard]] constexpr entry
make(std::string_view name, isa::pattern code, std::string_view means, std::string_view syntax) {
  using layout = isa::layout<operands, Parts...>;
  static_assert(layout::disjoint);
  return {name,
          code,
          means,
          syntax,
          layout::mask,
          [](u32 word) -> maybe<operands> {
            operands o = layout::decode(word);
            o.set_short();
            return Legal::holds(o) ? maybe<operands>(o) : maybe<operands>();
          },
          &layout::encode};
}

/// Quadrant [1:0] and funct3 [15:13].
[[nodiscard]] constexpr isa::pattern q(u32 quadrant, u32 funct3) noexcept { return {quadrant | funct3 << 13, 0xe003}; }
/// The same with further fixed bits.
[[nodiscard]] constexpr isa::pattern q(u32 quadrant, u32 funct3, u32 match, u32 mask) noexcept {
  return {quadrant | funct3 << 13 | match, 0xe003 | mask};
}

} // namespace compressed

namespace compressed {
/// The C extension of RV64 without floating point.
inline constexpr auto integer = [] {
  return std::array{
      make<imm_not_zero, rd_low, rs1_sp, imm_4spn>("c.addi4spn", q(0, 0), "addi", "rd, rs1, imm"),
      make<anything, rd_low, rs1_high, word_offset>("c.lw", q(0, 2), "lw", "rd, imm(rs1)"),
      make<anything, rd_low, rs1_high, double_offset>("c.ld", q(0, 3), "ld", "rd, imm(rs1)"),
      make<anything, rs2_low, rs1_high, word_offset>("c.sw", q(0, 6), "sw", "rs2, imm(rs1)"),
      make<anything, rs2_low, rs1_high, double_offset>("c.sd", q(0, 7), "sd", "rs2, imm(rs1)"),

      make<anything, rd_5, rs1_is_rd, imm_6>("c.addi", q(1, 0), "addi", "rd, imm"),
      make<rd_not_zero, rd_5, rs1_is_rd, imm_6>("c.addiw", q(1, 1), "addiw", "rd, imm"),
      make<anything, rd_5, rs1_zero, imm_6>("c.li", q(1, 2), "addi", "rd, imm"),
      make<imm_not_zero, implied<&operands::rd, u8{2}>, rs1_sp, imm_16sp>("c.addi16sp", q(1, 3, 2 << 7, 31 << 7),
                                                                          "addi", "rd, imm"),
      make<rd_not_sp, rd_5, imm_lui>("c.lui", q(1, 3), "lui", "rd, upper"),
      make<anything, rd_high, rs1_is_rd, shift>("c.srli", q(1, 4, 0 << 10, 3 << 10), "srli", "rd, shamt"),
      make<anything, rd_high, rs1_is_rd, shift>("c.srai", q(1, 4, 1 << 10, 3 << 10), "srai", "rd, shamt"),
      make<anything, rd_high, rs1_is_rd, imm_6>("c.andi", q(1, 4, 2 << 10, 3 << 10), "andi", "rd, imm"),
      make<anything, rd_high, rs1_is_rd, rs2_low>("c.sub", q(1, 4, 0x0c00, 0x1c60), "sub", "rd, rs2"),
      make<anything, rd_high, rs1_is_rd, rs2_low>("c.xor", q(1, 4, 0x0c20, 0x1c60), "xor", "rd, rs2"),
      make<anything, rd_high, rs1_is_rd, rs2_low>("c.or", q(1, 4, 0x0c40, 0x1c60), "or", "rd, rs2"),
      make<anything, rd_high, rs1_is_rd, rs2_low>("c.and", q(1, 4, 0x0c60, 0x1c60), "and", "rd, rs2"),
      make<anything, rd_high, rs1_is_rd, rs2_low>("c.subw", q(1, 4, 0x1c00, 0x1c60), "subw", "rd, rs2"),
      make<anything, rd_high, rs1_is_rd, rs2_low>("c.addw", q(1, 4, 0x1c20, 0x1c60), "addw", "rd, rs2"),
      make<anything, rd_zero, jump_target>("c.j", q(1, 5), "jal", "target"),
      make<anything, rs1_high, rs2_zero, branch_target>("c.beqz", q(1, 6), "beq", "rs1, target"),
      make<anything, rs1_high, rs2_zero, branch_target>("c.bnez", q(1, 7), "bne", "rs1, target"),

      make<anything, rd_5, rs1_is_rd, shift>("c.slli", q(2, 0), "slli", "rd, shamt"),
      make<rd_not_zero, rd_5, rs1_sp, word_from_sp>("c.lwsp", q(2, 2), "lw", "rd, imm(rs1)"),
      make<rd_not_zero, rd_5, rs1_sp, double_from_sp>("c.ldsp", q(2, 3), "ld", "rd, imm(rs1)"),
      make<rs1_not_zero, rd_zero, rs1_5, imm_zero>("c.jr", q(2, 4, 0, 0x107c), "jalr", "rs1"),
      make<rs2_not_zero, rd_5, rs1_zero, rs2_5>("c.mv", q(2, 4, 0, 0x1000), "add", "rd, rs2"),
      make<anything>("c.ebreak", isa::pattern{0x9002, 0xffff}, "ebreak", ""),
      make<rs1_not_zero, rd_ra, rs1_5, imm_zero>("c.jalr", q(2, 4, 0x1000, 0x107c), "jalr", "rs1"),
      make<rs2_not_zero, rd_5, rs1_is_rd, rs2_5>("c.add", q(2, 4, 0x1000, 0x1000), "add", "rd, rs2"),
      make<anything, rs2_5, rs1_sp, word_to_sp>("c.swsp", q(2, 6), "sw", "rs2, imm(rs1)"),
      make<anything, rs2_5, rs1_sp, double_to_sp>("c.sdsp", q(2, 7), "sd", "rs2, imm(rs1)"),
  };
}();

/// Its loads and stores of floating point: those of doublewords, with other registers.
inline constexpr auto floating_point = std::array{
    make<anything, rd_low, rs1_high, double_offset>("c.fld", q(0, 1), "fld", "frd, imm(rs1)"),
    make<anything, rs2_low, rs1_high, double_offset>("c.fsd", q(0, 5), "fsd", "frs2, imm(rs1)"),
    make<anything, frd, rs1_sp, double_from_sp>("c.fldsp", q(2, 1), "fld", "frd, imm(rs1)"),
    make<anything, rs2_5, rs1_sp, double_to_sp>("c.fsdsp", q(2, 5), "fsd", "frs2, imm(rs1)"),
};
} // namespace compressed

/// The C extension of RV64.
template <bool FloatingPoint> inline constexpr auto compressed_aliases = [] {
  if constexpr (!FloatingPoint) {
    return compressed::integer;
  } else {
    std::array<compressed::entry, compressed::integer.size() + compressed::floating_point.size()> all{};
    std::size_t next = 0;
    for (const auto &e : compressed::integer)
      all[next++] = e;
    for (const auto &e : compressed::floating_point)
      all[next++] = e;
    return all;
  }
}();

} // namespace hvkit::cpu::riscv
