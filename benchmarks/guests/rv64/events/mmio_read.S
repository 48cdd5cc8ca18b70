/* SPDX-License-Identifier: BSL-1.0 */
/* Decides what the guest `mmio_read` does: it reads the scratch register of a serial port 16550. */
#include "events.inc"
run:    li      a0, EVENTS
        li      t0, 0x10000000
1:      lbu     t2, 7(t0)
        addi    a0, a0, -1
        bnez    a0, 1b
        ret
