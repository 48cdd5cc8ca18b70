# SPDX-License-Identifier: BSL-1.0
# A supervisor of the third-generation machine that runs a program in user mode and prints what that asks for; waits for
# ever once the program asks to end.
old:    .word 0, 0, 0, 0
new:    .word 0, call, 0, 0x10000
user:   .word 1, 0, 0x1000, 0x1000    # user mode, at 0 of its own storage
start:  lpsw user(r0)
call:   l    r2, 0(r0)                # the flags of the old PSW: which call it was
        li   r3, 16
        srl  r2, r2, r3
        li   r3, 0x0201
        c    r2, r3
        be   print
        idle
print:  sio  r1
        l    r2, 4(r0)                # on with the next instruction
        la   r2, 4(r2)
        st   r2, 4(r0)
        lpsw 0(r0)

        .space 0x1000 - .
program: la  r4, text - program(r0)
next:   ic   r1, 0(r4)
        li   r3, 0
        c    r1, r3
        be   done
        svc  1
        la   r4, 1(r4)
        b    next
done:   svc  2
text:   .asciz "Hello from user mode.\n"
