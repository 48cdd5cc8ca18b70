/* SPDX-License-Identifier: BSL-1.0 */
/* Decides what the guest `sha256` does: the SHA-256 digest of 8 KiB. Rotations and long straight-line code.
   Source: FIPS 180-4, "SHA-224 and SHA-256". */
#include "guest.inc"

enum { length = 8192 };
static u8 message[length + 64];
static u32 round_constant[64];

/* The first eight bytes of the digest of the bytes 0 to 255, over and over. */
const u64 expected = 0xdc404a613fedaeb5ull;

static u32 rotate(u32 x, unsigned n) { return x >> n | x << (32 - n); }

/* The first 32 bits of the fraction of p's root (2: square, 3: cube): the largest x with x^k <= p * 2^(32k). */
static u32 root_fraction(u32 p, unsigned k) {
  const unsigned __int128 bound = (unsigned __int128)p << (32 * k);
  u64 low = 0, high = 1ull << 37;
  while (low + 1 < high) {
    const u64 x = low + (high - low) / 2;
    const unsigned __int128 square = (unsigned __int128)x * x;
    if ((k == 2 ? square : square * x) <= bound)
      low = x;
    else
      high = x;
  }
  return (u32)low;
}

static void block(u32 state[8], const u8 *bytes) {
  u32 w[64];
  for (unsigned t = 0; t < 16; ++t)
    w[t] = (u32)bytes[4 * t] << 24 | (u32)bytes[4 * t + 1] << 16 | (u32)bytes[4 * t + 2] << 8 | bytes[4 * t + 3];
  for (unsigned t = 16; t < 64; ++t) {
    const u32 s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ w[t - 15] >> 3;
    const u32 s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ w[t - 2] >> 10;
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
  u32 a = state[0], b = state[1], c = state[2], d = state[3];
  u32 e = state[4], f = state[5], g = state[6], h = state[7];
  for (unsigned t = 0; t < 64; ++t) {
    const u32 t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + round_constant[t] + w[t];
    const u32 t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

u64 run(void) {
  static u32 initial[8];
  if (round_constant[0] == 0)
    for (u32 p = 2, count = 0; count < 64; ++p) {
      u32 divisor = 2;
      while (p % divisor != 0)
        ++divisor;
      if (divisor != p)
        continue;
      if (count < 8)
        initial[count] = root_fraction(p, 2);
      round_constant[count++] = root_fraction(p, 3);
    }
  for (u32 i = 0; i < length; ++i)
    message[i] = (u8)i;
  message[length] = 0x80; /* then zeros, and the length in bits */
  for (unsigned i = 0; i < 8; ++i)
    message[length + 56 + i] = (u8)((u64)length * 8 >> (56 - 8 * i));
  u32 state[8];
  for (unsigned i = 0; i < 8; ++i)
    state[i] = initial[i];
  for (u32 at = 0; at < length + 64; at += 64)
    block(state, message + at);
  return (u64)state[0] << 32 | state[1];
}
