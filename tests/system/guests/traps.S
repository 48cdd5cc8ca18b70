// SPDX-License-Identifier: BSL-1.0
// Takes an ecall from each of M, S and U, and leaves the causes and the modes they came from as its signature.
#include "test.inc"
        .section .text.init
        .globl _start
_start: la      t0, handler
        csrw    mtvec, t0
        la      s0, begin_signature
        li      t0, -1
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        li      s1, 0x1800          // to M, then to S, then to U
        ecall
        li      s1, 0x0800
        jal     enter
        ecall
        li      s1, 0
        jal     enter
        ecall
        .word   0                   // illegal: the handler ends the test
        FAIL(1)

// Goes on after the call in the mode that s1 says. Called in M mode.
enter:  li      t0, 0x1800
        csrc    mstatus, t0
        csrs    mstatus, s1
        csrw    mepc, ra
        mret

        .align 2
handler:
        csrr    t0, mcause
        csrr    t1, mstatus
        srli    t1, t1, 11
        andi    t1, t1, 3
        sw      t0, 0(s0)
        sw      t1, 4(s0)
        addi    s0, s0, 8
        li      t2, 2
        beq     t0, t2, passed
        csrr    t0, mepc
        addi    t0, t0, 4
        jr      t0                  // stay in M mode
passed: PASS

        SIGNATURE_BEGIN
        .fill 8, 4, 0
        SIGNATURE_END
