// SPDX-License-Identifier: BSL-1.0
// A test like riscv-arch-test's: computes a few words, leaves them as its signature, passes.
#include "test.inc"
        .section .text.init
        .globl _start
_start: la      x2, begin_signature
        li      x3, 0x12345678
        li      x4, -2
        add     x5, x3, x4
        sw      x5, 0(x2)
        mulhu   x6, x3, x4
        sw      x6, 4(x2)
        amoadd.w x7, x5, (x2)
        sw      x7, 8(x2)
        div     x8, x4, zero
        sd      x8, 16(x2)
        csrr    x9, misa
        srli    x9, x9, 62
        sw      x9, 24(x2)
        PASS

        SIGNATURE_BEGIN
        .fill 8, 4, 0xdeadbeef
        SIGNATURE_END
