/* SPDX-License-Identifier: BSL-1.0 */
/* Decides what the guest `ecall` does: a call from supervisor to machine mode and back. */
#include "events.inc"
run:    li      a0, EVENTS
1:      ecall
        addi    a0, a0, -1
        bnez    a0, 1b
        ret
        .global machine_trap
        .balign 4
machine_trap:
        csrr    t0, mepc
        addi    t0, t0, 4
        csrw    mepc, t0
        mret
