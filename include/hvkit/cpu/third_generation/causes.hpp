// SPDX-License-Identifier: BSL-1.0
// Decides the interruption codes of the third-generation machine, in the manner of System/360.
// Source: IBM System/360 Principles of Operation, "Interruption Action".
#pragma once

#include <string_view>

#include <hvkit/core/bits.hpp>

namespace hvkit::cpu::generation3 {

/// A trap's cause is the code that the old PSW shows in bits [31:16] of its first word.
namespace cause {
inline constexpr u64 operation = 0x0001;       ///< no such instruction
inline constexpr u64 privileged = 0x0002;      ///< not for user mode
inline constexpr u64 addressing = 0x0005;      ///< the paper's memory trap: a + l >= q or a >= b
inline constexpr u64 supervisor_call = 0x0200; ///< SVC: the operand is added
inline constexpr u64 interrupt = 0x8000;       ///< set in the code of an interrupt
inline constexpr u64 timer = 0x8080;
inline constexpr u64 external = 0x8040; ///< any other line

/// The cause in words; supervisor calls are one.
[[nodiscard]] constexpr std::string_view name(u64 code) noexcept {
  switch (code) {
  case operation:
    return "operation";
  case privileged:
    return "privileged operation";
  case addressing:
    return "addressing (memory trap)";
  case timer:
    return "timer interrupt";
  case external:
    return "external interrupt";
  default:
    return (code & ~u64{0xff}) == supervisor_call ? "supervisor call" : "reserved";
  }
}
} // namespace cause

/// Modes. The machine starts in supervisor mode; S/360's bit for user mode is called "problem state".
namespace mode {
inline constexpr u64 supervisor = 0, user = 1;
}

/// Interrupt lines and the priority at which each asks; a higher processor level holds it back (PDP-11).
namespace line {
inline constexpr unsigned timer = 0;
inline constexpr u64 timer_priority = 6, external_priority = 4;
} // namespace line

} // namespace hvkit::cpu::generation3
