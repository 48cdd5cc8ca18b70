// SPDX-License-Identifier: BSL-1.0
// Decides which guests attack by their page tables and their protection, and by what the VMM keeps of both.
#pragma once

#include "support/hostile/program.hpp"

namespace hvkit::tests::hostile {

[[nodiscard]] inline std::vector<program> exhausting_programs() {
  using enum bug_class;
  return {
      {endless_work, "has a trap vector at zero", "ecall", 0},
      {endless_work, "faults in its handler", "la t0, again; csrw mtvec, t0; .align 2\nagain: ld t1, 0(zero); j again",
       0},
      {endless_work, "jumps to itself while interrupts wait",
       "li t0, 0x888; csrw mie, t0; li t0, 0x2000000; li t1, 1; sw t1, 0(t0); csrci mstatus, 8; li s11, 1; end: j end"},
      {endless_work, "an interrupt that its handler leaves up", R"(
        la t0, trap; csrw mtvec, t0; li t0, 8; csrw mie, t0; li t0, 0x2000000; li t1, 1; sw t1, 0(t0); csrsi mstatus, 8
        end: j end
        .align 2
        trap: addi s11, s11, 1; mret)"},
      {endless_work, "tries for ever to store to its own tables conditionally", supervisor(R"(
        again: lr.d t0, (s2); ld t1, 0(s7); sc.d t2, s5, (s2); addi s11, s11, 1; bnez t2, again; j again)"),
       10},
      {endless_work, "an access across two pages of which its handler maps one at a time",
       supervisor("sd zero, 8(s2); li t1, 0xc0000ffc; again: ld t0, 0(t1); j again", R"(
        .align 2
        trap: addi s11, s11, 1; ld t5, 0(s2); sd zero, 0(s2); sd s6, 8(s2); beqz t5, first; mret
        first: sd s5, 0(s2); sd zero, 8(s2); mret)"),
       10},
      {endless_work, "waits for ever", "li s11, 1; csrw mie, zero; again: wfi; j again"},
      {endless_work, "waits for what never comes",
       "li s11, 1; li t0, 0x888; csrw mie, t0; li t1, 0x2004000; li t0, -1; sd t0, 0(t1); again: wfi; j again"},

      {unbounded_memory, "prints without end",
       machine("li s0, 0x10000000; again: sb s11, 0(s0); addi s11, s11, 1; j again"), 100},
      {unbounded_memory, "a fence of each address space there is", supervisor(R"(
        again: sfence.vma zero, s11; sfence.vma s7, s11; addi s11, s11, 1; li t0, 4096; add s7, s7, t0; j again)"),
       100},
      {unbounded_memory, "code everywhere", machine(R"(
        li s0, 0x80002000; li s1, 0x80040000; li s2, 0x00008067
        again: sw s2, 0(s0); jalr s0; addi s0, s0, 4; addi s11, s11, 1; bltu s0, s1, again; li s0, 0x80002000; j again)"),
       100},
      {unbounded_memory, "a store to a table and a walk, without end", supervisor(R"(
        again: sd s6, 0(s2); ld t0, 0(s7); sd s5, 0(s2); ld t1, 0(s7); add a0, a0, t0; addi s11, s11, 1; j again)"),
       100},
      {unbounded_memory, "new deadlines without end", machine(R"(
        li s0, 0x2004000; li t0, 0x80; csrw mie, t0
        again: sd s11, 0(s0); addi s11, s11, 1; rdtime t0; addi t0, t0, 100; sd t0, 0(s0); j again)"),
       100},

      {tables_exhausted, "a hundred thousand roots", supervisor(R"(
        again: addi s11, s11, 1; slli t0, s11, 44; xor t0, t0, s8; csrw satp, t0; ld t1, 64(s0); j again)"),
       1000},
      // Every slot of the root leads to the same two tables: 512 x 512 leaf tables by three frames.
      {tables_exhausted, "a quarter of a million leaf tables in three frames", supervisor(R"(
        li t0, 3; li t1, 512; li t2, 0x20004401; addi s9, s0, 24; fill: sd t2, 0(s9); addi s9, s9, 8; addi t0, t0, 1
        blt t0, t1, fill
        li t0, 0; li t2, 0x20004801; mv s9, s1; fill2: sd t2, 0(s9); addi s9, s9, 8; addi t0, t0, 1; blt t0, t1, fill2
        mv s9, s7; li s10, 1 << 21; li a1, 0x3f << 32
        again: ld t0, 0(s9); add a0, a0, t0; add s9, s9, s10; addi s11, s11, 1; blt s9, a1, again; mv s9, s7; j again)"),
       1000},
      {tables_exhausted, "many roots, each in many contexts", supervisor(R"(
        li s9, 1 << 18; li s10, 1 << 19
        again: addi s11, s11, 1; slli t0, s11, 44; xor t0, t0, s8; csrw satp, t0; ld t1, 0(s7); add a0, a0, t1
          csrs sstatus, s9; ld t1, 0(s7); csrs sstatus, s10; ld t1, 0(s7); csrc sstatus, s9; ld t1, 0(s7)
          csrc sstatus, s10; add a0, a0, t1; j again)"),
       100},
      {tables_exhausted, "each frame of memory is a root", supervisor(R"(
        li t2, 0x200000cf; li a4, 0x80020000; li a5, 0x80040000; li a6, 4096
        fill: sd t2, 16(a4); ld t1, 24(s0); sd t1, 24(a4); add a4, a4, a6; bltu a4, a5, fill
        li a3, 0x8000000000080000
        again: li a2, 0x20; li a1, 0x40; each: or t0, a3, a2; csrw satp, t0; ld t1, 0(s7); add a0, a0, t1
          addi s11, s11, 1; addi a2, a2, 1; blt a2, a1, each; j again)"),
       100},
      {tables_exhausted, "a flood of table entries", supervisor(R"(
        li t0, 0x20004401; sd t0, 24(s0); li s3, 0x80011000; li s4, 0x200000cf; li s5, 0xc0000000
      again: addi s2, s2, 8; slli t1, s2, 52; srli t1, t1, 52; add t0, t1, s3; addi s11, s11, 1
        sd s4, 0(t0); slli t2, t1, 18; add t2, t2, s5; ld t3, 0(t2); amoxor.d t4, s4, (t0); ld t3, 0(t2); j again)"),
       100},
  };
}

/// `change` writes the entry at s2 so that the page is s4's, by s6, and `back` puts s5 back; both by unusual means.
[[nodiscard]] inline program dangling(std::string_view name, const std::string &change, const std::string &back) {
  return {bug_class::dangling_translation, name,
          supervisor("again: " + change + "; ld t0, 0(s7); add a0, a0, t0; sd s11, 8(s7); " + back +
                     "; ld t0, 0(s7); add a0, a0, t0; sd s11, 16(s7); addi s11, s11, 1; j again"),
          100};
}

[[nodiscard]] inline std::vector<program> translation_programs() {
  using enum bug_class;
  return {
      dangling("changes a page's frame, without a fence", "sd s6, 0(s2)", "sd s5, 0(s2)"),
      dangling("changes it by an AMO", "amoswap.d t1, s6, (s2)", "amoswap.d t1, s5, (s2)"),
      dangling("changes it byte by byte", "srli t1, s6, 8; sb t1, 1(s2)", "srli t1, s5, 8; sb t1, 1(s2)"),
      dangling("changes it by a store across two tables", "slli t1, s6, 32; sd t1, -4(s2)",
               "slli t1, s5, 32; sd t1, -4(s2)"),
      dangling("changes it conditionally", "lr.d t1, (s2); sc.d t1, s6, (s2)", "lr.d t1, (s2); sc.d t1, s5, (s2)"),
      dangling("changes it through the page that maps the table",
               "li t1, 0x200048cf; sd t1, 16(s2); li t2, 0xc0002000; sd s6, 0(t2)", "li t2, 0xc0002000; sd s5, 0(t2)"),
      dangling("takes the right to write away and gives it back", "li t1, 0x20004c4b; sd t1, 0(s2); sfence.vma s7",
               "sd s5, 0(s2); sfence.vma zero, zero"),
      dangling("fences the other page, and then all address spaces", "sd s6, 0(s2); li t1, 0xc0001000; sfence.vma t1",
               "sd s5, 0(s2); sfence.vma zero, s11; sfence.vma"),
      dangling("changes the table above", "sd zero, 0(s1); ld t0, 0(s7); li t1, 0x20004801; sd t1, 0(s1); sd s6, 0(s2)",
               "sd zero, 24(s0); ld t0, 0(s7); li t1, 0x20004401; sd t1, 24(s0); sd s5, 0(s2)"),
      {dangling_translation, "changes the second entry by a store that begins in the first", supervisor(R"(
        li s9, 0xc0001000; slli s10, s5, 32; slli a1, s6, 32
        again: sd s10, 4(s2); ld t0, 0(s9); add a0, a0, t0; sd s11, 8(s9); sd a1, 4(s2); ld t0, 0(s9); add a0, a0, t0
          sd s11, 16(s9); addi s11, s11, 1; j again)"),
       100},

      {walk_level, "one table at two levels", supervisor(R"(
        li t0, 0x20004401; sd t0, 16(s1); sd t0, 24(s1); li s9, 0xc0400000
        again: ld t0, 0(s9); ld t1, 16(s9); sd t1, 32(s9); ld t2, 0(s7); add a0, a0, t2; addi s11, s11, 1
        sd s6, 0(s2); ld t2, 0(s7); add a0, a0, t2; sd s5, 0(s2); j again)"),
       100},
      {walk_level, "tables that map themselves", supervisor(R"(
        li t0, 0x20004001; sd t0, 24(s0); li t0, 0x200040cf; sd t0, 32(s0); li s2, 0xc0600000
      again: ld t1, 0(s2); sd t1, 8(s2); addi s2, s2, 2000; sfence.vma; addi s11, s11, 1; j again)"),
       100},
      {walk_level, "pointers at the last level, leaves that are not aligned, bits that are reserved", supervisor(R"(
        restart: la s9, list
        again: ld t0, 0(s9); beqz t0, restart; addi s9, s9, 8; sd t0, 0(s2); ld t1, 0(s7); sd t1, 0(s7); add a0, a0, t1
          sd t0, 0(s1); ld t1, 0(s7); add a0, a0, t1; sd t0, 24(s0); ld t1, 0(s7); add a0, a0, t1
          li t0, 0x20004401; sd t0, 24(s0); li t0, 0x20004801; sd t0, 0(s1); addi s11, s11, 1; j again
        .align 3
        list: .dword 0x20004801, 0x200048c1, 0x20004cc5, 0x20004cc7, 0x20004ccf, 0x200000cf, 0x200004cf, 0x20008011
              .dword 0x20004821, 0x8000000020004ccf, 0x40000000200000cf, 0x10000000200000cf, 0x3ffffffffffcff, 0x20004cff, 0)"),
       50},
      {walk_level, "addresses that are not canonical, and the last one of all", supervisor(R"(
        li t0, 0x200000cf; li s10, 0x800107f8; sd t0, 0(s10); li s10, 0x80010ff8; sd t0, 0(s10)
        restart: la s9, list
        again: ld t0, 0(s9); beqz t0, restart; addi s9, s9, 8; ld t1, 0(t0); sd t1, 0(t0); add a0, a0, t1
          addi s11, s11, 1; j again
        .align 3
        list: .dword 0x3fffffff00, 0x3fc0000000, 0x3ffffffffc, 0x4000000000, 0xffffffc000000000, 0xffffffffc0000000
              .dword 0xfffffffffffffff8, 0xfffffffffffffffc, 0xffffffbfffffffff, 0x8000003fc0000000, 0x40c0000000, 0)"),
       100},
      {walk_level, "walks tables in devices",
       supervisor("li s2, 0x8000000000002000; li s11, 1; csrw satp, s2; nop; nop")},

      {paging_off, "changes its tables with paging off", supervisor(R"(
        again: ld t0, 0(s7); add a0, a0, t0; csrw satp, zero; sd s6, 0(s2); csrw satp, s8; ld t0, 0(s7); add a0, a0, t0
          csrw satp, zero; sd s5, 0(s2); sfence.vma; csrw satp, s8; addi s11, s11, 1; j again)"),
       100},
      {paging_off, "changes its tables in machine mode",
       supervisor("again: ld t0, 0(s7); add a0, a0, t0; ecall; ld t0, 0(s7); add a0, a0, t0; addi s11, s11, 1; j again",
                  on_ecall("ld t5, 0(s2); xor t5, t5, s5; xor t5, t5, s6; sd t5, 0(s2)")),
       100},
      {paging_off, "fences while its tables are off, and for a root that is not in use", supervisor(R"(
        again: csrw satp, zero; ld t0, 0(s7); sd s6, 0(s2); sfence.vma s7; sfence.vma zero, s11; csrw satp, s8
          ld t0, 0(s7); add a0, a0, t0; xor t1, s8, s11; csrw satp, zero; sd s5, 0(s2); sfence.vma s7, s11; csrw satp, s8
          ld t0, 0(s7); add a0, a0, t0; addi s11, s11, 1; j again)"),
       100},
      {paging_off, "modes of satp that there are not", supervisor(R"(
        again: slli t0, s11, 60; li t1, 0x80010; or t0, t0, t1; csrw satp, t0; csrr t1, satp; add a0, a0, t1; ld t2, 0(s7)
          add a0, a0, t2; csrw satp, s8; sd s6, 0(s2); ld t2, 0(s7); add a0, a0, t2; sd s5, 0(s2); addi s11, s11, 1; j again)"),
       100},

      {mixed_sizes, "1 GiB, then 2 MiB, then 4 KiB at one address", supervisor(R"(
        li s9, 0x200000cf; li s10, 0x20004401; li a1, 0x20004801; li s7, 0xc0013000
        again: sd s9, 24(s0); ld t0, 0(s7); sd t0, 64(s7); add a0, a0, t0; sd s10, 24(s0); sd s9, 0(s1); ld t0, 0(s7)
          add a0, a0, t0; sd a1, 0(s1); ld t0, 0(s7); add a0, a0, t0; li t1, 0xc0000000; ld t0, 0(t1); add a0, a0, t0
          addi s11, s11, 1; j again)"),
       100},
      {mixed_sizes, "a large page with tables in it", supervisor(R"(
        li t0, 0x200000cf; sd t0, 32(s0); li s9, 0x100012000
        again: sd s6, 0(s9); ld t0, 0(s7); add a0, a0, t0; sd s11, 64(s9); sd s5, 0(s2); ld t0, 0(s7); add a0, a0, t0
          li t1, 0x100030000; sd t0, 0(t1); sfence.vma; addi s11, s11, 1; j again)"),
       100},
      {mixed_sizes, "a large page with a hole in its protection, now and then",
       supervisor(R"(
        li t0, 0x200000cf; sd t0, 24(s0); li s2, 0xc0014000; li s3, 0xc0013ffc
        again: ecall; ld t0, 0(s2); add a0, a0, t0; ld t0, 0(s3); add a0, a0, t0; sd s11, 0(s3); sd s11, 64(s2)
          addi s11, s11, 1; j again)",
                  on_ecall("li t5, -1; csrw pmpaddr1, t5; li t5, 0x200051ff; csrw pmpaddr0, t5; csrr t6, pmpcfg0\n"
                           "andi t6, t6, 7; li t5, 0x1f18; bnez t6, set; li t5, 0x1f1f; set: csrw pmpcfg0, t5")),
       100},
      {mixed_sizes, "a large page whose small one is downgraded", supervisor(R"(
        li s9, 0xc0000000; li s10, 0x200000cf; li a1, 0x200000c3; li a2, 0x20004801
        again: sd s10, 0(s1); sd s11, 0x200(s9); sd a1, 0(s1); sd s11, 0x200(s9); ld t0, 0x200(s9); add a0, a0, t0
          sd a2, 0(s1); ld t0, 0x200(s9); add a0, a0, t0; addi s11, s11, 1; j again)"),
       100},

      {wrong_context, "changes SUM around stores to a table", supervisor(R"(
        li s9, 1 << 18; li s10, 0x20004cdf
        again: sd s10, 0(s2); ld t0, 0(s7); csrs sstatus, s9; ld t1, 0(s7); add a0, a0, t1; sd s6, 0(s2); csrc sstatus, s9
          ld t0, 0(s7); add a0, a0, t0; sd s10, 0(s2); ld t0, 0(s7); csrs sstatus, s9; sd s11, 8(s7); csrc sstatus, s9
          sd s11, 16(s7); addi s11, s11, 1; j again)"),
       100},
      {wrong_context, "changes MXR around stores to a table", supervisor(R"(
        li s9, 1 << 19; li s10, 0x20004cc9; li a1, 0x200050c9
        again: sd s10, 0(s2); ld t0, 0(s7); csrs sstatus, s9; ld t1, 0(s7); add a0, a0, t1; sd a1, 0(s2); csrc sstatus, s9
          ld t0, 0(s7); csrs sstatus, s9; ld t1, 0(s7); add a0, a0, t1; csrc sstatus, s9; addi s11, s11, 1; j again)"),
       100},
      {wrong_context, "machine mode with another mode's rights", machine(R"(
        li s0, 0x80010000; li t0, 0x200000cf; sd t0, 16(s0); li t0, 0x20004401; sd t0, 24(s0); li s1, 0x80011000
        li t0, 0x20004801; sd t0, 0(s1); li s2, 0x80012000; li s5, 0x20004ccf; li s6, 0x200050df; sd s5, 0(s2)
        li s7, 0xc0000000; li s8, 0x8000000000080010; csrw satp, s8; li t0, -1; csrw pmpaddr0, t0; li t0, 0x1f; csrw pmpcfg0, t0
        li s9, 1 << 17; li s10, 1 << 11; csrs mstatus, s10; li a1, 1 << 12; csrc mstatus, a1
        again: sd s5, 0(s2); csrs mstatus, s9; ld t0, 0(s7); add a0, a0, t0; sd s6, 0(s2); csrc mstatus, s10; ld t0, 0(s7)
          add a0, a0, t0; csrs mstatus, s10; csrc mstatus, s9; sd s6, 0(s2); csrs mstatus, s9; csrc mstatus, s10
          ld t0, 0(s7); add a0, a0, t0; csrs mstatus, s10; csrc mstatus, s9; addi s11, s11, 1; j again)"),
       50},
      {wrong_context, "two roots of one address space, in turn", supervisor(R"(
        li s9, 0x8000000000080015; li t1, 0x80015000; ld t0, 0(s0); sd t0, 0(t1); ld t0, 16(s0); sd t0, 16(t1)
        li t0, 0x20005801; sd t0, 24(t1); li t1, 0x80016000; li t0, 0x200050cf; li t2, 0x20005c01; sd t2, 0(t1)
        li t1, 0x80017000; sd t0, 0(t1)
        again: csrw satp, s9; ld t0, 0(s7); add a0, a0, t0; sd s11, 8(s7); csrw satp, s8; ld t0, 0(s7); add a0, a0, t0
          ld t0, 8(s7); add a0, a0, t0; addi s11, s11, 1; j again)"),
       100},

      {reference_count, "a table at two places, one of which goes", supervisor(R"(
        li s9, 0x20004401; li s10, 0x100000000
        again: sd s9, 32(s0); ld t0, 0(s10); add a0, a0, t0; sd zero, 24(s0); sd s6, 0(s2); ld t0, 0(s10); add a0, a0, t0
          sd s9, 24(s0); ld t0, 0(s7); add a0, a0, t0; sd zero, 32(s0); sd s5, 0(s2); ld t0, 0(s7); add a0, a0, t0
          addi s11, s11, 1; j again)"),
       100},
      {reference_count, "a frame is table, data, code, and table again", supervisor(R"(
        li s9, 0x80015000; li s10, 0x20005401; li a1, 0x00008067; li a2, 0x200000cf; li s7, 0x140000000
        again: sd s10, 40(s0); sd a2, 0(s9); ld t0, 0(s7); add a0, a0, t0; sd zero, 40(s0); sw a1, 0(s9); fence.i
          jalr s9; sd zero, 0(s9); ld t0, 0(s7); addi s11, s11, 1; j again)"),
       100},
      {reference_count, "tables shared by many roots, which come and go", supervisor(R"(
        again: andi t0, s11, 7; slli t0, t0, 44; xor t0, t0, s8; csrw satp, t0; ld t1, 0(s7); add a0, a0, t1
          andi t0, s11, 15; bnez t0, on; sd zero, 0(s1); li t1, 0x20004801; sd t1, 0(s1); sd s6, 0(s2); ld t1, 0(s7)
          add a0, a0, t1; sd s5, 0(s2)
        on: addi s11, s11, 1; j again)"),
       100},
      {reference_count, "a table frees the table through which it was reached", supervisor(R"(
        li t0, 0x20004401; sd t0, 16(s1); li s9, 0xc0400000; li t0, 0x200044cf; sd t0, 24(s2); li s10, 0xc0003000
        again: ld t0, 0(s10); add a0, a0, t0; sd zero, 0(s10); li t0, 0x20004801; sd t0, 0(s1); ld t0, 0(s7)
          add a0, a0, t0; sfence.vma; addi s11, s11, 1; j again)"),
       100},
  };
}

} // namespace hvkit::tests::hostile
