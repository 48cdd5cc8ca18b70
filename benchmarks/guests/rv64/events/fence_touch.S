/* SPDX-License-Identifier: BSL-1.0 */
/* Decides what the guest `fence_touch` does: it makes a page's translation void and reads the page again. */
#include "events.inc"
run:    li      a0, EVENTS
        li      t0, 0x80100000
1:      sfence.vma t0, zero
        ld      t2, 0(t0)
        addi    a0, a0, -1
        bnez    a0, 1b
        ret
