/* SPDX-License-Identifier: BSL-1.0 */
/* Decides what the guest `bytecode` does: it interprets a stack machine by a switch. Indirect jumps hard to foretell.
 */
#include "guest.inc"

enum op { push, load, store, add, subtract, multiply, less, swap, jump_if, jump, exclusive_or, shift, halt };

/* i = 0; h = 1; do { h = (h * 33) ^ i; if (h < 0x4000) h = h + (i << 3); i = i + 1; } while (i < 6000) */
static const u8 program[] = {
    push,    0,  store,        0,                                                /* 0: i = 0 */
    push,    1,  store,        1,                                                /* 4: h = 1 */
    load,    1,  push,         33,  multiply,                                    /* 8: h * 33 */
    load,    0,  exclusive_or,                                                   /* 13: ^ i */
    store,   1,                                                                  /* 16 */
    load,    1,  push,         128, push,     7,     shift, less,                /* 18: h < 128 << 7 */
    jump_if, 30,                                                                 /* 26 */
    jump,    40,                                                                 /* 28 */
    load,    1,  load,         0,   push,     3,     shift, add,  store,    1,   /* 30: h = h + (i << 3) */
    load,    0,  push,         1,   add,      store, 0,                          /* 40: i = i + 1 */
    load,    0,  push,         187, push,     5,     shift, less,                /* 47: i < 187 << 5 */
    jump_if, 8,                                                                  /* 55 */
    load,    1,  load,         0,   subtract, load,  0,     swap, subtract, halt /* 57 */
};

const u64 expected = 0x1d009af7;

static u32 interpret(const u8 *code) {
  u32 stack[16], variables[4] = {0, 0, 0, 0};
  u32 *top = stack;
  const u8 *pc = code;
  for (;;) {
    u32 t;
    switch ((enum op) * pc++) {
    case push:
      *top++ = *pc++;
      break;
    case load:
      *top++ = variables[*pc++];
      break;
    case store:
      variables[*pc++] = *--top;
      break;
    case add:
      --top, top[-1] += *top;
      break;
    case subtract:
      --top, top[-1] -= *top;
      break;
    case multiply:
      --top, top[-1] *= *top;
      break;
    case less:
      --top, top[-1] = (i32)top[-1] < (i32)*top;
      break;
    case swap:
      t = top[-1], top[-1] = top[-2], top[-2] = t;
      break;
    case jump_if:
      pc = *--top ? code + *pc : pc + 1;
      break;
    case jump:
      pc = code + *pc;
      break;
    case exclusive_or:
      --top, top[-1] ^= *top;
      break;
    case shift:
      --top, top[-1] <<= *top & 31;
      break;
    case halt:
      return top[-1];
    }
  }
}

u64 run(void) { return interpret(program); }
