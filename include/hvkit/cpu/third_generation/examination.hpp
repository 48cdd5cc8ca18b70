// SPDX-License-Identifier: BSL-1.0
// Decides on which states and operands the third-generation machine's instructions are tried.
//
//   storage, in words:  0       16             32             48            64
//                       [ PSWs  ][ program      ][ other       ][ moved      ]
#pragma once

#include <hvkit/core/access.hpp>
#include <hvkit/core/exit.hpp>
#include <hvkit/cpu/third_generation/operands.hpp>
#include <hvkit/cpu/third_generation/state.hpp>
#include <hvkit/theory/state.hpp>
#include <hvkit/theory/units.hpp>

namespace hvkit::cpu::generation3 {

/// What theory/derive.hpp asks of a CPU, for any machine of these groups.
template <class Cpu> struct examination {
  using state = theory::state<Cpu>;
  using sentence = void; ///< each row has its own

  static constexpr std::size_t memory_words = 64;
  static constexpr std::size_t program_words = 16;
  static constexpr std::array<u64, 2> modes{mode::supervisor, mode::user};
  static constexpr u8 bases = 4;

  /// Registers that are addresses in the program, zeros, all ones, and the sign bit; mask, level and iopl both ways.
  [[nodiscard]] static constexpr state base(u8 n) {
    constexpr u32 fill[bases] = {0, 0, ~u32{0}, u32{1} << 31};
    state s{};
    for (u32 i = 0; i < s.user.r.size(); ++i)
      s.user.r[i] = n == 0 ? 4 * (i % 8) : fill[n];
    for (u32 i = 0; i < memory_words; ++i)
      s.memory[i] = 0x9e3779b9U * (i + 1);
    s.user.pc = 4;
    s.user.cc = n;
    s.user.retired = 1000;
    s.ticks = 1234;
    s.system.set(fields::enabled, n == 1 || n == 2 ? 1 : 0);
    s.system.set(fields::iopl, n >= 2 ? 1 : 0);
    s.system.set(fields::level, n * 2U);
    s.system.set(fields::base, 4 * first_place);
    s.system.set(fields::bounds, 4 * program_words);
    s.system.set(fields::deadline, n == 0 ? 0 : 5000);
    s.system.set(fields::console, 0x100 * n);
    s.system.set(fields::lines, n == 3 ? 1 : 0);
    s.system.set(fields::idle, 17);
    return s;
  }

  [[nodiscard]] static constexpr state twin(state s, u64 to) {
    s.system.set(fields::mode, to);
    return s;
  }
  /// The program lies elsewhere, R follows, and all other storage is different.
  [[nodiscard]] static constexpr maybe<state> moved(const state &s) {
    const u64 from = s.system.get(fields::base) / 4;
    if (from != first_place || s.system.get(fields::bounds) != 4 * program_words)
      return {};
    state to = s;
    for (u32 &word : to.memory)
      word = ~word;
    for (std::size_t i = 0; i < program_words; ++i)
      to.memory[second_place + i] = s.memory[from + i];
    to.system.set(fields::base, 4 * second_place);
    return to;
  }
  /// Where the program lies, in words.
  [[nodiscard]] static constexpr u16 place_of(const state &s) {
    return static_cast<u16>(s.system.get(fields::base) / 4);
  }

  [[nodiscard]] static constexpr bool fixed(u16, u64) { return false; }
  [[nodiscard]] static constexpr bool apart(u16 field) {
    return state_fields[field].word == w_mode || state_fields[field].word == w_base;
  }
  [[nodiscard]] static constexpr bool plausible(const state &) { return true; }
  [[nodiscard]] static constexpr bool is_memory_trap(u64 number) { return number == cause::addressing; }
  [[nodiscard]] static constexpr bool reaches_vmm(const system_state &, const trap &) { return true; }

  [[nodiscard]] static constexpr auto units() {
    return theory::whole_rows<Cpu>([](isa::row_id row) {
      const u32 bits = isa::facts<Cpu>[row].operand_bits;
      return static_cast<u16>((bits & 0xffff) != 0 ? immediates.size() + 2 : bits != 0 ? 3 : 1);
    });
  }
  [[nodiscard]] static constexpr u16 unit_key(isa::row_id, const operands &) { return 0; }

  /// Distinct registers, equal ones, register 0, then register 0 with each immediate of interest.
  [[nodiscard]] static constexpr operands specimen(const theory::unit &u, u16 n) {
    operands o{3, 5, 7, 0, 0};
    if (n == 1)
      o = {3, 3, 3, 0, 4};
    else if (n >= 2)
      o = {3, 0, 0, 0, immediates[n - 2u]};
    const auto &facts = isa::facts<Cpu>[u.row];
    return facts.decode(facts.code.match | facts.encode(o));
  }

private:
  static constexpr u16 first_place = 16, second_place = 48;
  /// Small ones one by one, then where bits and signs change.
  static constexpr std::array<i32, 14> immediates{0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 32, -1, 0x7fff, -0x8000};
};

} // namespace hvkit::cpu::generation3
