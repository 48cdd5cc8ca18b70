/* SPDX-License-Identifier: BSL-1.0 */
/* Decides what the guest `coremark_like` does: the four kinds of work that embedded benchmarks mix. A linked list is
   searched, reversed and sorted by merging, small matrices are multiplied, a state machine reads numbers out of text,
   and a CRC of 16 bits ties the results together. */
#include "guest.inc"

enum { nodes = 200, side = 12, text_length = 512 };

struct node {
  struct node *next;
  i32 key;
  u32 value;
};
static struct node pool[nodes];
static short left[side][side], right[side][side];
static i32 product[side][side];
static char text[text_length];

const u64 expected = 0xa155;

/* CRC-16/CCITT, bit by bit. */
static u32 crc(u32 sum, u32 value, unsigned bits) {
  for (unsigned i = 0; i < bits; ++i, value >>= 1) {
    const u32 out = (sum ^ value) & 1;
    sum >>= 1;
    if (out)
      sum ^= 0x8408;
  }
  return sum;
}

static struct node *make_list(u32 *seed) {
  for (u32 i = 0; i < nodes; ++i) {
    pool[i].key = (i32)(next_random(seed) & 0x3ff);
    pool[i].value = i;
    pool[i].next = i + 1 < nodes ? &pool[i + 1] : 0;
  }
  return pool;
}
static struct node *reverse(struct node *list) {
  struct node *done = 0;
  while (list) {
    struct node *next = list->next;
    list->next = done;
    done = list;
    list = next;
  }
  return done;
}
static u32 find(const struct node *list, i32 key) {
  u32 steps = 0;
  for (; list && list->key != key; list = list->next)
    ++steps;
  return steps;
}
static int by_key(const struct node *a, const struct node *b) { return a->key - b->key; }
static int by_value(const struct node *a, const struct node *b) { return (int)a->value - (int)b->value; }

/* Runs of `width` nodes are merged into runs twice as long until there is one. */
static struct node *sort(struct node *list, int (*order)(const struct node *, const struct node *)) {
  for (u32 width = 1;; width *= 2) {
    struct node *rest = list, **end = &list;
    u32 merges = 0;
    while (rest) {
      struct node *a = rest, *b = rest;
      u32 in_a = 0, in_b = width;
      ++merges;
      while (b && in_a < width)
        ++in_a, b = b->next;
      while (in_a || (in_b && b)) {
        struct node *taken;
        if (in_a && (!in_b || !b || order(a, b) <= 0))
          taken = a, a = a->next, --in_a;
        else
          taken = b, b = b->next, --in_b;
        *end = taken;
        end = &taken->next;
      }
      rest = b;
    }
    *end = 0;
    if (merges <= 1)
      return list;
  }
}

static u32 matrix_work(u32 *seed, u32 sum) {
  for (u32 i = 0; i < side; ++i)
    for (u32 k = 0; k < side; ++k) {
      left[i][k] = (short)next_random(seed);
      right[i][k] = (short)(next_random(seed) & 0xff);
    }
  for (u32 i = 0; i < side; ++i)
    for (u32 k = 0; k < side; ++k) {
      i32 dot = 0;
      for (u32 m = 0; m < side; ++m)
        dot += left[i][m] * right[m][k];
      product[i][k] = dot;
      sum = crc(sum, (u32)dot, 16);
    }
  return sum;
}

enum state { between, sign, whole, fraction, exponent, broken, states };

static enum state step(enum state s, char c) {
  const int digit = c >= '0' && c <= '9';
  if (c == ',')
    return between;
  switch (s) {
  case between:
    return digit ? whole : c == '+' || c == '-' ? sign : c == '.' ? fraction : broken;
  case sign:
    return digit ? whole : c == '.' ? fraction : broken;
  case whole:
    return digit ? whole : c == '.' ? fraction : c == 'e' ? exponent : broken;
  case fraction:
    return digit ? fraction : c == 'e' ? exponent : broken;
  case exponent:
    return digit || c == '-' ? exponent : broken;
  default:
    return broken;
  }
}
static u32 text_work(u32 *seed, u32 sum) {
  static const char letters[16] = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ',', ',', '.', '-', 'e', '+'};
  u32 visits[states] = {0, 0, 0, 0, 0, 0};
  for (u32 i = 0; i < text_length; ++i)
    text[i] = letters[next_random(seed) & 15];
  enum state s = between;
  for (u32 i = 0; i < text_length; ++i) {
    s = step(s, text[i]);
    ++visits[s];
  }
  for (u32 i = 0; i < states; ++i)
    sum = crc(sum, visits[i], 16);
  return sum;
}

u64 run(void) {
  u32 seed = 1, sum = 0xffff;
  for (u32 turn = 0; turn < 3; ++turn) {
    struct node *list = make_list(&seed);
    for (i32 key = 0; key < 40; ++key)
      sum = crc(sum, find(list, key * 25), 8);
    list = sort(reverse(list), by_key);
    for (const struct node *at = list; at; at = at->next)
      sum = crc(sum, (u32)at->key, 10);
    list = sort(list, by_value);
    sum = crc(sum, find(list, list->next->key), 8);
    sum = matrix_work(&seed, sum);
    sum = text_work(&seed, sum);
  }
  return sum;
}
