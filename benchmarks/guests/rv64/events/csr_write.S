/* SPDX-License-Identifier: BSL-1.0 */
/* Decides what the guest `csr_write` does: it writes a register that has no further effect. */
#include "events.inc"
run:    li      a0, EVENTS
1:      csrw    sscratch, a0
        addi    a0, a0, -1
        bnez    a0, 1b
        ret
