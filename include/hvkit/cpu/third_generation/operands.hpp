// SPDX-License-Identifier: BSL-1.0
// Decides what a decoded instruction of the third-generation machine is, and where its operands stand in the word.
//
//   31      24 23 20 19 16 15 12                0
//   [ opcode ][ rd ][rs1 ][ rs2 ]                    three registers
//   [ opcode ][ rd ][rs1 ][ imm, 16 bits, signed ]   base and displacement, or the distance to a target
#pragma once

#include <hvkit/core/bits.hpp>
#include <hvkit/isa/row.hpp>

namespace hvkit::cpu::generation3 {

/// A decoded instruction, 8 bytes.
struct operands {
  u8 rd = 0;
  u8 rs1 = 0;
  u8 rs2 = 0;
  u8 place = 0; ///< offset in its block in words
  i32 imm = 0;

  /// Bytes from the start of a block that `place` can tell.
  static constexpr u32 reach = 4 * 255;
  [[nodiscard]] static constexpr u32 length() noexcept { return 4; }
  [[nodiscard]] constexpr u32 offset() const noexcept { return 4U * place; }
  constexpr void set_offset(u32 bytes) noexcept { place = static_cast<u8>(bytes / 4); }
  [[nodiscard]] constexpr u32 immediate() const noexcept { return static_cast<u32>(imm); }

  friend constexpr bool operator==(const operands &, const operands &) = default;
};
static_assert(sizeof(operands) == 8);

using isa::part;
using isa::signed_operand;
using isa::slice;
using isa::unsigned_operand;

using rd = part<&operands::rd, unsigned_operand<4, slice{20, 4, 0}>>;
using rs1 = part<&operands::rs1, unsigned_operand<4, slice{16, 4, 0}>>;
using rs2 = part<&operands::rs2, unsigned_operand<4, slice{12, 4, 0}>>;
using displacement = part<&operands::imm, signed_operand<16, slice{0, 16, 0}>>;
using distance = part<&operands::imm, signed_operand<18, slice{0, 16, 2}>>;
using condition_mask = part<&operands::rd, unsigned_operand<4, slice{20, 4, 0}>>;
using level_number = part<&operands::imm, unsigned_operand<3, slice{0, 3, 0}>>;
using call_number = part<&operands::imm, unsigned_operand<8, slice{0, 8, 0}>>;

} // namespace hvkit::cpu::generation3
