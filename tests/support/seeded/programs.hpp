// SPDX-License-Identifier: BSL-1.0
// Decides the small programs that look for one kind of fault each, where random programs come by it too rarely.
#pragma once

#include <string>

#include "support/torture.hpp"

namespace hvkit::tests::seeded {

struct directed_program {
  const char *name;
  const char *text; ///< of supervisor mode: devices and memory are mapped to themselves by 1 GiB leaves
  bool fences;      ///< behind each change of its tables, in the form that it is about
};

/// s0 is the root, s1 is satp. Slot 3 of the root, 0xc0000000, is by 4 KiB pages: s2 is the last table, whose first
/// entry leads to s3 or s4, which hold 3 and 4. a0 sums up what was found.
inline constexpr const char *translated = R"(
    la t0, trap; csrw mtvec, t0
    li t0, -1; csrw pmpaddr0, t0; li t0, 0x1f; csrw pmpcfg0, t0
    li s0, 0x80010000; li t0, 0xcf; sd t0, 0(s0); li t0, 0x200000cf; sd t0, 16(s0); li t0, 0x20004401; sd t0, 24(s0)
    li t0, 0x80011000; li t1, 0x20004801; sd t1, 0(t0)
    li s2, 0x80012000; li s5, 0x20004ccf; li s6, 0x200050cf; sd s5, 0(s2)
    li s3, 0x80013000; li t0, 3; sd t0, 0(s3); li s4, 0x80014000; li t0, 4; sd t0, 0(s4)
    li s7, 0xc0000000; li s8, 5; li s1, 0x8000500000080010; csrw satp, s1
    la t0, inner; csrw mepc, t0; li t0, 1 << 11; csrs mstatus, t0; mret
  .align 2
  trap: csrr t6, mepc; addi t6, t6, 4; csrw mepc, t6; mret
  .align 2
  inner:
)";

inline constexpr directed_program directed[] = {
    {"fences everything",
     "again: sd s6, 0(s2); sfence.vma; ld t0, 0(s7); add a0, a0, t0\n"
     "sd s5, 0(s2); sfence.vma; ld t0, 0(s7); add a0, a0, t0; j again",
     true},
    {"fences a page",
     "again: sd s6, 0(s2); sfence.vma s7; ld t0, 0(s7); add a0, a0, t0\n"
     "sd s5, 0(s2); sfence.vma s7; ld t0, 0(s7); add a0, a0, t0; j again",
     true},
    {"fences a space",
     "again: sd s6, 0(s2); sfence.vma zero, s8; ld t0, 0(s7); add a0, a0, t0\n"
     "sd s5, 0(s2); sfence.vma zero, s8; ld t0, 0(s7); add a0, a0, t0; j again",
     true},
    {"fences with paging off",
     "again: ld t0, 0(s7); add a0, a0, t0; csrw satp, zero; sd s6, 0(s2); sfence.vma; csrw satp, s1\n"
     "ld t0, 0(s7); add a0, a0, t0; csrw satp, zero; sd s5, 0(s2); sfence.vma; csrw satp, s1; j again",
     true},
    // The frame s9 is written as data, then becomes a table of 2 MiB leaves, and is written again.
    {"makes a table of data",
     "li s9, 0x80015000; li t2, 0x80000000; li s10, 0x20005401; li s11, 0x200000cf\n"
     "again: sd zero, 0(s9); sd s10, 32(s0); sd s11, 0(s9); ld t0, 8(s9); lui t1, 0x40000; slli t1, t1, 2\n"
     "ld t0, 0(t1); add a0, a0, t0; sd zero, 0(s9); ld t0, 0(t1); add a0, a0, t0; sd zero, 32(s0); j again",
     false},
    // One page that may only be executed, one of user mode.
    {"toggles MXR and SUM",
     "li t0, 0x200050c9; sd t0, 8(s2); li t0, 0x200050d7; sd t0, 16(s2); li s9, 0xc0001000; li s10, 0xc0002000\n"
     "li s11, 1 << 19; li t2, 1 << 18\n"
     "again: csrs sstatus, s11; ld t0, 0(s9); add a0, a0, t0; csrc sstatus, s11; ld t0, 0(s9); add a0, a0, s8\n"
     "csrs sstatus, t2; ld t0, 0(s10); add a0, a0, t0; csrc sstatus, t2; ld t0, 0(s10); add a0, a0, s8; j again",
     false},
    {"exits all the time", "again: ecall; sd s6, 0(s2); ld t0, 0(s7); sd s5, 0(s2); csrr t0, sstatus; j again", false},
};

[[nodiscard]] inline torture::program program_of(const directed_program &d) {
  const auto code = torture::assembled(torture::ram, std::string(translated) + d.text);
  return {{code.bytes().begin(), code.bytes().end()}, torture::ram};
}

} // namespace hvkit::tests::seeded
