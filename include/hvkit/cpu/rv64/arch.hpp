// SPDX-License-Identifier: BSL-1.0
// Decides what RV64's architecture is to every machine: one layer, mixed into hart, virtual CPU and recorder alike.
#pragma once

#include <hvkit/core/context.hpp>
#include <hvkit/cpu/rv64/csr.hpp>
#include <hvkit/cpu/rv64/knobs.hpp>
#include <hvkit/cpu/rv64/protection.hpp>
#include <hvkit/cpu/rv64/supervisor_timer.hpp>
#include <hvkit/cpu/rv64/translation.hpp>
#include <hvkit/cpu/rv64/traps.hpp>

namespace hvkit::cpu::riscv {

/// A machine `D` derives from `arch<D, ...>` and supplies
///   user(), system()                  its state,
///   ram_load<T>(gpa)                  physical memory without devices, for walks,
///   update_entry(gpa, u64)            an A/D update of a table entry,
///   raise(trap)                       notes the trap; whoever ran the row decides what becomes of it,
///   jump(gva)                         where to go after this instruction,
///   changed(effect)                   what a write to system state may have made stale,
///   wait(), ticks(), instruction_bits().
template <class D, rv64_knobs Knobs> struct arch : trap_unit<D, Knobs>,
                                                   protection<D>,
                                                   translation_unit<D, Knobs.hardware_access_dirty>,
                                                   supervisor_timer<D, Knobs.supervisor_timer> {
  /// CSRRW, CSRRS, CSRRC and their immediate forms. `modify` makes the new value of the old.
  template <class F> constexpr bool csr(const operands &o, bool reads, bool writes, F modify) {
    const u16 number = o.csr();
    const u8 row = csr_index[number];
    if (row == no_csr || !accessible(number, writes, csr_table[row].guard))
      return this->illegal();
    const csr_facts &facts = csr_table[row];
    const unsigned nth = static_cast<unsigned>(number - facts.first);
    const u64 old = reads ? csr_access<D>[row].read(self(), nth) : 0;
    if (writes) {
      const u64 base = reads ? csr_access<D>[row].base(self(), nth) : 0;
      csr_access<D>[row].write(self(), nth, modify(base));
      if (facts.effects != effect::none)
        self().changed(facts.effects);
    }
    self().user().x[o.rd] = old;
    return true;
  }

  /// F and D are there. What their rows ask: whether they may run, and that they are told of what they wrote.
  static constexpr bool has_floating_point = Knobs.floating_point;
  [[nodiscard]] constexpr bool fp_usable() const {
    return self().system().get(fields::status::fs) != extension_status::off;
  }
  constexpr void fp_written() { self().system().set(fields::status::fs, extension_status::dirty); }

  /// Bits of satp that read as 0: those of ASID that are not there.
  static constexpr u64 absent_asid_bits = (low_bits(16) & ~low_bits(Knobs.asid_bits)) << 44;

  /// What mcycle and minstret read: one cycle for each instruction time, idle ones included.
  [[nodiscard]] constexpr u64 cycles() const {
    return retired() + self().system().get(w_idle) + self().system().get(w_cycle_offset);
  }
  [[nodiscard]] constexpr u64 instructions() const { return retired() + self().system().get(w_instret_offset); }
  [[nodiscard]] constexpr u64 retired() const { return self().user().retired; }

  /// Fetches the instruction at the pc: two or four bytes, of which the second half may lie in another page.
  [[nodiscard]] constexpr maybe<u32> fetch_word() {
    const gva at{self().user().pc};
    const maybe<u16> low = self().template fetch<u16>(at);
    if (!low)
      return {};
    if ((*low & 3U) != 3)
      return *low;
    const maybe<u16> high = self().template fetch<u16>(at + 2);
    if (!high)
      return {};
    return u32{*low} | u32{*high} << 16;
  }

  /// The physical address exists for the translation but not on the bus.
  constexpr void raise_access_fault(access a, gva at) { self().raise({cause::access_fault(a), at.value}); }

  /// What translations depend on, for accesses of this kind. Equal keys translate alike as long as no table changes.
  [[nodiscard]] constexpr context_key translation_context(access a) const {
    const auto &s = self().system();
    const u64 mode = this->effective_mode(a);
    if (mode == privilege::machine || s.get(w_satp) >> 60 == csrs::satp_bare)
      return {0, mode};
    const u64 sum = mode == privilege::user ? 0 : s.get(fields::status::sum);
    return {s.get(w_satp), mode | sum << 2 | s.get(fields::status::mxr) << 3};
  }

private:
  [[nodiscard]] constexpr bool accessible(u16 number, bool writes, gate guard) const {
    const u64 mode = self().system().get(fields::mode);
    if ((number >> 8 & 3U) > mode || (writes && number >> 10 == 3) ||
        (brings_supervisor_timer(guard) && !Knobs.supervisor_timer))
      return false;
    switch (guard) {
    case gate::counter:
      return counter_enabled(mode, bit(number & 31U));
    case gate::virtual_memory:
      return mode != privilege::supervisor || self().system().get(fields::status::tvm) == 0;
    case gate::floating_point:
      return fp_usable();
    case gate::supervisor_timer:
      return timer_enabled(mode);
    default:
      return true;
    }
  }
  [[nodiscard]] constexpr bool counter_enabled(u64 mode, u64 which) const {
    const auto &s = self().system();
    return mode == privilege::machine || ((s.get(w_mcounteren) & which) != 0 &&
                                          (mode == privilege::supervisor || (s.get(w_scounteren) & which) != 0));
  }
  /// Machine mode shares stimecmp only together with the time it is compared with: mcounteren.TM.
  [[nodiscard]] constexpr bool timer_enabled(u64 mode) const {
    return mode == privilege::machine ||
           (self().system().get(fields::stce) != 0 && (self().system().get(w_mcounteren) & bit(1)) != 0);
  }
  [[nodiscard]] constexpr D &self() { return static_cast<D &>(*this); }
  [[nodiscard]] constexpr const D &self() const { return static_cast<const D &>(*this); }
};

} // namespace hvkit::cpu::riscv
