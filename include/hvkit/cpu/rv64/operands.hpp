// SPDX-License-Identifier: BSL-1.0
// Decides what a decoded RV64 instruction is, and where its operands stand in the instruction word.
// Source: The RISC-V Instruction Set Manual, Volume I, "RV32I Base Integer Instruction Set" and "C" extension.
#pragma once

#include <hvkit/core/bits.hpp>
#include <hvkit/isa/row.hpp>

namespace hvkit::cpu::riscv {

/// Writes to x0 go here, so that no engine has to ask.
inline constexpr u8 sink = 32;

/// A decoded instruction, 8 bytes. `rd` is `sink` where the word says x0. An immediate is sign-extended already;
/// for CSR instructions `imm` is the CSR's number, for AMOs the bits aq and rl, for floating point the rounding mode in
/// [2:0] and rs3 in [7:3].
struct operands {
  u8 rd = sink;
  u8 rs1 = 0;
  u8 rs2 = 0;
  u8 place = 1; ///< offset in its block in halfwords, times two, plus one if 4 bytes long
  i32 imm = 0;

  /// Bytes from the start of a block that `place` can tell.
  static constexpr u32 reach = 254;
  [[nodiscard]] constexpr u32 length() const noexcept { return (place & 1U) != 0 ? 4 : 2; }
  [[nodiscard]] constexpr u32 offset() const noexcept { return place & ~1U; }
  constexpr void set_offset(u32 bytes) noexcept { place = static_cast<u8>(bytes | (place & 1U)); }
  constexpr void set_short() noexcept { place = static_cast<u8>(place & ~1U); }
  /// The immediate as a 64-bit value.
  [[nodiscard]] constexpr u64 immediate() const noexcept { return static_cast<u64>(i64{imm}); }
  [[nodiscard]] constexpr u16 csr() const noexcept { return static_cast<u16>(imm & 0xfff); }

  friend constexpr bool operator==(const operands &, const operands &) = default;
};
static_assert(sizeof(operands) == 8);

using isa::layout;
using isa::part;
using isa::signed_operand;
using isa::slice;
using isa::unsigned_operand;

/// A destination register: x0 becomes the sink.
template <class Scattered> struct destination {
  static constexpr u32 mask = Scattered::mask;
  static constexpr void read(u32 word, operands &o) noexcept {
    const auto n = static_cast<u8>(Scattered::read(word));
    o.rd = n == 0 ? sink : n;
  }
  static constexpr u32 write(const operands &o) noexcept { return Scattered::write(o.rd == sink ? 0U : o.rd); }
  static constexpr bool fits(const operands &o) noexcept { return o.rd <= sink; }
};

using rd = destination<unsigned_operand<5, slice{7, 5, 0}>>;
/// A floating-point register as destination: none of them is constant.
using frd = part<&operands::rd, unsigned_operand<5, slice{7, 5, 0}>>;
using rs1 = part<&operands::rs1, unsigned_operand<5, slice{15, 5, 0}>>;
using rs2 = part<&operands::rs2, unsigned_operand<5, slice{20, 5, 0}>>;

using imm_i = part<&operands::imm, signed_operand<12, slice{20, 12, 0}>>;
using imm_s = part<&operands::imm, signed_operand<12, slice{7, 5, 0}, slice{25, 7, 5}>>;
using imm_b =
    part<&operands::imm, signed_operand<13, slice{8, 4, 1}, slice{25, 6, 5}, slice{7, 1, 11}, slice{31, 1, 12}>>;
using imm_u = part<&operands::imm, signed_operand<32, slice{12, 20, 12}>>;
using imm_j =
    part<&operands::imm, signed_operand<21, slice{21, 10, 1}, slice{20, 1, 11}, slice{12, 8, 12}, slice{31, 1, 20}>>;
using shamt6 = part<&operands::imm, unsigned_operand<6, slice{20, 6, 0}>>;
using shamt5 = part<&operands::imm, unsigned_operand<5, slice{20, 5, 0}>>;
using csr_number = part<&operands::imm, unsigned_operand<12, slice{20, 12, 0}>>;
using zimm = part<&operands::rs1, unsigned_operand<5, slice{15, 5, 0}>>;
using ordering = part<&operands::imm, unsigned_operand<2, slice{25, 2, 0}>>;
using rounding_mode = part<&operands::imm, unsigned_operand<3, slice{12, 3, 0}>>;
using third_and_mode = part<&operands::imm, unsigned_operand<8, slice{12, 3, 0}, slice{27, 5, 3}>>;
/// rs3, as third_and_mode leaves it.
[[nodiscard]] constexpr u8 third_register(const operands &o) noexcept { return static_cast<u8>(o.imm >> 3 & 31); }
using fence_bits = part<&operands::imm, unsigned_operand<12, slice{20, 12, 0}>>;

/// Fixed bits of the base encodings: opcode [6:0], funct3 [14:12], funct7 [31:25].
namespace encoding {
/// The opcode alone, with funct3, with funct3 and funct7.
[[nodiscard]] constexpr isa::pattern opcode(u32 op) noexcept { return {op, 0x7f}; }
[[nodiscard]] constexpr isa::pattern op3(u32 op, u32 funct3) noexcept { return {op | funct3 << 12, 0x707f}; }
[[nodiscard]] constexpr isa::pattern op37(u32 op, u32 funct3, u32 funct7) noexcept {
  return {op | funct3 << 12 | funct7 << 25, 0xfe00707f};
}
/// Shift by an immediate of 6 bits: funct6 [31:26].
[[nodiscard]] constexpr isa::pattern op36(u32 op, u32 funct3, u32 funct6) noexcept {
  return {op | funct3 << 12 | funct6 << 26, 0xfc00707f};
}
/// AMO: funct5 [31:27].
[[nodiscard]] constexpr isa::pattern amo(u32 funct3, u32 funct5) noexcept {
  return {0x2fU | funct3 << 12 | funct5 << 27, 0xf800707f};
}
/// All 32 bits: an instruction without operands.
[[nodiscard]] constexpr isa::pattern whole(u32 word) noexcept { return {word, 0xffffffff}; }
} // namespace encoding

} // namespace hvkit::cpu::riscv
