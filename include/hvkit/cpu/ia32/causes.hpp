// SPDX-License-Identifier: BSL-1.0
// Decides the numbers of IA-32's exceptions and interrupts, and how an error code travels with one.
// Source: Intel SDM, Volume 3, "Exception and Interrupt Reference".
#pragma once

#include <string_view>

#include <hvkit/core/bits.hpp>
#include <hvkit/core/exit.hpp>

namespace hvkit::cpu::x86 {

namespace cause {
inline constexpr u64 divide_error = 0, debug = 1, nmi = 2, breakpoint = 3, overflow = 4, bound = 5, invalid_opcode = 6,
                     device_not_available = 7, double_fault = 8, invalid_tss = 10, not_present = 11, stack_fault = 12,
                     general_protection = 13, page_fault = 14, x87_error = 16, alignment_check = 17, machine_check = 18;
/// Exceptions are below this.
inline constexpr u64 count = 32;
/// Set in the cause of an interrupt that came by a line; its vector is in [7:0].
inline constexpr u64 external = 0x100;

/// The exceptions that push an error code.
[[nodiscard]] constexpr bool has_error_code(u64 vector) noexcept {
  return (0x27d00U >> vector & 1U) != 0 && vector < 32;
}

[[nodiscard]] constexpr std::string_view name(u64 number) noexcept {
  constexpr std::string_view names[] = {"#DE divide error",
                                        "#DB debug",
                                        "NMI",
                                        "#BP breakpoint",
                                        "#OF overflow",
                                        "#BR bound range exceeded",
                                        "#UD invalid opcode",
                                        "#NM device not available",
                                        "#DF double fault",
                                        "coprocessor segment overrun",
                                        "#TS invalid TSS",
                                        "#NP segment not present",
                                        "#SS stack fault",
                                        "#GP general protection",
                                        "#PF page fault",
                                        "reserved",
                                        "#MF x87 error",
                                        "#AC alignment check",
                                        "#MC machine check"};
  return number < std::size(names) ? names[number] : (number & external) != 0 ? "external interrupt" : "reserved";
}
} // namespace cause

/// An exception with its error code. `value` has the code in [63:32], and in [31:0] the address of a page fault, or
/// `of_segment` where a segment did not hold or permit an access to memory.
[[nodiscard]] constexpr trap exception(u64 vector, u32 code = 0, u32 address = 0) noexcept {
  return {vector, u64{code} << 32 | address};
}
inline constexpr u32 of_segment = 1;
[[nodiscard]] constexpr u32 error_code(const trap &t) noexcept { return static_cast<u32>(t.value >> 32); }

/// Bits of a page fault's error code. "Interrupt 14: Page-Fault Exception".
namespace page_error {
inline constexpr u32 present = 1, write = 2, user = 4;
}
/// Bits of the error codes that name a selector.
namespace selector_error {
inline constexpr u32 external = 1, idt = 2;
}

} // namespace hvkit::cpu::x86
