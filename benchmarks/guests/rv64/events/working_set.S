/* SPDX-License-Identifier: BSL-1.0 */
/* Decides what the guest `working_set` does: it reads one word of each of 400 pages, over and over: more than the
   TLBs of most machines hold. */
#include "events.inc"
        .equ    first, 0x80050000
        .equ    last, first + 400 * 4096
run:    li      a0, EVENTS
        li      t0, first
        li      t1, last
        li      t3, 4096
1:      ld      t2, 0(t0)
        add     t0, t0, t3
        bne     t0, t1, 2f
        li      t0, first
2:      addi    a0, a0, -1
        bnez    a0, 1b
        ret
