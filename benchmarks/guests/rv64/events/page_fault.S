/* SPDX-License-Identifier: BSL-1.0 */
/* Decides what the guest `page_fault` does: it takes a page away, reads it, and its handler maps it and tries again. */
#include "events.inc"
run:    li      a0, EVENTS
        li      t0, 0x80100000
        la      t1, leaf_tables + 0x100 * 8     /* that page's entry */
        ld      t3, 0(t1)
1:      sd      zero, 0(t1)
        sfence.vma t0, zero
        ld      t2, 0(t0)
        addi    a0, a0, -1
        bnez    a0, 1b
        ret
        .global supervisor_trap
        .balign 4
supervisor_trap:
        sd      t3, 0(t1)
        sret
