/* SPDX-License-Identifier: BSL-1.0 */
/* Decides what the guest `context_switch` does: it goes to another address space, with page tables of its own, and
   touches memory there. */
#include "events.inc"
run:    la      t0, root
        la      t1, other
        ld      t2, 16(t1)
        bnez    t2, copied
        li      t2, 512
copy:   ld      t3, 0(t0)
        sd      t3, 0(t1)
        addi    t0, t0, 8
        addi    t1, t1, 8
        addi    t2, t2, -1
        bnez    t2, copy
copied: csrr    t0, satp
        la      t1, other
        srli    t1, t1, 12
        li      t2, 8 << 60 | 1 << 44           /* Sv39, address space 1 */
        or      t1, t1, t2
        la      t3, expected
        li      a0, EVENTS / 2
1:      csrw    satp, t1
        ld      t2, 0(t3)
        csrw    satp, t0
        ld      t2, 0(t3)
        addi    a0, a0, -1
        bnez    a0, 1b
        ret
        .bss
        .balign 4096
other:  .zero   4096
