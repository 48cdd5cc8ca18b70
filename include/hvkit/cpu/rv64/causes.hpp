// SPDX-License-Identifier: BSL-1.0
// Decides the numbers of RV64's traps and interrupts.
// Source: The RISC-V Instruction Set Manual, Volume II, "Machine Cause Register (mcause)".
#pragma once

#include <string_view>

#include <hvkit/core/access.hpp>
#include <hvkit/core/bits.hpp>

namespace hvkit::cpu::riscv {

namespace cause {
inline constexpr u64 fetch_misaligned = 0;
inline constexpr u64 fetch_access = 1;
inline constexpr u64 illegal_instruction = 2;
inline constexpr u64 breakpoint = 3;
inline constexpr u64 load_misaligned = 4;
inline constexpr u64 load_access = 5;
inline constexpr u64 store_misaligned = 6;
inline constexpr u64 store_access = 7;
inline constexpr u64 ecall_from_u = 8; ///< S is 9, M is 11: the mode is added
inline constexpr u64 ecall_from_vs = 10;
inline constexpr u64 fetch_page = 12;
inline constexpr u64 load_page = 13;
inline constexpr u64 store_page = 15;
inline constexpr u64 fetch_guest_page = 20; ///< the second stage of translation found none
inline constexpr u64 load_guest_page = 21;
inline constexpr u64 virtual_instruction = 22;
inline constexpr u64 store_guest_page = 23;
inline constexpr u64 count = 24;

inline constexpr u64 interrupt = u64{1} << 63; ///< set in the cause of an interrupt

/// The page fault, the guest-page fault and the access fault of each kind of access. "Machine Cause Register (mcause)".
[[nodiscard]] constexpr u64 page_fault(access a) noexcept {
  return a == access::fetch ? fetch_page : a == access::load ? load_page : store_page;
}
[[nodiscard]] constexpr u64 guest_page_fault(access a) noexcept {
  return a == access::fetch ? fetch_guest_page : a == access::load ? load_guest_page : store_guest_page;
}
[[nodiscard]] constexpr u64 access_fault(access a) noexcept {
  return a == access::fetch ? fetch_access : a == access::load ? load_access : store_access;
}

/// The manual's words for a cause.
[[nodiscard]] constexpr std::string_view name(u64 number) noexcept {
  constexpr std::string_view traps[] = {"instruction address misaligned",
                                        "instruction access fault",
                                        "illegal instruction",
                                        "breakpoint",
                                        "load address misaligned",
                                        "load access fault",
                                        "store address misaligned",
                                        "store access fault",
                                        "ecall from U",
                                        "ecall from S",
                                        "ecall from VS",
                                        "ecall from M",
                                        "instruction page fault",
                                        "load page fault",
                                        "reserved",
                                        "store page fault",
                                        "reserved",
                                        "reserved",
                                        "reserved",
                                        "reserved",
                                        "instruction guest-page fault",
                                        "load guest-page fault",
                                        "virtual instruction",
                                        "store guest-page fault"};
  constexpr std::string_view interrupts[] = {
      "reserved", "supervisor software interrupt", "VS software interrupt", "machine software interrupt",
      "reserved", "supervisor timer interrupt",    "VS timer interrupt",    "machine timer interrupt",
      "reserved", "supervisor external interrupt", "VS external interrupt", "machine external interrupt"};
  if ((number & interrupt) != 0)
    return (number & ~interrupt) < 12 ? interrupts[number & ~interrupt] : "reserved";
  return number < count ? traps[number] : "reserved";
}
} // namespace cause

/// Bits of mip, mie, mideleg: one for each interrupt, at the number of its cause.
namespace irq {
/// Software, timer and external interrupts of supervisor and machine mode. "Machine Interrupt Registers (mip and
/// mie)".
inline constexpr u64 ssi = bit(1), msi = bit(3), sti = bit(5), mti = bit(7), sei = bit(9), mei = bit(11);
/// Those of virtual supervisor mode. "Hypervisor Interrupt Registers (hvip, hip, and hie)".
inline constexpr u64 vssi = bit(2), vsti = bit(6), vsei = bit(10);
inline constexpr u64 supervisor = ssi | sti | sei;
inline constexpr u64 virtual_supervisor = vssi | vsti | vsei;
static_assert(virtual_supervisor == supervisor << 1);
inline constexpr u64 machine = msi | mti | mei;
} // namespace irq

/// Privilege modes by their encoding in mstatus.MPP.
namespace privilege {
inline constexpr u64 user = 0, supervisor = 1, machine = 3;
}

} // namespace hvkit::cpu::riscv
