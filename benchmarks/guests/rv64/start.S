/* SPDX-License-Identifier: BSL-1.0 */
/* Decides how a benchmark guest starts and ends: in machine mode, or in supervisor mode under Sv39 with 4 KiB pages
   mapped onto themselves. `run` is called as often as the word at 8 says; then the machine is powered off.
   The image lies in memory that is zero elsewhere, so .bss needs no care. */

        .section .text.start, "ax"
        .global start, machine_trap, supervisor_trap, root, leaf_tables
        .equ    finisher, 0x100000
        .equ    passed, 0x5555
        .equ    failed, 0x3333
        .equ    ram, 0x80000000
        .equ    rw_a_d, 0xc7                    /* PTE: V R W A D; X is added for memory */
        .equ    x_bit, 8

start:  j       begin
        .balign 8
rounds: .dword  1                               /* at 8: written by whoever starts the guest */
paged:  .dword  0                               /* at 16: 1 asks for Sv39 */

begin:  la      sp, stack_end
        la      t0, machine_trap
        csrw    mtvec, t0
        ld      t0, paged
        beqz    t0, body

        call    make_tables
        li      t0, -1                          /* PMP: supervisor mode may touch everything */
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        la      t0, root
        srli    t0, t0, 12
        li      t1, 8 << 60
        or      t0, t0, t1
        csrw    satp, t0
        sfence.vma
        li      t0, 0xb100                      /* page faults go to supervisor mode */
        csrw    medeleg, t0
        li      t0, 0x222                       /* and supervisor interrupts */
        csrw    mideleg, t0
        la      t0, supervisor_trap
        csrw    stvec, t0
        li      t0, 0x1800
        csrc    mstatus, t0
        li      t0, 0x0800                      /* MPP: supervisor */
        csrs    mstatus, t0
        la      t0, body
        csrw    mepc, t0
        mret

body:   ld      s0, rounds
        ld      s1, expected
again:  call    run
        bne     a0, s1, wrong
        addi    s0, s0, -1
        bnez    s0, again
        li      t1, passed
        j       end
wrong:  li      t1, 1 << 16 | failed
end:    li      t0, finisher
        sw      t1, 0(t0)
stop:   j       stop

        /* A trap that no guest expects ends it; a guest that expects some defines these symbols itself. */
        .weak   machine_trap, supervisor_trap
        .balign 4
machine_trap:
supervisor_trap:
        li      t1, 2 << 16 | failed
        j       end

/* root -> middle tables -> leaf tables. Each page of 2 MiB of memory, and the pages of three devices. */
        .macro  point table, index, to          /* a pointer to the next level */
        la      t0, \to
        srli    t0, t0, 2
        ori     t0, t0, 1
        la      t1, \table + \index * 8
        sd      t0, 0(t1)
        .endm
make_tables:
        point   root, 2, middle_ram
        point   middle_ram, 0, leaf_tables
        point   root, 0, middle_low
        point   middle_low, 0, leaf_low
        point   middle_low, 128, leaf_uart      /* 0x10000000 */
        la      t0, leaf_tables
        li      t1, ram >> 2 | rw_a_d | x_bit
        li      t2, 512
page:   sd      t1, 0(t0)
        addi    t0, t0, 8
        addi    t1, t1, 0x400
        addi    t2, t2, -1
        bnez    t2, page
        la      t0, leaf_low + (finisher >> 12) * 8
        li      t1, finisher >> 2 | rw_a_d
        sd      t1, 0(t0)
        la      t0, leaf_uart
        li      t1, 0x10000000 >> 2 | rw_a_d
        sd      t1, 0(t0)
        ret

        .bss
        .balign 4096
root:   .zero   4096
middle_ram: .zero 4096
middle_low: .zero 4096
leaf_tables: .zero 4096
leaf_low: .zero 4096
leaf_uart: .zero 4096
        .zero   65536
stack_end:
