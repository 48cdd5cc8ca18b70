# SPDX-License-Identifier: BSL-1.0
# Masks interrupts by popf and then takes its time. Says whether it was interrupted all the same, and waits for ever.
old:    .word 0, 0, 0, 0
new:    .word 0, handler, 0, 0x10000
start:  li   r1, 1
        ssm  r1                       # accept interrupts
        li   r2, 20
        spt  r2                       # the timer asks in 20 instructions
        popf r0                       # accept none
        li   r2, 100
        li   r3, -1
work:   add  r2, r2, r3
        c    r2, r0
        bne  work
        la   r4, safe(r0)
        b    say
handler: la  r4, broken(r0)
say:    ic   r1, 0(r4)
        c    r1, r0
        be   end
        sio  r1
        la   r4, 1(r4)
        b    say
end:    spt  r0                       # no interrupt will come
        idle
safe:   .asciz "not interrupted\n"
broken: .asciz "interrupted\n"
