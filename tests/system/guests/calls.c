// SPDX-License-Identifier: BSL-1.0
// A kernel that is built for hvkit: it has no firmware and no driver, prints by hvkit's hypercalls, tries what must not
// work, and ends with an exit code of its own.
#include <hvkit/guest/hypercall.h>

enum { lines = 300, columns = 32, not_found = 1, wrong = 2, all_well = 42 };

static char page[lines * columns];
static char stack[4096] __attribute__((aligned(16), used));

static long write(unsigned long at, unsigned long size) {
  return hvkit_sbi_call(hvkit_extension, hvkit_function_write, at, size).error;
}

/// Errors that the SBI names: invalid parameter, invalid address.
static int hostile_writes_fail(void) {
  const unsigned long here = (unsigned long)page;
  return write(here, hvkit_longest_write + 1) == -3 && write(here, -1UL) == -3 && write(-1UL, 2) == -5 &&
         write(0, 1) == -5 && write(0x10000000, 1) == -5 && write(here, 0) == 0 &&
         hvkit_sbi_call(hvkit_extension, 63, 0, 0).error == -2;
}

void kernel(void) {
  if (!hvkit_present() || hvkit_features() != 31)
    hvkit_exit(not_found);
  for (int i = 0; i < lines * columns; ++i)
    page[i] = (char)((i + 1) % columns ? 'a' + (i + i / columns) % 26 : '\n');
  if (hvkit_print(page, sizeof page) || !hostile_writes_fail())
    hvkit_exit(wrong);
  hvkit_yield();
  hvkit_exit(all_well);
}

__attribute__((naked, section(".text.init"))) void _start(void) {
  __asm__("la sp, stack + 4096; j kernel");
}
