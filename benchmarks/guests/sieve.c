/* SPDX-License-Identifier: BSL-1.0 */
/* Decides what the guest `sieve` does: the sieve of Eratosthenes over bytes. Branches and stores at growing steps. */
#include "guest.inc"

enum { limit = 32768 };
static u8 composite[limit];

const u64 expected = 3512; /* the number of primes below `limit` */

u64 run(void) {
  for (u32 i = 0; i < limit; ++i)
    composite[i] = 0;
  u64 primes = 0;
  for (u32 i = 2; i < limit; ++i) {
    if (composite[i])
      continue;
    ++primes;
    for (u32 multiple = i + i; multiple < limit; multiple += i)
      composite[multiple] = 1;
  }
  return primes;
}
