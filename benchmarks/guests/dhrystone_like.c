/* SPDX-License-Identifier: BSL-1.0 */
/* Decides what the guest `dhrystone_like` does: what systems programs do most, in their proportions: assignments of
   records through pointers, comparisons of strings, small functions with few arguments, array cells, enumerations. */
#include "guest.inc"

enum kind { plain, marked, counted, linked };
struct record {
  struct record *next;
  enum kind kind;
  i32 number;
  char name[32];
};

static struct record first, second;
static i32 table[32], grid[16][16];
static i32 total;

const u64 expected = 0xbe8ef84d;

#define apart __attribute__((noinline, noclone))

static apart int compare(const char *a, const char *b) {
  while (*a && *a == *b)
    ++a, ++b;
  return (u8)*a - (u8)*b;
}
static apart void copy(char *to, const char *from) {
  while ((*to++ = *from++))
    ;
}
static apart enum kind next_kind(enum kind k, i32 n) {
  switch (k) {
  case plain:
    return n > 100 ? marked : counted;
  case marked:
    return plain;
  case counted:
    return linked;
  default:
    return n & 1 ? plain : marked;
  }
}
static apart void relink(struct record *r) {
  struct record *other = r->next;
  *other = *r;
  r->number = 5;
  other->number = r->number + total;
  other->next = r->next;
  if (other->kind == plain)
    other->number += 6, other->kind = next_kind(r->kind, other->number);
  else
    *r = *other;
}
static apart void fill(i32 at, i32 value) {
  const i32 place = (at & 7) + 5;
  table[place] = value;
  table[place + 1] = table[place];
  table[place + 10] = place;
  for (i32 i = place; i <= place + 1 && i < 16; ++i)
    grid[place & 15][i] = place;
  grid[(place + 3) & 15][(place - 1) & 15] += 1;
  total += table[place + 10];
}
static apart i32 weigh(const char *a, const char *b) {
  i32 at = 1;
  while (at < 2 && a[at] == b[at + 1])
    ++at;
  return compare(a, b) > 0 ? at + 7 : at;
}

u64 run(void) {
  static const char one[] = "A string of thirty characters.";
  static const char two[] = "A string of thirty characterS.";
  char local[32];
  u32 sum = 0;
  total = 0;
  first = (struct record){&second, plain, 40, {0}};
  second = (struct record){&first, counted, 0, {0}};
  for (u32 i = 0; i < 32; ++i)
    table[i] = 0;
  for (u32 i = 0; i < 16; ++i)
    for (u32 k = 0; k < 16; ++k)
      grid[i][k] = 0;
  copy(first.name, one);
  for (i32 n = 1; n <= 600; ++n) {
    copy(local, n & 3 ? one : two);
    i32 x = 2, y = 3;
    if (compare(local, first.name) == 0)
      x = 5 * y - weigh(local, two);
    fill(n, x);
    first.kind = next_kind(first.kind, n);
    relink(&first);
    first.next = &second;
    y = (y * x) % 7 + second.number / (x + 2);
    sum = sum * 31 + (u32)(x + y + total + (i32)second.kind);
  }
  return sum ^ (u32)grid[9][7];
}
