// SPDX-License-Identifier: BSL-1.0
// What conformance tests begin and end with, as in riscv-tests: `tohost` says how the test went.
        .section .tohost, "aw", @progbits
        .align 6
        .globl tohost
tohost: .dword 0
        .align 6
        .globl fromhost
fromhost: .dword 0

// Ends the test as riscv-tests does: by the low half of the word, for ever.
#define END(code)                                                                                                      \
        li      gp, code;                                                                                              \
1:      sw      gp, tohost, t5;                                                                                        \
        sw      zero, tohost + 4, t5;                                                                                  \
        j       1b
#define PASS END(1)
#define FAIL(test) END(((test) << 1) | 1)

#define SIGNATURE_BEGIN                                                                                                \
        .data;                                                                                                         \
        .align 4;                                                                                                      \
        .globl begin_signature;                                                                                        \
begin_signature:
#define SIGNATURE_END                                                                                                  \
        .globl end_signature;                                                                                          \
end_signature:
