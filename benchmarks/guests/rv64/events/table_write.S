/* SPDX-License-Identifier: BSL-1.0 */
/* Decides what the guest `table_write` does: it takes a page's right to be written or gives it back, and reads it. */
#include "events.inc"
run:    li      a0, EVENTS / 2
        li      t0, 0x80100000
        la      t1, leaf_tables + 0x100 * 8     /* that page's entry */
        ld      t3, 0(t1)
        andi    t4, t3, ~4                      /* W */
1:      sd      t4, 0(t1)
        sfence.vma t0, zero
        ld      t2, 0(t0)
        sd      t3, 0(t1)
        sfence.vma t0, zero
        ld      t2, 0(t0)
        addi    a0, a0, -1
        bnez    a0, 1b
        ret
