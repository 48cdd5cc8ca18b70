// SPDX-License-Identifier: BSL-1.0
// Decides how a torture program starts and what its trap handlers do. Written in assembly, once for each style.
#pragma once

#include <string>

#include "support/torture/layout.hpp"

namespace hvkit::tests::torture {

/// Offsets in the machine-mode frame, behind the code.
inline constexpr u64 boot_table = 0x800;   ///< what boot loads: CSRs, then registers
inline constexpr u64 return_table = 0xc00; ///< where a handler goes instead of back: eight times five doublewords
inline constexpr u64 return_index = 0xe00;
inline constexpr u64 return_stride = 64, returns = 8;

/// CSRs that boot sets, in this order. The rest is what comes with the first place of the return table.
inline constexpr const char *boot_csrs[] = {"mtvec",    "stvec",     "medeleg",    "mideleg",    "mie",      "mip",
                                            "mscratch", "sscratch",  "mcounteren", "scounteren", "pmpaddr0", "pmpaddr1",
                                            "pmpaddr2", "pmpaddr15", "pmpcfg0",    "pmpcfg2",    "sepc"};
/// Registers that boot loads, in this order; x30 is the pointer they are loaded by.
inline constexpr u64 boot_registers = 30;

struct handler_options {
  bool foreign = false;
  bool meddles = false;
  u64 skip = 4;     ///< bytes from the trapped instruction to where it goes on
  u64 period = 100; ///< of the timer
};

[[nodiscard]] inline std::string boot_text() {
  std::string text =
      "boot: li x30, 0x2004000; li x31, -1; sd x31, 0(x30); la x30, " + std::to_string(ram + boot_table) + "\n";
  u64 offset = 0;
  for (const char *csr : boot_csrs) {
    text += "ld x31, " + std::to_string(offset) + "(x30); csrw " + std::string(csr) + ", x31\n";
    offset += 8;
  }
  for (u64 x = 1; x < boot_registers; ++x, offset += 8)
    text += "ld x" + std::to_string(x) + ", " + std::to_string(offset) + "(x30)\n";
  return text + "j relocate\n";
}

/// Ends what interrupts, sets the timer anew, and goes to the next place of the table: satp, then an entry's address
/// and what is written there, pc and mstatus. The status comes last: with MPRV in it loads are translated.
[[nodiscard]] inline std::string relocate_text(bool foreign, u64 period) {
  const std::string quiet = "relocate: csrw mip, zero\n";
  const std::string deadline =
      "li x30, 0x2000000; sw zero, 0(x30); li x30, 0x2004000; csrr x31, time; addi x31, x31, " +
      std::to_string(period) + "; sd x31, 0(x30)\n";
  return quiet + (foreign ? "" : deadline) + "la x30, " + std::to_string(ram + return_index) + R"(
    lw x31, 0(x30); addi x31, x31, 64; andi x31, x31, 0x1c0; sw x31, 0(x30)
    addi x30, x30, )" +
         std::to_string(static_cast<i64>(return_table) - static_cast<i64>(return_index)) + R"(
    add x30, x30, x31
    ld x31, 0(x30); csrw satp, x31; ld x31, 24(x30); csrw mepc, x31; ld x28, 8(x30)
    ld x31, 16(x30); sd x31, 0(x28); sfence.vma
    ld x31, 32(x30); csrw mstatus, x31; mret
  )";
}

/// The machine-mode frame from its start on: vectors, handler, boot. One place in 32 leads to `relocate`, so that
/// no program gets lost for good. A handler that meddles flips flags of the entry written last.
[[nodiscard]] inline std::string machine_text(handler_style style, const handler_options &o) {
  std::string text = "vector: j trap\n";
  for (unsigned number = 1; number < 12; ++number)
    text += "j relocate\n";
  text += "trap: csrr x31, mepc; andi x30, x31, 124; beqz x30, relocate\n";
  if (o.meddles)
    text += std::string("amoxor.w zero, x30, (x28)\n") + (o.foreign ? "sfence.vma\n" : "");
  if (style == handler_style::careful)
    text += "csrr x30, mcause; addi x30, x30, -12; beqz x30, relocate\n";
  if (style == handler_style::stays)
    text += "slli x31, x31, 7; slli x30, x31, 50; srli x30, x30, 50; li x31, " + std::to_string(frame_at(code_frame)) +
            "; add x30, x30, x31; jr x30\n";
  else
    text += "addi x31, x31, " + std::to_string(o.skip) + "; csrw mepc, x31; mret\n";
  return text + relocate_text(o.foreign, o.period) + boot_text();
}

/// Where it stands in its frame, behind what interrupts enter when they have vectors.
inline constexpr u64 supervisor_trap = 16;
/// The supervisor-mode handler: skips; from one place in eight it goes where sscratch says.
[[nodiscard]] inline std::string supervisor_text(u64 skip) {
  return "j trap; nop; nop; nop; trap: csrr x31, sepc; andi x30, x31, 28; beqz x30, away; addi x31, x31, " +
         std::to_string(skip) + "; csrw sepc, x31; sret\n" +
         "away: csrw sip, zero; csrw sie, zero; csrr x31, sscratch; csrw sepc, x31; addi x31, x31, 68\n"
         "csrw sscratch, x31; sret\n";
}

} // namespace hvkit::tests::torture
