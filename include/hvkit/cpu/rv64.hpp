// SPDX-License-Identifier: BSL-1.0
// Decides what `cpu::rv64` is: RV64IMAC with M, S and U, Sv39 and PMP, put together from its tables.
// Source: The RISC-V Instruction Set Manual, Volumes I (unprivileged) and II (privileged).
#pragma once

#include <string_view>

#include <hvkit/cpu/rv64/arch.hpp>
#include <hvkit/cpu/rv64/compressed.hpp>
#include <hvkit/cpu/rv64/rows.hpp>
#include <hvkit/isa/decoder.hpp>

namespace hvkit::cpu {

/// RV64 with the given choices. `rv64` is the one with the defaults.
template <rv64_knobs Knobs> struct basic_rv64 {
  static constexpr std::string_view name = "rv64";
  static constexpr rv64_knobs knobs = Knobs;

  using operands = rv64_detail::operands;
  using user_state = rv64_detail::user_state;
  using system_state = rv64_detail::system_state;
  /// The format of its page tables, for whoever builds some.
  using page_format = rv64_detail::sv39;
  template <class D> using arch = rv64_detail::arch<D, Knobs>;

  static constexpr const auto &instructions = rv64_detail::all_rows;
  static constexpr const auto &aliases = rv64_detail::compressed_aliases;

  /// Opcode and funct3: what the decoder looks at first.
  static constexpr u32 decode_key = 0x707f;
  [[nodiscard]] static constexpr u32 decode_bucket(u32 word) noexcept { return (word & 0x7f) | (word >> 5 & 0x380); }

  static constexpr const auto &state_fields = rv64_detail::state_fields;
  static constexpr u16 mode_word = rv64_detail::w_mode;
  static constexpr u16 idle_word = rv64_detail::w_idle;
  static constexpr u16 traps_word = rv64_detail::w_traps;
  static constexpr u16 lines_word = rv64_detail::w_lines;

  [[nodiscard]] static constexpr std::string_view cause_name(u64 cause) noexcept {
    return rv64_detail::cause::name(cause);
  }
  /// The name of a mode as the manual abbreviates it.
  [[nodiscard]] static constexpr std::string_view mode_name(u64 mode) noexcept {
    return mode == rv64_detail::privilege::machine      ? "M"
           : mode == rv64_detail::privilege::supervisor ? "S"
                                                        : "U";
  }

  /// State at reset: machine mode, interrupts off, everything else 0.
  static constexpr void reset(user_state &user, system_state &system, gva entry) {
    user = {};
    user.pc = entry.value;
    system = {};
    system.set(rv64_detail::fields::mode, rv64_detail::privilege::machine);
  }
};

using rv64 = basic_rv64<rv64_knobs{}>;

} // namespace hvkit::cpu
