// SPDX-License-Identifier: BSL-1.0
// Decides which guests attack the emulation of their CPU: privileges, calls, traps, interrupts, and code that changes.
#pragma once

#include "support/hostile/program.hpp"

namespace hvkit::tests::hostile {

namespace detail {
/// Runs the instruction at `at` once for each value that its bits 31:20 can have, in the mode that runs this.
[[nodiscard]] inline std::string for_each_csr(const std::string &instruction) {
  return "la s1, patched; lw s2, 0(s1); li s3, 1 << 20\nagain: sw s2, 0(s1); fence.i; li t0, 0\npatched: " +
         instruction + "\nadd a0, a0, t0; add s2, s2, s3; addiw s2, s2, 0; addi s11, s11, 1; j again\n";
}
/// Opens all memory to the lower modes and goes on in user mode at `inner`.
inline constexpr const char *to_user =
    "li t0, -1; csrw pmpaddr0, t0; li t0, 0x1f; csrw pmpcfg0, t0; la t0, inner; csrw mepc, t0; li t0, 3 << 11\n"
    "csrc mstatus, t0; mret; .align 2\ninner:\n";
inline constexpr const char *to_supervisor =
    "li t0, -1; csrw pmpaddr0, t0; li t0, 0x1f; csrw pmpcfg0, t0; la t0, inner; csrw mepc, t0; li t0, 3 << 11\n"
    "csrc mstatus, t0; li t0, 1 << 11; csrs mstatus, t0; mret; .align 2\ninner:\n";
inline std::string text(const char *a, const std::string &b) { return a + b; }
} // namespace detail

[[nodiscard]] inline std::vector<program> privilege_programs() {
  using enum bug_class;
  using namespace detail;
  return {
      {privilege_confusion, "user mode reads every CSR", machine(text(to_user, for_each_csr("csrr t0, fflags"))), 200},
      {privilege_confusion, "user mode writes every CSR", machine(text(to_user, for_each_csr("csrrw t0, fflags, t0"))),
       200},
      {privilege_confusion, "supervisor mode changes bits of every CSR",
       machine(text(to_supervisor, for_each_csr("csrrs t0, fflags, s11"))), 200},
      {privilege_confusion, "user mode returns, waits and fences",
       machine(text(to_user, "again: mret; sret; wfi; sfence.vma; fence.i; ebreak; ecall; addi s11, s11, 1; j again")),
       50},
      {privilege_confusion, "supervisor mode under TVM, TW and TSR",
       machine(
           text("li t0, 7 << 20; csrs mstatus, t0\n",
                text(to_supervisor, "again: csrr t0, satp; csrw satp, t0; sfence.vma; wfi; sret; mret; add a0, a0, t0\n"
                                    "addi s11, s11, 1; j again"))),
       50},
      {privilege_confusion, "user mode reads and writes what is the supervisor's",
       supervisor("li t0, 0x200000df; sd t0, 32(s0); li t0, 1 << 8; csrc sstatus, t0; la t0, user; li t1, 0x80000000\n"
                  "add t0, t0, t1; csrw sepc, t0; sret\n"
                  ".align 2\nuser: ld t0, 0(s7); sd t0, 0(s7); lw t0, 0(s2); add a0, a0, t0; amoadd.d t0, t0, (s7)\n"
                  "li t1, 0x10000000; lb t0, 5(t1); sb t0, 0(t1); li t1, 0x2000000; sw t1, 0(t1); jalr s7\n"
                  "addi s11, s11, 1; j user"),
       20},

      {paravirtual_shortcut, "prints from everywhere and of any length", kernel(R"(
        restart: la s0, list
        again: li a7, 0x0868766b; li a6, 2; ld a0, 0(s0); ld a1, 8(s0); addi s0, s0, 16; beqz a1, restart; call ask; j again
        .align 3
        list: .dword 0x80000000, 4096, 0x80000000, 4097, 0x8003ffff, 1, 0x8003ffff, 2, 0x80040000, 1, 0x7fffffff, 2
              .dword 0xffffffffffffffff, 2, 0x80000000, 0xffffffffffffffff, 0x10000000, 8, 0, 1, 0x1000, 4096
              .dword 0x8000000080000000, 16, 0x8003f000, 0x8000000000001000, 0, 0
      )"),
       20, 0, device::form::paravirtual, true},
      {paravirtual_shortcut, "calls of every extension and function, with wild arguments", kernel(R"(
        li s1, 1; li s2, 0x10
        restart: la s0, list
        again: ld a7, 0(s0); addi s0, s0, 8; bltz a7, restart; andi a6, s11, 7; slli s1, s1, 1; addi s1, s1, 1
          mv a0, s1; not a1, s1; mv a2, s1; slli a3, s1, 12; li a4, -1; call ask; j again
        .align 3
        list: .dword 0x10, 0x54494d45, 0x735049, 0x52464e43, 0x48534d, 0, 1, 2, 3, 4, 5, 6, 7, 0x4442434e, 0x100000010, -1
      )"),
       20, 0, device::form::paravirtual, true},
      {paravirtual_shortcut, "fences of ranges that wrap", kernel(R"(
        again: li a7, 0x52464e43; andi a6, s11, 7; li a0, 1; slli a0, a0, 63; srai a0, a0, 63; li a1, -1; li a2, -4096
          li a3, 0x2000; add a3, a3, s11; li a4, -1; call ask; li a7, 0x52464e43; li a6, 1; li a0, 1; li a1, 0; li a2, 1
          li a3, -1; call ask; j again
      )"),
       50, 0, device::form::paravirtual, true},
      {paravirtual_shortcut, "user mode calls the VMM", kernel(R"(
        la t0, user; csrw sepc, t0; li t0, 1 << 8; csrc sstatus, t0; sret
        .align 2
        user: li a7, 0x0868766b; li a6, 4; li a0, 7; call ask; li a7, 1; li a0, 'x'; call ask; li a7, 8; call ask; j user
      )"),
       50, 0, device::form::paravirtual, true},
      {paravirtual_shortcut, "timers for never, for the past and for now", kernel(R"(
        again: li a7, 0x54494d45; li a6, 0; li a0, 0; call ask; li a7, 0x54494d45; li a0, -1; call ask
          li a7, 0; csrr a0, time; call ask; csrr t0, sip; add s5, s5, t0; j again
      )"),
       50, 0, device::form::paravirtual, true},
  };
}

[[nodiscard]] inline std::vector<program> trap_programs() {
  using enum bug_class;
  using namespace detail;
  return {
      {truncated_pc, "jumps into nowhere, everywhere",
       machine("li s0, 1\nagain: jalr s0; slli s0, s0, 1; addi s0, s0, 2; addi s11, s11, 1; bnez s0, again; li s0, 1\n"
               "j again"),
       50},
      {truncated_pc, "returns to addresses that are not canonical", machine(R"(
        li t0, -1; csrw pmpaddr0, t0; li t0, 0x1f; csrw pmpcfg0, t0
        restart: la s0, list
        again: ld t0, 0(s0); addi s0, s0, 8; beqz t0, restart; addi s11, s11, 1; csrw mepc, t0; csrr t1, mepc; add a0, a0, t1
          la ra, again; la t1, again; csrw sepc, t1; li t0, 3 << 11; csrs mstatus, t0; mret
        .align 3
        list: .dword 0x8000000080000000, 0x4000000000, 0xffffffffffffffff, 0xfffffffffffffffe, 0x180000000, 1, 3, 0
      )"),
       50},
      {truncated_pc, "runs over the end of memory",
       "li s11, 1; li t0, 0x8003fff0; li t1, 0x00010001; sw t1, 0(t0); sw t1, 4(t0); sw t1, 8(t0); sw t1, 12(t0)\njr "
       "t0"},
      {truncated_pc, "an instruction half in a page that is not there", supervisor(R"(
        li s9, 0xc0001ffe; li s10, 0x80014ffe; li t1, 0x0513; sh t1, 0(s10); li a2, 0x20004ccf
        again: sd zero, 16(s2); la ra, here; jr s9
        here: sd a2, 16(s2); li t1, 0x00008067; li t2, 0x80013000; sh zero, 0(t2); sw t1, 2(t2); fence.i; la ra, there; jr s9
        there: addi s11, s11, 1; j again)"),
       20},
      {truncated_pc, "vectors with low bits set", machine(R"(
        again: la t0, trap; addi t0, t0, 2; csrw mtvec, t0; csrr t1, mtvec; add a0, a0, t1; la t0, trap; csrw mtvec, t0
          li t0, -1; csrw stvec, t0; csrr t1, stvec; add a0, a0, t1; csrw sepc, t0; csrr t1, sepc; add a0, a0, t1
          ecall; addi s11, s11, 1; j again)"),
       50},

      {injected_event, "has no trap vector", "li s11, 1; li t0, 0x123456789000; csrw mtvec, t0; ecall"},
      {injected_event, "a trap vector whose page is not there",
       supervisor("li t0, 0xf0000000; csrw stvec, t0; li s11, 1; ebreak; again: ld t0, 0(s7); j again", R"(
        .align 2
        trap: addi s11, s11, 1; li t5, 0x100f; csrs medeleg, t5; csrr t6, mepc; addi t6, t6, 4; csrw mepc, t6; mret)")},
      {injected_event, "delegated page faults whose handler faults too",
       machine(
           "li t0, 0xb000; csrs medeleg, t0; li t0, 0xd0000000; csrw stvec, t0; li s0, 0x80010000; li t0, 0x200000cf\n"
           "sd t0, 16(s0); li t0, 0x8000000000080010; csrw satp, t0\n" +
           text(to_supervisor, "li s11, 1; ld t0, 0(zero); end: j end"))},
      {injected_event, "an interrupt each few instructions, by vectors", R"(
        la t0, vectors; addi t0, t0, 1; csrw mtvec, t0; li s0, 0x2004000; li t0, 0x88; csrw mie, t0; csrsi mstatus, 8
        li s1, 0x2000000
        again: addi a0, a0, 1; li t0, 1; sw t0, 0(s1); addi a0, a0, 1; addi a0, a0, 1; j again
        .align 8
        vectors: j other; nop; nop; j software; nop; nop; nop; j timer
        software: sw zero, 0(s1); addi s11, s11, 1; mret
        timer: rdtime t1; addi t1, t1, 3; sd t1, 0(s0); addi a1, a1, 1; mret
        other: j other)",
       50},
      {injected_event, "page faults in the middle of an instruction's two pages", supervisor(R"(
        li s9, 0xc0000ffc
        again: sd zero, 8(s2); sd s11, 0(s9); ld t0, 0(s9); sd s6, 8(s2); sd zero, 0(s2); sd s11, 0(s9); sd s5, 0(s2)
          sd s11, 0(s9); ld t0, 0(s9); add a0, a0, t0; addi s11, s11, 1; j again)"),
       100},
      {injected_event, "an interrupt that is due where an exception is, too", R"(
        la t0, trap; csrw mtvec, t0; li s1, 0x2000000; li s2, 1; li t0, 8; csrw mie, t0; csrsi mstatus, 8
        again: sw s2, 0(s1); ecall; sw s2, 0(s1); csrr t0, 0x5ff; ld t0, 0(zero); addi s11, s11, 1; j again
        .align 2
        trap: csrr t6, mcause; add a0, a0, t6; sw zero, 0(s1); bltz t6, back; csrr t6, mepc; addi t6, t6, 4
          csrw mepc, t6
        back: mret)",
       50},
      {injected_event, "a trap between a reservation and the store on it", R"(
        la t0, trap; csrw mtvec, t0; la s0, word; li s11, 0
        again: lr.d t0, (s0); ecall; addi s11, s11, 1; j again
        .align 2
        trap: sc.d t1, s11, (s0); add a0, a0, t1; csrr t0, mepc; addi t0, t0, 4; csrw mepc, t0; mret
        .align 3
        word: .dword 0)",
       100},

