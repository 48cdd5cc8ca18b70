// SPDX-License-Identifier: BSL-1.0
// A test whose fifth case fails.
#include "test.inc"
        .section .text.init
        .globl _start
_start: li      t0, 1
        beqz    t0, pass
        FAIL(5)
pass:   PASS
