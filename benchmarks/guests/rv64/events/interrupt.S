/* SPDX-License-Identifier: BSL-1.0 */
/* Decides what the guest `interrupt` does: it makes a software interrupt pending, takes it at once, and its handler
   clears it. */
#include "events.inc"
        .equ    software, 2                     /* SSIP of sip and SSIE of sie; SIE of sstatus is the same bit */
run:    li      a0, EVENTS
        csrsi   sie, software
        csrsi   sstatus, software
1:      csrsi   sip, software
        addi    a0, a0, -1
        bnez    a0, 1b
        csrci   sstatus, software
        ret
        .global supervisor_trap
        .balign 4
supervisor_trap:
        csrci   sip, software
        sret
