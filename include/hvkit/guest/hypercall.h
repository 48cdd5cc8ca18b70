// SPDX-License-Identifier: BSL-1.0
// What a guest can ask of hvkit beside the SBI: an SBI extension, for C without a library, and for C++.
//
//     if (hvkit_present())
//       hvkit_print("hello\n", 6);
//
// Calls are made in supervisor mode, with the convention of the SBI: extension in a7, function in a6, arguments from a0
// on; an error in a0, 0 if there is none, and a value in a1. Addresses are physical.
// Source: RISC-V Supervisor Binary Interface Specification 1.0, "Binary Encoding".
#pragma once

enum {
  // "Experimental SBI Extension Space": what is below is "hvk". The spaces for vendors and firmware are for those with
  // registered numbers.
  hvkit_extension = 0x0868766b,

  hvkit_function_version = 0,  // value: hvkit_version
  hvkit_function_features = 1, // value: bit n is set if function n is there
  hvkit_function_write = 2,    // (address, size): prints bytes, all or none; value: size
  hvkit_function_yield = 3,    // (): the rest of the turn is for other guests
  hvkit_function_exit = 4,     // (code): ends the machine, all well if code is 0

  hvkit_version = 1,
  hvkit_longest_write = 4096 // bytes that one call prints; more are an invalid parameter
};

#ifdef __riscv

struct hvkit_answer {
  long error;
  long value;
};

static inline struct hvkit_answer hvkit_sbi_call(long extension, long function, unsigned long first,
                                                 unsigned long second) {
  register unsigned long a0 __asm__("a0") = first;
  register unsigned long a1 __asm__("a1") = second;
  register long a6 __asm__("a6") = function;
  register long a7 __asm__("a7") = extension;
  __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
  struct hvkit_answer said = {(long)a0, (long)a1};
  return said;
}

/// Whether whoever serves the SBI here is an hvkit of this version or later.
static inline int hvkit_present(void) {
  const long base_extension = 0x10, probe_extension = 3;
  return hvkit_sbi_call(base_extension, probe_extension, hvkit_extension, 0).value != 0 &&
         hvkit_sbi_call(hvkit_extension, hvkit_function_version, 0, 0).value >= hvkit_version;
}
static inline unsigned long hvkit_features(void) {
  return (unsigned long)hvkit_sbi_call(hvkit_extension, hvkit_function_features, 0, 0).value;
}

/// Prints bytes at a physical address, hvkit_longest_write of them with one exit. Returns 0, or the SBI's error that
/// stopped it: that of an invalid address where not all of it is memory.
static inline long hvkit_print(const void *bytes, unsigned long size) {
  unsigned long at = (unsigned long)bytes;
  while (size != 0) {
    const unsigned long n = size < hvkit_longest_write ? size : hvkit_longest_write;
    const long error = hvkit_sbi_call(hvkit_extension, hvkit_function_write, at, n).error;
    if (error != 0)
      return error;
    at += n;
    size -= n;
  }
  return 0;
}

static inline void hvkit_yield(void) { hvkit_sbi_call(hvkit_extension, hvkit_function_yield, 0, 0); }

/// Ends the machine; hvkit-run's exit code is `code`, as far as 8 bits hold it.
static inline __attribute__((noreturn)) void hvkit_exit(unsigned long code) {
  for (;;)
    hvkit_sbi_call(hvkit_extension, hvkit_function_exit, code, 0);
}

#endif
