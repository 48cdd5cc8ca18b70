// SPDX-License-Identifier: BSL-1.0
// Decides on which states and operands RV64's system instructions are tried.
//
// No system row reaches memory, so storage is nearly nothing, and a root in satp stands for tables that map every page
// to itself: twins translate alike.
#pragma once

#include <hvkit/core/access.hpp>
#include <hvkit/core/exit.hpp>
#include <hvkit/cpu/rv64/csr_groups.hpp>
#include <hvkit/cpu/rv64/operands.hpp>
#include <hvkit/cpu/rv64/protection.hpp>
#include <hvkit/cpu/rv64/sentences.hpp>

namespace hvkit::cpu::riscv {

/// What theory/derive.hpp asks of a CPU, for RV64 with the knobs of `Cpu`.
template <class Cpu> struct examination {
  using state = theory::state<Cpu>;
  /// What is said of any offender, instead of its row's own sentence; void for the row's own.
  using sentence = std::conditional_t<Cpu::knobs.traps_delegated, sentences::delegated, void>;

  static constexpr std::size_t memory_words = Cpu::knobs.hypervisor ? 2 : 1, program_words = 1;
  static constexpr std::array<u64, 3> modes{privilege::machine, privilege::supervisor, privilege::user};
  static constexpr u8 bases = 2;

  /// Base 0 is sparse, base 1 has nearly everything set. The VMM holds delegation and counter enables at 0 and opens
  /// all of physical memory, unless a knob says otherwise.
  [[nodiscard]] static constexpr state base(u8 n) {
    state s{};
    for (unsigned i = 1; i < 32; ++i)
      s.user.x[i] = n == 0 ? 0x5a5a'5a5a'5a5a'5a58 + i * 4 : 0x8000'0000'0000'0fff ^ i;
    s.user.pc = 0x8000'1000;
    s.user.retired = 1000;
    s.ticks = 1234;
    auto &w = s.system;
    w.set(w_pmpcfg0, pmp::r | pmp::w | pmp::x | pmp::napot << 3);
    w.set(w_pmpaddr, pmp::address_bits);
    w.set(w_mtvec, 0x8000'0000);
    w.set(w_stvec, 0x8020'0000);
    w.set(w_mepc, 0x8000'2000);
    w.set(w_sepc, 0x8020'2000);
    if (n == 1)
      fill(s);
    if (!Cpu::knobs.floating_point)
      w.set(fields::status::fs, extension_status::off);
    if (Cpu::knobs.user_counters) {
      w.set(w_mcounteren, 7);
      w.set(w_scounteren, 7);
    }
    if (Cpu::knobs.traps_delegated)
      w.set(w_medeleg, csrs::delegable);
    return s;
  }

  [[nodiscard]] static constexpr state twin(state s, u64 to) {
    s.system.set(fields::mode, to);
    return s;
  }
  /// Other frames under the same map: the root is elsewhere.
  [[nodiscard]] static constexpr maybe<state> moved(const state &s) {
    if (s.system.get(w_satp) >> 60 != csrs::satp_sv39)
      return {};
    state to = s;
    to.system.set(w_satp, s.system.get(w_satp) ^ 0x100);
    return to;
  }
  [[nodiscard]] static constexpr u16 place_of(const state &) { return 0; }

  /// What the VMM holds fixed while a less privileged mode runs.
  [[nodiscard]] static constexpr bool fixed(u16 field, u64 mode) {
    if (mode == privilege::machine || field >= Cpu::state_fields.size())
      return false;
    const isa::field &f = Cpu::state_fields[field];
    const u16 word = f.word;
    if (Cpu::knobs.hypervisor && mode == privilege::user && f.name == fields::hypervisor::hu.name)
      return true;
    return ((word == w_mcounteren || word == w_scounteren) && !Cpu::knobs.user_counters) ||
           (word == w_medeleg && !Cpu::knobs.traps_delegated);
  }
  [[nodiscard]] static constexpr bool apart(u16 field) {
    const u16 word = Cpu::state_fields[field].word;
    return word == w_mode || (Cpu::knobs.hypervisor && word == w_virtual);
  }
  [[nodiscard]] static constexpr bool plausible(const state &s) {
    const u64 satp_mode = s.system.get(w_satp) >> 60;
    return s.system.get(fields::status::mpp) != 2 &&
           (Cpu::knobs.floating_point || s.system.get(fields::status::fs) == extension_status::off) &&
           (satp_mode == csrs::satp_bare || satp_mode == csrs::satp_sv39);
  }
  [[nodiscard]] static constexpr bool is_memory_trap(u64 number) {
    return number != cause::illegal_instruction && number != cause::virtual_instruction &&
           number != cause::breakpoint && number < cause::count &&
           (number < cause::ecall_from_u || number > cause::ecall_from_u + privilege::machine);
  }
  /// A delegated trap of a less privileged mode enters supervisor mode, and the VMM in machine mode is not told.
  template <class System> [[nodiscard]] static constexpr bool reaches_vmm(const System &s, const trap &t) {
    return s.get(fields::mode) == privilege::machine || (s.get(w_medeleg) & bit(t.cause & 63)) == 0;
  }

  /// The CSR rows for each group of registers, all other system rows and those of floating point as a whole.
  [[nodiscard]] static constexpr auto units() {
    std::array<theory::unit, unit_count()> all{};
    std::size_t next = 0;
    each_unit([&](const theory::unit &u) { all[next++] = u; });
    return all;
  }
  [[nodiscard]] static constexpr u16 unit_key(isa::row_id row, const operands &o) {
    return has_csr(row) ? csr_group<Cpu>(o.csr(), writes(row, o)) : csr_key::whole_row;
  }
  /// Registers and immediates with other bits set; a destination or none; the first and the last register of a group.
  [[nodiscard]] static constexpr operands specimen(const theory::unit &u, u16 n) {
    const auto &facts = isa::facts<Cpu>[u.row];
    operands o{n == 1 && u.key != csr_key::whole_row ? sink : u8{7}, static_cast<u8>(n == 0 ? 31 : 10), 6, 1, 0};
    if (u.key != csr_key::whole_row) {
      const csr_members &g = group_of(u.key);
      o.imm = static_cast<i32>(n == 0 ? g.first : g.last);
      if (!g.writes && !always_writes(u.row))
        o.rs1 = 0;
    } else if (n == 1) {
      o.rs1 = 0;
      o.rs2 = 0;
    }
    return facts.decode(facts.code.match | facts.encode(o));
  }

private:
  static constexpr void fill(state &s) {
    auto &w = s.system;
    w.set(w_mstatus, csrs::mstatus_fields & ~(bit(12) | bit(17) | bit(20) | bit(21) | bit(22)));
    w.set(w_mideleg, irq::supervisor);
    w.set(w_mie, irq::supervisor | irq::machine);
    w.set(w_mip, irq::ssi);
    w.set(w_lines, irq::mti | irq::sei);
    w.set(w_satp, csrs::satp_sv39 << 60 | 0x80010);
    w.set(w_idle, 17);
    w.set(w_cycle_offset, 50);
    w.set(w_instret_offset, 60);
    for (const u16 word : {w_mscratch, w_mcause, w_mtval, w_sscratch, w_scause, w_stval})
      w.set(word, 0xffff'0000'ffff'000fU ^ word);
  }

  [[nodiscard]] static constexpr bool has_csr(isa::row_id row) { return isa::facts<Cpu>[row].name.starts_with("csrr"); }
  [[nodiscard]] static constexpr bool always_writes(isa::row_id row) {
    return isa::facts<Cpu>[row].name.starts_with("csrrw");
  }
  [[nodiscard]] static constexpr bool writes(isa::row_id row, const operands &o) {
    return always_writes(row) || o.rs1 != 0;
  }
  [[nodiscard]] static constexpr const csr_members &group_of(u16 key) {
    std::size_t n = 0;
    while (csr_groups<Cpu>.first[n].key != key)
      ++n;
    return csr_groups<Cpu>.first[n];
  }

  template <class F> static constexpr void each_unit(F f) {
    for (isa::row_id row = 0; row < isa::row_count<Cpu>; ++row) {
      const auto &facts = isa::facts<Cpu>[row];
      if (facts.needs == isa::capability::fp)
        f(theory::unit{row, {}, {}, csr_key::whole_row, 0});
      if (facts.needs != isa::capability::system)
        continue;
      if (!has_csr(row)) {
        f(theory::unit{row, {}, {}, csr_key::whole_row, static_cast<u16>(facts.operand_bits == 0 ? 1 : 2)});
        continue;
      }
      for (std::size_t n = 0; n < csr_groups<Cpu>.second; ++n) {
        const csr_members &g = csr_groups<Cpu>.first[n];
        if (g.key == csr_key::absent || g.writes || !always_writes(row))
          f(theory::unit{row, g.name, g.writes && !always_writes(row) ? "written" : "", g.key, 2});
      }
    }
  }
  [[nodiscard]] static constexpr std::size_t unit_count() {
    std::size_t n = 0;
    each_unit([&](const theory::unit &) { ++n; });
    return n;
  }
};

} // namespace hvkit::cpu::riscv