      {interrupt_delivery, "arms and disarms its timer while it is masked", machine(R"(
        li s0, 0x2004000; li t0, 0x80; csrw mie, t0; li s1, -1
        again: rdtime t0; sd t0, 0(s0); csrr t1, mip; add a0, a0, t1; sd s1, 0(s0); csrr t1, mip; add a0, a0, t1
          csrsi mstatus, 8; csrci mstatus, 8; addi s11, s11, 1; j again)"),
       100},
      {interrupt_delivery, "one that is raised and lowered around its unmasking", R"(
        la t0, trap; csrw mtvec, t0; li s0, 0x2000000; li s1, 1; li t0, 8; csrw mie, t0
        again: sw s1, 0(s0); csrsi mstatus, 8; csrci mstatus, 8; sw s1, 0(s0); sw zero, 0(s0); csrsi mstatus, 8
          csrci mstatus, 8; addi s11, s11, 1; j again
        .align 2
        trap: addi a0, a0, 1; sw zero, 0(s0); mret)",
       50},
      {interrupt_delivery, "delegated ones to a supervisor that masks and unmasks",
       supervisor(R"(
        ecall; la t0, tick; csrw stvec, t0; li t0, 2; csrw sie, t0
        again: csrsi sip, 2; csrsi sstatus, 2; addi s11, s11, 1; csrci sstatus, 2; csrsi sip, 2; csrci sip, 2
          csrsi sstatus, 2; csrci sstatus, 2; j again
        .align 2
        tick: addi a0, a0, 1; csrci sip, 2; sret)",
                  on_ecall("li t5, -1; csrw mideleg, t5")),
       50},
      {interrupt_delivery, "claims without completing, completes without claiming", machine(R"(
        li s0, 0xc000000; li t0, 1; sw t0, 40(s0); li s1, 0xc002000; li t0, 0x400; sw t0, 0(s1); li s2, 0xc200000
        li s3, 0x10000000; li t0, 2; sb t0, 1(s3); li t0, 0x800; csrw mie, t0
        again: lw t0, 4(s2); add a0, a0, t0; lw t1, 4(s2); add a0, a0, t1; li t2, 10; sw t2, 4(s2); sw t2, 4(s2)
          li t2, 1023; sw t2, 4(s2); sb s11, 0(s3); lb t0, 2(s3); addi s11, s11, 1; j again)"),
       50},

      {reachable_stop, "all words that are no instructions", machine(R"(
        la s1, patched; li s2, 0; li s3, 0x12345
        again: sw s2, 0(s1); fence.i
        patched: nop
        li t0, 0x9e3779b1; mul s2, s2, t0; add s2, s2, s3; ori s2, s2, 3; andi s2, s2, -81; sext.w s2, s2
        la s1, patched; li s3, 0x12345; addi s11, s11, 1; j again)"),
       0},
      {reachable_stop, "an illegal instruction at its trap vector",
       "li s11, 1; la t0, trap; csrw mtvec, t0; .word 0\n.align 2\ntrap: .word 0"},
      {reachable_stop, "pokes at every device and hole", machine(R"(
      li s0, 0x101000
      again: ld t1, 0(s0); sd t1, 0(s0); lw t1, 4(s0); sw t1, 4(s0); lbu t1, 1(s0); sb t1, 1(s0); li t2, 0x81004; add s0, s0, t2
        addi s11, s11, 1; li t2, 0x7fffffff; and s0, s0, t2; j again)"),
       50},
      {reachable_stop, "every word to every CSR that machine mode has", machine(R"(
        la s1, patched; lw s2, 0(s1); li s3, 1 << 20; li s4, 1
        again: sw s2, 0(s1); fence.i; slli s4, s4, 1; addi s4, s4, 1; la s1, patched
        patched: csrrw t0, fflags, s4
        la t1, trap; csrw mtvec, t1; add s2, s2, s3; addiw s2, s2, 0; addi s11, s11, 1; j again)"),
       200},
      {reachable_stop, "switches the machine off by words without meaning",
       machine("li s0, 0x100000; again: sw s11, 0(s0); sh s11, 0(s0); sb s11, 0(s0); sd s11, 0(s0); lw t0, 0(s0)\n"
               "addi s11, s11, 1; j again"),
       100},
      {reachable_stop, "breakpoints and calls in every mode",
       supervisor("again: ebreak; ecall; c.ebreak; c.nop; ebreak\n"
                  "addi s11, s11, 1; j again"),
       100},
  };
}

