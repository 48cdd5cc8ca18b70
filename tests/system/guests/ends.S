// SPDX-License-Identifier: BSL-1.0
// A guest that goes astray or ends oddly, in the way that the macro END says: each must leave the host unharmed.
        .section .text.init
        .globl _start
_start:
#if END == 1                        // jumps into nowhere; the handler is nowhere, too
        li      t0, 0x40000000
        csrw    mtvec, t0
        jr      t0
#elif END == 2                      // spins
        j       _start
#elif END == 3                      // waits for an interrupt that is not enabled
        wfi
        j       _start
#elif END == 4                      // overwrites the page tables it runs on
        li      t0, -1
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
inside: la      t0, root
        li      t1, 512
clear:  sd      t1, 0(t0)
        sfence.vma
        addi    t0, t0, 8
        j       clear
        .align 12
root:   .dword 0, 0
        .dword 0x80000000 >> 2 | 0xcf
        .fill 509, 8, 0
#elif END == 5                      // wipes all memory, itself included
        li      t0, 0x80000000
wipe:   sd      zero, 0x7f0(t0)
        addi    t0, t0, 8
        j       wipe
#elif END == 6                      // powers off with an exit code of its own
        li      t0, 0x100000
        li      t1, 42 << 16 | 0x3333
        sw      t1, 0(t0)
        j       _start
#elif END == 7                      // asks to be started again
        li      t0, 0x100000
        li      t1, 0x7777
        sw      t1, 0(t0)
        j       _start
#endif
