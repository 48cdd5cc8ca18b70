/* SPDX-License-Identifier: BSL-1.0 */
/* Decides what the guest `sum_toggle` does: it permits access to user pages, touches memory, and forbids it again, as
   a kernel does around each copy from or to a user. */
#include "events.inc"
        .equ    sum, 1 << 18
run:    li      a0, EVENTS
        li      t0, sum
        la      t1, expected
1:      csrs    sstatus, t0
        ld      t2, 0(t1)
        csrc    sstatus, t0
        addi    a0, a0, -1
        bnez    a0, 1b
        ret
