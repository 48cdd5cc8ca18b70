/* SPDX-License-Identifier: BSL-1.0 */
/* Decides what the guest `matrix` does: products of square matrices of 32-bit integers. Loads and multiplications. */
#include "guest.inc"

enum { n = 48 };
static i32 a[n][n], b[n][n], c[n][n];

const u64 expected = 0xb1b336c44e7d4fe4ull;

u64 run(void) {
  u32 seed = 7;
  for (u32 i = 0; i < n; ++i)
    for (u32 k = 0; k < n; ++k) {
      a[i][k] = (i32)(next_random(&seed) & 0xffff) - 0x8000;
      b[i][k] = (i32)(next_random(&seed) & 0xffff) - 0x8000;
    }
  u64 sum = 0;
  for (u32 i = 0; i < n; ++i)
    for (u32 k = 0; k < n; ++k) {
      u32 dot = 0;
      for (u32 m = 0; m < n; ++m)
        dot += (u32)a[i][m] * (u32)b[m][k];
      c[i][k] = (i32)dot;
      sum = sum * 31 + dot;
    }
  return sum;
}
