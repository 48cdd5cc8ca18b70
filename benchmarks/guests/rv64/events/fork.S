/* SPDX-License-Identifier: BSL-1.0 */
/* Decides what the guest `fork` does: as when a process is copied on write, 50 pages lose their right to be written,
   all translations are made void, each page is written and faults, and the handler gives the right back. An event is
   one page; pages are not copied. */
#include "events.inc"
        .equ    pages, 50
        .equ    first, 0x80100000
run:    li      a0, EVENTS / pages
        li      a1, 4096
        li      a2, 4                           /* W */
again:  la      t1, leaf_tables + 0x100 * 8
        li      t2, pages
1:      ld      t3, 0(t1)
        andi    t3, t3, ~4
        sd      t3, 0(t1)
        addi    t1, t1, 8
        addi    t2, t2, -1
        bnez    t2, 1b
        sfence.vma
        li      t0, first
        li      t2, pages
2:      sd      t2, 0(t0)
        add     t0, t0, a1
        addi    t2, t2, -1
        bnez    t2, 2b
        addi    a0, a0, -1
        bnez    a0, again
        ret
        .global supervisor_trap
        .balign 4
supervisor_trap:
        csrr    t4, stval
        li      t5, first
        sub     t5, t4, t5
        srli    t5, t5, 12
        slli    t5, t5, 3
        la      t6, leaf_tables + 0x100 * 8
        add     t5, t5, t6
        ld      t6, 0(t5)
        or      t6, t6, a2
        sd      t6, 0(t5)
        sfence.vma t4, zero
        sret
