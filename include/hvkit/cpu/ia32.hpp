// SPDX-License-Identifier: BSL-1.0
// Decides what `cpu::ia32` is: the integer instructions of 80386, 80486 and Pentium, put together from their tables.
// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, Volumes 1 to 3.
#pragma once

#include <string>
#include <string_view>

#include <hvkit/cpu/ia32/arch.hpp>
#include <hvkit/cpu/ia32/examination.hpp>
#include <hvkit/cpu/ia32/rows_flow.hpp>
#include <hvkit/cpu/ia32/rows_integer.hpp>
#include <hvkit/cpu/ia32/rows_moves.hpp>
#include <hvkit/cpu/ia32/rows_system.hpp>
#include <hvkit/cpu/ia32/text.hpp>

namespace hvkit::cpu {

/// IA-32 with the given choices. `ia32` is the one with the defaults.
template <ia32_knobs Knobs> struct basic_ia32 {
  static constexpr std::string_view name = "ia32";
  static constexpr ia32_knobs knobs = Knobs;

  using operands = x86::operands;
  using user_state = x86::user_state;
  using system_state = x86::system_state;
  using row_facts = x86::row_facts;
  template <class D> using arch = x86::arch<D, Knobs>;
  /// On which states and operands its system rows are tried, to find their classes.
  template <class Cpu> using examination = x86::examination<Cpu>;

  static constexpr auto instructions = isa::make_instruction_set(
      x86::rows::arithmetic, x86::rows::logic, x86::rows::moves, x86::rows::eight_bytes, x86::rows::conditional_moves,
      x86::rows::flow, x86::rows::strings, x86::rows::privileged, x86::rows::segments, x86::rows::transfers,
      x86::rows::ports, x86::rows::identification);

  static constexpr const auto &user_words = x86::user_words;
  static constexpr const auto &state_fields = x86::state_fields;
  static constexpr u16 mode_word = x86::w_cpl;
  static constexpr u16 idle_word = x86::w_idle;
  static constexpr u16 traps_word = x86::w_traps;
  static constexpr u16 lines_word = x86::w_lines;

  /// Causes of synchronous traps are below this.
  static constexpr u64 cause_count = x86::cause::count;
  [[nodiscard]] static constexpr std::string_view cause_name(u64 cause) noexcept { return x86::cause::name(cause); }

  /// Instructions name nothing besides their operands.
  static constexpr std::size_t unit_count = 1;
  template <class Cpu> [[nodiscard]] static constexpr std::size_t unit_of(const isa::decoded<Cpu> &) noexcept {
    return 0;
  }
  [[nodiscard]] static constexpr std::string_view unit_name(std::size_t) noexcept { return ""; }

  [[nodiscard]] static constexpr bool in_user_mode(const system_state &system) noexcept {
    return system.get(x86::fields::cpl) == 3;
  }
  /// The first difference in what user programs see, in words.
  [[nodiscard]] static std::string user_difference(const user_state &a, const user_state &b) {
    return first_difference(user_words, a, b);
  }

  /// The name of a privilege level.
  [[nodiscard]] static constexpr std::string_view mode_name(u64 mode) noexcept {
    constexpr std::string_view names[] = {"CPL 0", "CPL 1", "CPL 2", "CPL 3"};
    return names[mode & 3];
  }

  /// State at reset: real-address mode, CS:EIP = F000:FFF0 with base FFFF0000; or, if `entry` is not 0, that offset in
  /// a code segment whose base is 0. "Processor State After Reset".
  static constexpr void reset(user_state &user, system_state &system, gva entry) {
    using namespace x86;
    user = {};
    system = {};
    const bool at_vector = entry.value == 0;
    user.pc = at_vector ? 0xfff0 : static_cast<u32>(entry.value);
    system.set(w_cr0, cr0::et | cr0::nw | cr0::cd);
    system.set(w_eflags, 0);
    system.set(w_a20, 1);
    system.set(w_idt_limit, 0xffff);
    system.set(w_gdt_limit, 0xffff);
    for (u8 n = 0; n < seg::count; ++n) {
      system.set(segment_word(n, part_limit), 0xffff);
      system.set(segment_word(n, part_rights), n == seg::ldtr ? 0x82 : n == seg::tr ? 0x8b : rights::flat_data);
    }
    if (at_vector) {
      system.set(segment_word(seg::cs, part_selector), 0xf000);
      system.set(segment_word(seg::cs, part_base), 0xffff0000);
    }
    system.set(w_dr6, 0xffff0ff0);
    system.set(w_dr7, 0x400);
  }
  /// Puts a processor at reset into flat 32-bit protected mode at the given privilege level: all segments have base 0
  /// and reach everywhere. As multiboot loaders do for level 0.
  static constexpr void enter_flat(system_state &system, u64 level) {
    using namespace x86;
    system.set(w_cr0, cr0::pe | cr0::et | cr0::wp);
    system.set(fields::cpl, level);
    for (u8 n = 0; n < 6; ++n) {
      const u32 r = (n == seg::cs ? rights::flat_code : rights::flat_data) | rights::big | rights::granular;
      system.set(segment_word(n, part_selector), (n == seg::cs ? 8U : 16U) | level);
      system.set(segment_word(n, part_base), 0);
      system.set(segment_word(n, part_limit), 0xffffffff);
      system.set(segment_word(n, part_rights), r | level << 5);
    }
  }
};

using ia32 = basic_ia32<ia32_knobs{}>;

} // namespace hvkit::cpu
