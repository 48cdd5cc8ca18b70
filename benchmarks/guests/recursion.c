/* SPDX-License-Identifier: BSL-1.0 */
/* Decides what the guest `recursion` does: functions that call themselves, and so calls, returns and the stack. */
#include "guest.inc"

/* Of one function gcc would make a loop inside: these two call each other. */
static __attribute__((noinline, noclone)) u64 even(u64 n);
static __attribute__((noinline, noclone)) u64 odd(u64 n) { return n < 2 ? n : even(n - 1) + even(n - 2); }
static __attribute__((noinline, noclone)) u64 even(u64 n) { return n < 2 ? n : odd(n - 1) + odd(n - 2); }

static __attribute__((noinline, noclone)) u64 ackermann(u64 m, u64 n) {
  if (m == 0)
    return n + 1;
  return n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

const u64 expected = 10946 + 125; /* the 21st of Fibonacci's numbers, and Ackermann's of 3 and 4 */

u64 run(void) { return even(21) + ackermann(3, 4); }
