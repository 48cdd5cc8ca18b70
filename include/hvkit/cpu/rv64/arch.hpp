// SPDX-License-Identifier: BSL-1.0
// Decides what RV64's architecture is to every machine: one layer, mixed into hart, virtual CPU and recorder alike.
#pragma once

#include <hvkit/core/context.hpp>
#include <hvkit/cpu/rv64/csr_table.hpp>
#include <hvkit/cpu/rv64/hypervisor.hpp>
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
                                                   hypervisor_unit<D, Knobs.hypervisor>,
                                                   translation_unit<D, Knobs.hardware_access_dirty, Knobs.hypervisor>,
                                                   supervisor_timer<D, Knobs.supervisor_timer> {
  /// CSRRW, CSRRS, CSRRC and their immediate forms. `modify` makes the new value of the old.
  template <class F> constexpr bool csr(const operands &o, bool reads, bool writes, F modify) {
    const u16 number = o.csr();
    const u8 row = csr_index<Knobs.hypervisor>[number];
    if (row == no_csr)
      return this->illegal();
    const csr_facts &facts = csr_table<Knobs.hypervisor>[row];
    if (!accessible(number, writes, facts.guard))
      return refused(number, writes, facts.guard);
    const csr_functions<D> &functions = csr_access<D, Knobs.hypervisor>[row];
    const unsigned nth = static_cast<unsigned>(number - facts.first);
    const u64 old = reads ? functions.read(self(), nth) : 0;
    if (writes) {
      const u64 base = reads ? functions.base(self(), nth) : 0;
      functions.write(self(), nth, modify(base));
      if (facts.effects != effect::none)
        self().changed(facts.effects);
    }
    self().user().x[o.rd] = old;
    return true;
  }

  /// F and D are there. What their rows ask: whether they may run, and that they are told of what they wrote.
  static constexpr bool has_floating_point = Knobs.floating_point;
  [[nodiscard]] constexpr bool fp_usable() const {
    if constexpr (Knobs.hypervisor)
      if (this->virtual_mode() && self().system().get(fields::in_vsstatus(fields::status::fs)) == extension_status::off)
        return false;
    return self().system().get(fields::status::fs) != extension_status::off;
  }
  constexpr void fp_written() {
    self().system().set(fields::status::fs, extension_status::dirty);
    if constexpr (Knobs.hypervisor)
      if (this->virtual_mode())
        self().system().set(fields::in_vsstatus(fields::status::fs), extension_status::dirty);
  }

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
  constexpr void raise_access_fault(access a, gva at) {
    if constexpr (Knobs.hypervisor)
      this->set_details({{}, 0, this->of_guest(a)});
    self().raise({cause::access_fault(a), at.value});
  }

  /// What translations depend on, for accesses of this kind. Equal keys translate alike as long as no table changes.
  [[nodiscard]] constexpr context_key translation_context(access a) const {
    const auto &s = self().system();
    const u64 mode = this->effective_mode(a);
    if constexpr (Knobs.hypervisor)
      if (this->of_guest(a))
        return guest_context(a, mode);
    if (mode == privilege::machine || s.get(w_satp) >> 60 == csrs::satp_bare)
      return {0, mode};
    const u64 sum = mode == privilege::user ? 0 : s.get(fields::status::sum);
    return {s.get(w_satp), mode | sum << 2 | s.get(fields::status::mxr) << 3};
  }

private:
  static_assert(!Knobs.hypervisor || !Knobs.supervisor_timer, "vstimecmp is not described");

  /// With the H extension the registers between S and M are those of hypervisors, for HS mode.
  [[nodiscard]] constexpr u64 privilege_over_registers() const {
    const u64 mode = self().system().get(fields::mode);
    return Knobs.hypervisor && mode == privilege::supervisor && !this->virtual_mode() ? mode + 1 : mode;
  }
  [[nodiscard]] constexpr bool accessible(u16 number, bool writes, gate guard) const {
    const u64 mode = self().system().get(fields::mode);
    if ((number >> 8 & 3U) > privilege_over_registers() || (writes && number >> 10 == 3) ||
        (brings_supervisor_timer(guard) && !Knobs.supervisor_timer))
      return false;
    switch (guard) {
    case gate::counter:
      return counter_enabled(mode, bit(number & 31U));
    case gate::virtual_memory:
      return mode != privilege::supervisor || !translation_guarded();
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
    return mode == privilege::machine ||
           ((s.get(w_mcounteren) & which) != 0 && (!this->virtual_mode() || counter_enabled_for_guests(which)) &&
            (mode == privilege::supervisor || (s.get(w_scounteren) & which) != 0));
  }
  [[nodiscard]] constexpr bool counter_enabled_for_guests(u64 which) const {
    if constexpr (Knobs.hypervisor)
      return (self().system().get(w_hcounteren) & which) != 0;
    return true;
  }
  /// TVM, or in VS mode VTVM, forbids supervisor mode to see and to change how addresses are translated.
  [[nodiscard]] constexpr bool translation_guarded() const {
    if constexpr (Knobs.hypervisor)
      if (this->virtual_mode())
        return self().system().get(fields::hypervisor::vtvm) != 0;
    return self().system().get(fields::status::tvm) != 0;
  }
  /// What HS mode could do, as far as machine mode lets it, is a virtual instruction to its guests.
  /// "Virtual-Instruction Exception".
  constexpr bool refused(u16 number, bool writes, gate guard) {
    if constexpr (Knobs.hypervisor) {
      const bool by_machine = (number >> 8 & 3U) == privilege::machine || (writes && number >> 10 == 3) ||
                              brings_supervisor_timer(guard) || guard == gate::floating_point ||
                              (guard == gate::counter && (self().system().get(w_mcounteren) & bit(number & 31U)) == 0);
      if (this->virtual_mode() && !by_machine)
        return this->virtual_instruction();
    }
    return this->illegal();
  }
  /// The key of a guest's translations. In `rights`: [3:0] as without a hypervisor, 4 V, 5 HLVX, 6 MXR of HS mode, 7
  /// whether there is a second stage, [21:8] VMID, [63:22] its root.
  [[nodiscard]] constexpr context_key guest_context(access a, u64 mode) const {
    using fields::in_vsstatus;
    const auto &s = self().system();
    const u64 of_all = s.get(fields::status::mxr), hgatp = s.get(w_hgatp);
    const u64 sum = mode == privilege::user ? 0 : s.get(in_vsstatus(fields::status::sum));
    const u64 mxr = of_all | s.get(in_vsstatus(fields::status::mxr));
    const u64 executes = a == access::load && this->borrows_execution() ? 1 : 0;
    const bool translated = s.get(w_vsatp) >> 60 != csrs::satp_bare;
    u64 rights = mode | (translated ? sum << 2 | mxr << 3 : 0) | bit(4) | executes << 5;
    if (hgatp >> 60 != csrs::hgatp_bare)
      rights |= of_all << 6 | bit(7) | extract(hgatp, csrs::hgatp_vmid) << 8 | extract(hgatp, csrs::hgatp_ppn) << 22;
    return {translated ? s.get(w_vsatp) : 0, rights};
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
