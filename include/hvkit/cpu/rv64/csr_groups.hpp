// SPDX-License-Identifier: BSL-1.0
// Decides which control and status registers are one to the theory: same access rule, same gate, same kind of content.
#pragma once

#include <hvkit/cpu/rv64/csr_table.hpp>
#include <hvkit/isa/instruction_set.hpp>
#include <hvkit/theory/recorder.hpp>
#include <hvkit/theory/unit.hpp>

namespace hvkit::cpu::riscv {

/// What reading a register shows.
enum class csr_kind : u8 { constant, state, time };

/// The key of a group. Two numbers with the same key have instructions of the same class.
namespace csr_key {
inline constexpr u16 whole_row = 0; ///< of rows that have no CSR operand
inline constexpr u16 absent = 1;    ///< no such register: illegal in every mode
inline constexpr u16 read_only = 2; ///< a write to what the number says is read-only: illegal in every mode
inline constexpr u16 present = 0x8000;
/// The key of a register that exists, from all that decides the class: lowest mode and read-only bit of its number,
/// guard, kind, and whether the instruction writes.
[[nodiscard]] constexpr u16 make(u16 number, gate guard, csr_kind kind, bool writes) {
  const unsigned lowest_mode = number >> 8 & 3U;
  const unsigned counter = guard == gate::counter ? number & 31U : 0; // each has an enable bit of its own
  return static_cast<u16>(present | counter << 9 | lowest_mode << 7 | (number >> 10 == 3 ? 1U : 0U) << 6 |
                          static_cast<unsigned>(guard) << 3 | static_cast<unsigned>(kind) << 1 | (writes ? 1U : 0U));
}
} // namespace csr_key

/// The kind of each row of csr_table, found by reading it on the recorder.
template <class Cpu> inline constexpr auto csr_kinds = [] {
  std::array<csr_kind, csr_table<Cpu::knobs.hypervisor>.size()> kinds{};
  for (std::size_t row = 0; row < kinds.size(); ++row) {
    const theory::state<Cpu> zero{};
    theory::recorder<Cpu> m(zero);
    static_cast<void>(csr_access<theory::recorder<Cpu>, Cpu::knobs.hypervisor>[row].read(m, 0));
    auto shown = m.touched().ticks || m.touched().retired ? isa::resource::time : isa::resource::none;
    for (const isa::field &f : Cpu::state_fields)
      if ((m.touched().bits_read[f.word] & f.mask) != 0)
        shown = shown | f.governs;
    kinds[row] = has(shown, isa::resource::time) ? csr_kind::time
                 : shown == isa::resource::none  ? csr_kind::constant
                                                 : csr_kind::state;
  }
  return kinds;
}();

/// The group of a register, and of what is done with it.
template <class Cpu> [[nodiscard]] constexpr u16 csr_group(u16 number, bool writes) {
  constexpr const auto &table = csr_table<Cpu::knobs.hypervisor>;
  const u8 row = csr_index<Cpu::knobs.hypervisor>[number];
  if (row == no_csr || (brings_supervisor_timer(table[row].guard) && !Cpu::knobs.supervisor_timer))
    return csr_key::absent;
  if (writes && number >> 10 == 3)
    return csr_key::read_only;
  return csr_key::make(number, table[row].guard, csr_kinds<Cpu>[row], writes);
}

/// A group and two of its members.
struct csr_members {
  u16 key = csr_key::whole_row;
  u16 first = 0;
  u16 last = 0;
  std::string_view name{};
  bool writes = false;
};

/// Every group, those that are only read first; the one without a register last.
template <class Cpu> inline constexpr auto csr_groups = [] {
  std::array<csr_members, 48> groups{};
  std::size_t count = 0;
  const auto add = [&](u16 number, std::string_view name, bool writes) {
    const u16 key = csr_group<Cpu>(number, writes);
    for (std::size_t i = 0; i < count; ++i)
      if (groups[i].key == key) {
        groups[i] = csr_members{key, groups[i].first, number, groups[i].name, writes};
        return;
      }
    groups[count++] = csr_members{key, number, number, name, writes};
  };
  for (const bool writes : {false, true})
    for (const csr_facts &c : csr_table<Cpu::knobs.hypervisor>)
      if (csr_group<Cpu>(c.first, writes) != csr_key::absent)
        add(c.first, c.name, writes);
  groups[count++] = csr_members{csr_key::absent, 0x7ff, 0xbff, "absent", false};
  return std::pair{groups, count};
}();

} // namespace hvkit::cpu::riscv
