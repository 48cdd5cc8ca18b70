// SPDX-License-Identifier: BSL-1.0
// Decides what `cpu::third_generation` is: the machine of Popek and Goldberg's paper, composed from groups of rows.
// Source: Popek, Goldberg, "Formal Requirements for Virtualizable Third Generation Architectures", CACM 17(7), 1974.
//
// What a VMM on it must supply:
//   - Hardware is hosted (hart::set_hosted): traps come back from `run`, nothing is stored at E[0], interrupts are not
//     taken. The VMM keeps the guest's mode, mask, level, R, timer and device in a system state of its own and runs the
//     guest with hardware mode = user and R = `compose(guest's R, guest's place)`, then `changed(effect::context)`.
//   - Storage of a guest is contiguous: there is only one relocation-bounds register.
//   - A trap with cause `addressing` is the guest's own: composed bounds are exact. Trapped instructions are run on the
//     virtual CPU, whose enter_trap stores the guest's PSW at the guest's E[0].
//   - The timer and its interrupt are the board's part (interval_timer): SPT and SIO end the hart's run
//     with `exit_reason::events`.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <hvkit/cpu/third_generation/arch.hpp>
#include <hvkit/cpu/third_generation/examination.hpp>
#include <hvkit/cpu/third_generation/rows.hpp>
#include <hvkit/cpu/third_generation/text.hpp>
#include <hvkit/isa/decoder.hpp>
#include <hvkit/isa/instruction_set.hpp>

namespace hvkit::cpu {

/// The machine with the given choices and groups of rows. `third_generation<rows::honest>` is virtualizable.
template <third_generation_knobs Knobs, const auto &...Groups> struct basic_third_generation {
  static constexpr std::string_view name = "third_generation";
  static constexpr third_generation_knobs knobs = Knobs;

  using operands = generation3::operands;
  using user_state = generation3::user_state;
  using system_state = generation3::system_state;
  template <class D> using arch = generation3::arch<D, Knobs>;
  /// On which states and operands its system rows are tried, to find their classes.
  template <class Cpu> using examination = generation3::examination<Cpu>;

  /// How its instructions are written.
  using notation = generation3::notation;

  static constexpr auto instructions = isa::make_instruction_set(Groups...);
  static constexpr std::array<isa::alias<operands>, 0> aliases{};

  /// The opcode says all.
  static constexpr u32 decode_key = 0xff000000;
  [[nodiscard]] static constexpr u32 decode_bucket(u32 word) noexcept { return word >> 24; }

  static constexpr const auto &user_words = generation3::user_words;
  static constexpr const auto &state_fields = generation3::state_fields;
  static constexpr u16 mode_word = generation3::w_mode;
  static constexpr u16 idle_word = generation3::w_idle;
  static constexpr u16 traps_word = generation3::w_traps;
  static constexpr u16 lines_word = generation3::w_lines;

  [[nodiscard]] static constexpr std::string_view cause_name(u64 cause) noexcept {
    return generation3::cause::name(cause);
  }
  [[nodiscard]] static constexpr std::string_view mode_name(u64 mode) noexcept {
    return mode == generation3::mode::supervisor ? "supervisor" : "user";
  }

  /// A relocation-bounds register: the program's address a is storage's a + l, if a < b.
  struct relocation {
    u64 l = 0;
    u64 b = 0;
    friend constexpr bool operator==(const relocation &, const relocation &) = default;
  };
  /// The hardware's R for a guest whose own is `guest` and whose storage is `place`: exactly what the guest may reach.
  [[nodiscard]] static constexpr relocation compose(relocation guest, relocation place) noexcept {
    return {place.l + guest.l, guest.l < place.b ? std::min(guest.b, place.b - guest.l) : 0};
  }

  [[nodiscard]] static constexpr relocation relocation_of(const system_state &system) noexcept {
    using namespace generation3;
    return {system.get(fields::base), system.get(fields::bounds)};
  }
  static constexpr void set_relocation(system_state &system, relocation r) noexcept {
    using namespace generation3;
    system.set(fields::base, r.l);
    system.set(fields::bounds, r.b);
  }

  /// Causes of synchronous traps are below this.
  static constexpr u64 cause_count = generation3::cause::supervisor_call + 0x100;
  /// Composed bounds are exact: no fault is the VMM's own.
  [[nodiscard]] static constexpr maybe<access> faulting_access(u64) noexcept { return {}; }
  [[nodiscard]] static constexpr bool in_user_mode(const system_state &system) noexcept {
    return system.get(generation3::fields::mode) == generation3::mode::user;
  }
  /// Instructions name nothing besides their operands.
  static constexpr std::size_t unit_count = 1;
  template <class Cpu> [[nodiscard]] static constexpr std::size_t unit_of(const isa::decoded<Cpu> &) noexcept {
    return 0;
  }
  [[nodiscard]] static constexpr std::string_view unit_name(std::size_t) noexcept { return ""; }
  [[nodiscard]] static constexpr unsigned instruction_length(u16) noexcept { return 4; }

  /// Sets hardware up to run whatever comes in user mode. R admits nothing until a VMM composes one.
  static constexpr void deprivilege(system_state &system) {
    system = {};
    system.set(generation3::fields::mode, generation3::mode::user);
  }
  /// The first difference in what user programs see, in words.
  [[nodiscard]] static std::string user_difference(const user_state &a, const user_state &b) {
    return first_difference(user_words, a, b);
  }

  /// State at reset: supervisor mode, interrupts off, R = (0, as far as 32 bits reach).
  static constexpr void reset(user_state &user, system_state &system, gva entry) {
    user = {};
    user.pc = entry.value;
    system = {};
    system.set(generation3::fields::bounds, low_bits(32));
  }
};

/// The machine of the given groups, without an I/O privilege level.
template <const auto &...Groups> using third_generation = basic_third_generation<third_generation_knobs{}, Groups...>;

} // namespace hvkit::cpu
