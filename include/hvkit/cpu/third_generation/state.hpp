// SPDX-License-Identifier: BSL-1.0
// Decides what state the machine of Popek and Goldberg's paper has: S = <E, M, P, R>, sixteen registers, and what the
// later machines added to it (interrupt mask, priority level, timer, a device).
// Source: Popek, Goldberg, "Formal Requirements for Virtualizable Third Generation Architectures", CACM 17(7), 1974.
//
//   PSW, four words of 32 bits, at E[0] (old) and E[1] (new), that is at bytes 0 and 16:
//     flags  code [31:16] | level [10:8] | cc [5:4] | iopl [2] | enabled [1] | user [0]
//     P      program counter, relative to R
//     l, b   the relocation-bounds register R
#pragma once

#include <array>

#include <hvkit/cpu/third_generation/causes.hpp>
#include <hvkit/isa/state.hpp>

namespace hvkit::cpu::generation3 {

/// What user programs see. `pc` is the paper's P: an offset into the program's own storage.
struct user_state {
  std::array<u32, 16> r{};
  u32 cc = 0; ///< condition code, 0 to 3
  u64 pc = 0;
  u64 retired = 0; ///< instructions retired since reset
  friend constexpr bool operator==(const user_state &, const user_state &) = default;
};

/// The words of system state.
enum word : u16 {
  w_mode,
  w_enabled,  ///< interrupts are taken
  w_iopl,     ///< user mode may change `enabled` (where the model has it)
  w_level,    ///< interrupts up to this priority are held back
  w_base,     ///< l of R
  w_bounds,   ///< b of R
  w_deadline, ///< when the timer asks for an interrupt, on the clock retired + idle; 0 is never
  w_console,  ///< characters sent so far [31:8], the last one [7:0]
  w_lines,    ///< the interrupt lines that are up
  w_idle,     ///< instruction times spent waiting
  w_traps,    ///< traps taken since reset
  word_count
};

using system_state = isa::state_words<word_count>;

namespace fields {
using isa::field;
using isa::resource;
inline constexpr field mode{"mode", w_mode, bit(0), resource::mode};
inline constexpr field enabled{"interrupt mask", w_enabled, bit(0), resource::interrupts};
inline constexpr field iopl{"iopl", w_iopl, bit(0), resource::gates};
inline constexpr field level{"priority level", w_level, low_bits(3), resource::interrupts};
inline constexpr field base{"R.l", w_base, low_bits(32), resource::relocation};
inline constexpr field bounds{"R.b", w_bounds, low_bits(32), resource::relocation};
inline constexpr field deadline{"timer", w_deadline, ~u64{0}, resource::time};
inline constexpr field console{"console", w_console, low_bits(32), resource::devices};
inline constexpr field lines{"interrupt lines", w_lines, ~u64{0}, resource::interrupts};
inline constexpr field idle{"idle", w_idle, ~u64{0}, resource::time};
inline constexpr field traps{"traps taken", w_traps, ~u64{0}, resource::none};
} // namespace fields

/// Every field that is state.
inline constexpr std::array state_fields{fields::mode,  fields::enabled, fields::iopl,     fields::level,
                                         fields::base,  fields::bounds,  fields::deadline, fields::console,
                                         fields::lines, fields::idle,    fields::traps};

/// The flags of a PSW, as they stand in storage.
namespace psw {
inline constexpr u64 user = bit(0), enabled = bit(1), iopl = bit(2), cc = 3U << 4, level = 7U << 8;
inline constexpr unsigned code_at = 16;
inline constexpr u64 old_at = 0, new_at = 16, size = 16; ///< bytes
} // namespace psw

} // namespace hvkit::cpu::generation3
