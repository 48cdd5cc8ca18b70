// SPDX-License-Identifier: BSL-1.0
// Decides how RV64 is written: its operand kinds, what the pseudo-instructions stand for, and the names of user state.
// Source: RISC-V Assembly Programmer's Manual; The RISC-V Instruction Set Manual, Volume I, "RISC-V Assembly
// Programmer's Handbook".
#pragma once

#include <array>
#include <bit>
#include <string_view>

#include <hvkit/cpu/rv64/float_text.hpp>
#include <hvkit/cpu/rv64/state.hpp>
#include <hvkit/cpu/user_words.hpp>

namespace hvkit::cpu::riscv {

namespace notations {
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
      notations::make<notations::float_register<&operands::rd>>("frd"),
      notations::make<notations::float_register<&operands::rs1>>("frs1"),
      notations::make<notations::float_register<&operands::rs2>>("frs2"),
      notations::make<notations::third_source>("frs3"),
      notations::make<notations::mode_kind>("rm"),
  };

  /// %hi is what lui and auipc take, %lo what the next instruction adds to it.
  static constexpr std::array<isa::expression_function, 2> functions = {{
      {"hi", [](u64 v) { return bits(v + 0x800, 31, 12); }},
      {"lo", [](u64 v) { return sign_extend(v, 12); }},
  }};

  static constexpr std::array<isa::pseudo, 75> pseudos = {{
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

      {"fmv.s", 2, "fsgnj.s $0, $1, $1"},
      {"fmv.d", 2, "fsgnj.d $0, $1, $1"},
      {"fneg.s", 2, "fsgnjn.s $0, $1, $1"},
      {"fneg.d", 2, "fsgnjn.d $0, $1, $1"},
      {"fabs.s", 2, "fsgnjx.s $0, $1, $1"},
      {"fabs.d", 2, "fsgnjx.d $0, $1, $1"},
      {"fgt.s", 3, "flt.s $0, $2, $1"},
      {"fgt.d", 3, "flt.d $0, $2, $1"},
      {"fge.s", 3, "fle.s $0, $2, $1"},
      {"fge.d", 3, "fle.d $0, $2, $1"},
      {"fmv.x.s", 2, "fmv.x.w $0, $1"},
      {"fmv.s.x", 2, "fmv.w.x $0, $1"},
      {"frcsr", 1, "csrrs $0, fcsr, zero"},
      {"fscsr", 1, "csrrw zero, fcsr, $0"},
      {"fscsr", 2, "csrrw $0, fcsr, $1"},
      {"frrm", 1, "csrrs $0, frm, zero"},
      {"fsrm", 1, "csrrw zero, frm, $0"},
      {"fsrm", 2, "csrrw $0, frm, $1"},
      {"fsrmi", 1, "csrrwi zero, frm, $0"},
      {"fsrmi", 2, "csrrwi $0, frm, $1"},
      {"frflags", 1, "csrrs $0, fflags, zero"},
      {"fsflags", 1, "csrrw zero, fflags, $0"},
      {"fsflags", 2, "csrrw $0, fflags, $1"},
      {"fsflagsi", 1, "csrrwi zero, fflags, $0"},
      {"fsflagsi", 2, "csrrwi $0, fflags, $1"},
  }};
};

/// Every word that user programs see: the registers by their ABI names, as instructions show them.
inline constexpr auto user_words = [] {
  std::array<user_word<user_state>, 67> all{};
  for (unsigned n = 1; n < 32; ++n)
    all[n - 1] = {notations::abi_names[n], [](const user_state &s, unsigned i) { return s.x[i]; }, n};
  all[31] = {"pc", [](const user_state &s, unsigned) { return s.pc; }};
  all[32] = {"retired", [](const user_state &s, unsigned) { return s.retired; }};
  all[33] = {"reservation", [](const user_state &s, unsigned) { return s.reservation; }};
  all[34] = {"fcsr", [](const user_state &s, unsigned) { return s.fcsr; }};
  for (unsigned n = 0; n < 32; ++n)
    all[35 + n] = {notations::float_names[n], [](const user_state &s, unsigned i) { return s.f[i]; }, n};
  return all;
}();

} // namespace hvkit::cpu::riscv
