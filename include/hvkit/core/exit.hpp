// SPDX-License-Identifier: BSL-1.0
// Decides what a trap is and why hardware comes back to whoever ran it. Knows no cause by number.
#pragma once

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/core/bits.hpp>

namespace hvkit {

/// A trap as the CPU's manual numbers it. `value` is what the manual stores beside the cause (address, instruction, 0).
struct trap {
  u64 cause = 0;
  u64 value = 0;
  friend constexpr bool operator==(const trap &, const trap &) = default;
};

/// What hardware with two stages of translation looked for in the second one, and did not find: where the guest's
/// memory was to be reached, and how. That may be otherwise than the program did, since walks reach it, too.
struct second_stage_fault {
  gpa address{};
  access why = access::load;
};

/// Why `run` returned.
enum class exit_reason : u8 {
  trap,    ///< hosted hardware trapped; nothing of the instruction was committed
  budget,  ///< as many steps as were asked for
  events,  ///< the machine's devices or its deadlines need to be looked at before the next instruction
  waiting, ///< the CPU waits for an interrupt
  host     ///< the host asked for it
};

/// What hardware hands back. `what` has a meaning for `exit_reason::trap` alone.
struct exit_record {
  exit_reason reason = exit_reason::budget;
  trap what{};
};

/// What a write to system state may have changed besides the word itself; a set of flags.
enum class effect : u8 {
  none = 0,
  context = 1,    ///< how addresses are translated or which mode is in force
  interrupts = 2, ///< what is pending, enabled or due, and when
  protection = 4, ///< physical memory protection
  code = 8,       ///< instructions remembered so far are void
  events = 16     ///< when the machine's board has to do something next
};
[[nodiscard]] constexpr effect operator|(effect a, effect b) noexcept {
  return static_cast<effect>(static_cast<u8>(a) | static_cast<u8>(b));
}
/// Whether the flags of `set` and of `one` have some in common.
[[nodiscard]] constexpr bool has(effect set, effect one) noexcept {
  return (static_cast<u8>(set) & static_cast<u8>(one)) != 0;
}

} // namespace hvkit