[[nodiscard]] inline std::vector<program> state_programs() {
  using enum bug_class;
  using namespace detail;
  return {
      {host_state_leak, "adds up all of memory, which must be 0 behind its code", machine(R"(
        li s0, 0x80008000; li s1, 0x80040000
        again: ld t0, 0(s0); or a0, a0, t0; addi s0, s0, 8; addi s11, s11, 1; bltu s0, s1, again; li s0, 0x80008000; j again)"),
       1000},
      {host_state_leak, "machine mode reads every CSR", machine(for_each_csr("csrr t0, fflags")), 200},
      {host_state_leak, "looks at all registers as they are at reset",
       "mv s11, zero; or a0, a0, x1; or a0, a0, x2; or a0, a0, x5; or a0, a0, x6; or a0, a0, x31; or a0, a0, x20\n"
       "csrr t0, mscratch; or a0, a0, t0; csrr t0, mepc; or a0, a0, t0; csrr t0, mtval; or a0, a0, t0; li s11, 1\n"
       "li t0, 1 << 13; csrs mstatus, t0; fmv.x.d t0, f0; or a0, a0, t0; fmv.x.d t0, f31; or a0, a0, t0; end: j end"},
      {host_state_leak, "looks at what its floating point makes of FS", machine(R"(
        li s0, 3 << 13; li s1, 1 << 13
        again: csrc mstatus, s0; fadd.d f1, f2, f3; csrs mstatus, s1; csrr t0, mstatus; add a0, a0, t0
          fcvt.d.l f1, s11; csrr t0, mstatus; add a0, a0, t0; frflags t0; fdiv.d f1, f1, f2; csrr t0, mstatus
          add a0, a0, t0; addi s11, s11, 1; j again)"),
       100},
      {host_state_leak, "looks at what a failed request left in its buffer",
       driver("li t0, 100; sd t0, 8(s4)\n" + block_request(buffer, 512) +
              "again: call kick; li t2, 64; mv t1, s5; each: ld t0, 0(t1); or a0, a0, t0; addi t1, t1, 8; addi t2, t2, "
              "-1\n"
              "bnez t2, each; j again"),
       10},
      {host_state_leak, "reads all registers of its devices", machine(R"(
        li s0, 0x10001000; li s1, 0x10009000
        again: lw t0, 0(s0); add a0, a0, t0; slli a0, a0, 1; addi s0, s0, 4; addi s11, s11, 1; bltu s0, s1, again
          li s0, 0x10001000; j again)"),
       500},

      {unchecked_policy, "rewrites what it runs", R"(
      li s11, 0; la s0, here; li s1, 0x00150513; li s2, 0x00158593
      again: sw s1, 0(s0); addi s11, s11, 1
      here: addi a0, a0, 0; sw s2, 8(s0); nop; la s0, here; xor s1, s1, s2; xor s2, s1, s2; xor s1, s1, s2; j again)",
       100},
      {unchecked_policy, "rewrites code through another address", supervisor(R"(
        li s9, 0x80013000; li t0, 0x00150513; sw t0, 0(s9); li t0, 0x00008067; sw t0, 4(s9); li s10, 0x00250513
        again: jalr s9; jalr s7; sw s10, 0(s7); jalr s9; jalr s7; xor t1, s10, s11; andi t1, t1, 1; slli t1, t1, 20
          xor s10, s10, t1; addi s11, s11, 1; j again)"),
       100},
      {unchecked_policy, "runs its page tables", supervisor(R"(
        li t0, 0x200048cf; sd t0, 16(s2); li s9, 0xc0002000; li t0, 0x00008067; sd t0, 1024(s2); addi s9, s9, 1024
        again: jalr s9; sd s6, 0(s2); ld t0, 0(s7); add a0, a0, t0; sd s5, 0(s2); addi s11, s11, 1; j again)"),
       100},
      {unchecked_policy, "closes protection on itself",
       "li s11, 1; li t0, -1; csrw pmpaddr0, t0; li t0, 0x98; csrw pmpcfg0, t0; nop; nop"},
      {unchecked_policy, "changes its protection all the time", machine(R"(
      again: addi s11, s11, 1; csrw pmpaddr3, s11; slli t0, s11, 27; csrw pmpcfg0, t0; ld t1, 0(ra); j again)"),
       50},
      {unchecked_policy, "writes over all of memory, itself included", machine(R"(
        li s0, 0x80001000
        again: sd s0, 0(s0); addi s0, s0, 8; addi s11, s11, 1; j again)"),
       1000},
      {unchecked_policy, "writes over the tables it runs by",
       supervisor("again: addi s11, s11, 1; sd s6, 0(s0); sd s6, 8(s0); sd s6, 16(s0); ecall; j again"), 1},
  };
}

} // namespace hvkit::tests::hostile
