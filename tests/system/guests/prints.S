// SPDX-License-Identifier: BSL-1.0
// Prints by HTIF's console and ends by one store of a doubleword, from supervisor mode under Sv39.
#include "test.inc"
        .section .text.init
        .globl _start
_start: li      t0, -1
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        la      t0, root
        srli    t0, t0, 12
        li      t1, 8 << 60
        or      t0, t0, t1
        csrw    satp, t0
        li      t0, 0x1800
        csrc    mstatus, t0
        li      t0, 0x0800
        csrs    mstatus, t0
        la      t0, inside
        csrw    mepc, t0
        mret

inside: la      s0, text
        la      s1, tohost
        la      s2, fromhost
        li      s3, 0x0101000000000000
next:   lbu     t0, 0(s0)
        beqz    t0, done
        or      t0, t0, s3
        sd      t0, 0(s1)
wait:   ld      t1, 0(s2)
        beqz    t1, wait
        sd      zero, 0(s2)
        addi    s0, s0, 1
        j       next
done:   li      t0, 1
        sd      t0, 0(s1)
stop:   j       stop

        .data
text:   .asciz "Printed through tohost.\n"
        .align 12
root:   .dword 0, 0
        .dword 0x80000000 >> 2 | 0xcf   // the third gigabyte onto itself, a leaf with all rights
        .fill 509, 8, 0
