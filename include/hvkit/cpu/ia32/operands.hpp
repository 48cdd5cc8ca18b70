// SPDX-License-Identifier: BSL-1.0
// Decides what a decoded IA-32 instruction is: where each operand is and how wide; address size and segment are data.
#pragma once

#include <array>

#include <hvkit/core/bits.hpp>

namespace hvkit::cpu::x86 {

/// Numbers of the general registers. `zero` stands for no base or no index.
namespace reg {
inline constexpr u8 eax = 0, ecx = 1, edx = 2, ebx = 3, esp = 4, ebp = 5, esi = 6, edi = 7, zero = 8;
}
/// Numbers of the segment registers, as encodings count them, and of those that hold descriptors of their own kind.
namespace seg {
inline constexpr u8 es = 0, cs = 1, ss = 2, ds = 3, fs = 4, gs = 5, ldtr = 6, tr = 7, count = 8;
}

/// Where a decoded operand is.
enum class place : u8 {
  none,
  reg,          ///< general register `number`; of 8 bits: 4 to 7 are AH to BH
  memory,       ///< at the effective address; number 1 if that is an offset in the instruction
  immediate,    ///< the first immediate (number 0), the second (1), or the number 1 of the encoding itself (2)
  segment,      ///< segment register `number`
  control,      ///< control register `number`
  debug,        ///< debug register `number`
  target,       ///< the instruction behind this one plus the immediate
  far,          ///< selector (second immediate) and offset (first)
  source,       ///< memory at (E)SI, in the segment of the record
  target_string ///< memory at ES:(E)DI
};
/// One operand; `width` in bytes.
struct operand {
  place where = place::none;
  u8 number = 0;
  u8 width = 0;
  friend constexpr bool operator==(const operand &, const operand &) = default;
};

/// F3 and F2, where they mean repetition.
enum class repetition : u8 { none, while_equal, while_not_equal };

/// A decoded instruction.
struct operands {
  std::array<operand, 3> op{};
  u8 size = 0;          ///< bytes of the instruction, prefixes included
  u8 operand_width = 4; ///< 2 or 4: the operand size in force
  u8 address_width = 4; ///< 2 or 4
  u8 segment = seg::ds; ///< of the memory operand
  u8 base = reg::zero;  ///< the effective address is base + index << scale + displacement
  u8 index = reg::zero;
  u8 scale = 0;
  u8 low = 0; ///< the low four bits of the opcode: a condition
  repetition repeat = repetition::none;
  bool lock = false;
  u16 second = 0;       ///< the second immediate, or a selector
  u16 block_offset = 0; ///< offset in a block
  u32 displacement = 0;
  u32 immediate = 0; ///< extended to 32 bits as the encoding says

  /// Bytes from the start of a block that `block_offset` can tell.
  static constexpr u32 reach = 0xffff;
  [[nodiscard]] constexpr u32 length() const noexcept { return size; }
  [[nodiscard]] constexpr u32 offset() const noexcept { return block_offset; }
  constexpr void set_offset(u32 bytes) noexcept { block_offset = static_cast<u16>(bytes); }
  /// The bits of an effective address, or of an offset in code.
  [[nodiscard]] constexpr u32 address_mask() const noexcept { return address_width == 4 ? ~0U : 0xffffU; }
  [[nodiscard]] constexpr u32 operand_mask() const noexcept { return operand_width == 4 ? ~0U : 0xffffU; }

  friend constexpr bool operator==(const operands &, const operands &) = default;
};

} // namespace hvkit::cpu::x86
