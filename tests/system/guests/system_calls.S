// SPDX-License-Identifier: BSL-1.0
// Prints and ends by system calls through tohost, as programs with a C library do.
#include "test.inc"
        .section .text.init
        .globl _start
_start: la      s1, tohost
        la      s2, fromhost
        la      s3, write
        jal     call
        ld      t0, 0(s3)               // the result is the number of bytes
        li      t1, 14
        bne     t0, t1, failed
        la      s3, unknown
        jal     call
        ld      t0, 0(s3)
        li      t1, -38                 // ENOSYS
        bne     t0, t1, failed
failed: la      s3, exit
        andi    t0, t0, 0xff            // 218, unless a call went wrong
        sd      t0, 8(s3)
        jal     call

call:   sd      s3, 0(s1)
wait:   ld      t0, 0(s2)
        beqz    t0, wait
        sd      zero, 0(s2)
        ret

        .data
        .align 3
write:  .dword 64, 1, text, 14
unknown:.dword 1234, 0, 0, 0
exit:   .dword 93, 0, 0, 0
text:   .ascii "By a call ...\n"
