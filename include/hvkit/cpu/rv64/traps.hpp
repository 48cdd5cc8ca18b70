// SPDX-License-Identifier: BSL-1.0
// Decides how a trap or interrupt is taken, which one goes first, and how a handler returns.
// Source: The RISC-V Instruction Set Manual, Volume II, "Machine-Level ISA" and "Supervisor-Level ISA".
#pragma once

#include <hvkit/core/address.hpp>
#include <hvkit/core/exit.hpp>
#include <hvkit/cpu/rv64/csr.hpp>
#include <hvkit/cpu/rv64/forms.hpp>
#include <hvkit/cpu/rv64/hypervisor.hpp>
#include <hvkit/cpu/rv64/knobs.hpp>
#include <hvkit/cpu/rv64/sbi.hpp>

namespace hvkit::cpu::riscv {

/// Mixed into a machine `D` that has `system()`, `user()`, `raise`, `jump`, `changed`, `wait` and `instruction_bits`.
template <class D, rv64_knobs Knobs> struct trap_unit {
  /// mip as software reads it: what it wrote or what devices drive.
  [[nodiscard]] constexpr u64 interrupts_pending() const {
    const u64 written = self().system().get(w_mip) & ~(self().timer_in_force() ? irq::sti : 0);
    return written | self().system().get(w_lines) | self().virtual_pending();
  }

  /// Those of them that are enabled, each for itself.
  [[nodiscard]] constexpr u64 interrupts_waiting() const { return interrupts_pending() & self().system().get(w_mie); }
  /// The bits in mip of an interrupt's cause.
  [[nodiscard]] static constexpr u64 lines_of(u64 cause) { return bit(static_cast<unsigned>(cause & 63)); }

  /// The interrupt to be taken before the next instruction, as a cause.
  [[nodiscard]] constexpr maybe<u64> interrupt_due() const {
    const auto &s = self().system();
    const u64 enabled = interrupts_waiting();
    if (enabled == 0)
      return {};
    const u64 mode = s.get(fields::mode);
    const u64 to_supervisor = s.get(w_mideleg) | self().virtual_interrupts();
    const u64 to_guest = self().virtually_delegated();
    u64 due = 0;
    if (mode != privilege::machine || s.get(fields::status::mie) != 0)
      due = enabled & ~to_supervisor;
    if (due == 0 && (self().virtual_mode() || mode == privilege::user ||
                     (mode == privilege::supervisor && s.get(fields::status::sie) != 0)))
      due = enabled & to_supervisor & ~to_guest;
    if constexpr (Knobs.hypervisor)
      if (due == 0 && self().virtual_mode() &&
          (mode == privilege::user || s.get(fields::in_vsstatus(fields::status::sie)) != 0))
        due = enabled & to_guest;
    return first_of(due);
  }

  /// Where a trap goes.
  enum class handler : u8 { machine, supervisor, virtual_supervisor };
  [[nodiscard]] constexpr handler handler_of(u64 cause) const {
    const auto &s = self().system();
    const bool is_interrupt = (cause & cause::interrupt) != 0;
    const u64 which = bit(cause & 63);
    const u64 delegated = is_interrupt ? s.get(w_mideleg) | self().virtual_interrupts() : s.get(w_medeleg);
    if (s.get(fields::mode) == privilege::machine || (delegated & which) == 0)
      return handler::machine;
    if constexpr (Knobs.hypervisor)
      if (self().virtual_mode() && (s.get(is_interrupt ? w_hideleg : w_hedeleg) & which) != 0)
        return handler::virtual_supervisor;
    return handler::supervisor;
  }

  /// It goes to a handler below machine mode, which a VMM that plays that mode need not hear of.
  [[nodiscard]] constexpr bool stays_inside(u64 cause) const requires(Knobs.hypervisor) {
    return handler_of(cause) != handler::machine;
  }

  /// Takes `t`: the handler's mode, cause, value and old pc are set, and the pc goes to the trap vector. Where the
  /// board serves hypercalls (`hypercalls()`), a call of supervisor mode that is not delegated is served instead.
  constexpr void enter_trap(trap t) {
    auto &s = self().system();
    const handler to = handler_of(t.cause);
    if constexpr (!Knobs.hypervisor && requires { self().hypercalls(); })
      if (t.cause == cause::ecall_from_u + privilege::supervisor && to == handler::machine &&
          self().hypercalls() != nullptr)
        return serve(*self().hypercalls());
    const bool is_interrupt = (t.cause & cause::interrupt) != 0;
    if constexpr (Knobs.hypervisor)
      leave_guest(t, to);
    const u64 number = (t.cause & ~cause::interrupt) - (is_interrupt && to == handler::virtual_supervisor ? 1 : 0);
    t.cause = (t.cause & cause::interrupt) | number;
    const u64 vector = to == handler::machine ? into_machine(t) : into_supervisor(t);
    const u64 base = vector & ~u64{3};
    self().user().reservation = no_reservation;
    self().user().pc = base + ((vector & 1) != 0 && is_interrupt ? 4 * number : 0);
    s.set(w_traps, s.get(w_traps) + 1);
    self().changed(effect::context | effect::interrupts);
  }

  /// Serves the call of supervisor mode at the pc: a trap to machine mode and the return from it, in one step.
  void serve(hypercall_services &board) {
    auto &s = self().system();
    self().user().reservation = no_reservation;
    s.set(w_traps, s.get(w_traps) + 1);
    const sbi::aftermath after = sbi::serve(self().user(), s, board);
    if (after.fence)
      self().fence(*after.fence);
    self().changed(after.effects);
    if (after.waits && !wakes())
      self().wait();
  }

  /// An instruction that does not exist here, or not for this mode.
  constexpr bool illegal() {
    self().raise({cause::illegal_instruction, self().instruction_bits()});
    return false;
  }

  constexpr bool ecall() {
    const u64 mode = self().system().get(fields::mode);
    self().raise(
        {self().virtual_mode() && mode == privilege::supervisor ? cause::ecall_from_vs : cause::ecall_from_u + mode,
         0});
    return false;
  }
  constexpr bool ebreak() {
    self().raise({cause::breakpoint, self().user().pc});
    return false;
  }

  constexpr bool mret() {
    using namespace fields;
    auto &s = self().system();
    if (s.get(mode) != privilege::machine)
      return illegal();
    const u64 to = s.get(status::mpp);
    s.set(status::mie, s.get(status::mpie));
    s.set(status::mpie, 1);
    s.set(status::mpp, privilege::user);
    if constexpr (Knobs.hypervisor) {
      s.set(v, to != privilege::machine ? s.get(status::mpv) : 0);
      s.set(status::mpv, 0);
    }
    return return_to(to, s.get(w_mepc));
  }
  constexpr bool sret() {
    using namespace fields;
    auto &s = self().system();
    if constexpr (Knobs.hypervisor)
      if (self().virtual_mode() && (s.get(mode) == privilege::user || s.get(hypervisor::vtsr) != 0))
        return self().virtual_instruction();
    if (s.get(mode) == privilege::user ||
        (s.get(mode) == privilege::supervisor && s.get(status::tsr) != 0 && !self().virtual_mode()))
      return illegal();
    const auto &spp = self().in_force(status::spp);
    const auto &spie = self().in_force(status::spie);
    const u64 to = s.get(spp), pc = s.get(self().in_force(w_sepc));
    s.set(self().in_force(status::sie), s.get(spie));
    s.set(spie, 1);
    s.set(spp, privilege::user);
    if constexpr (Knobs.hypervisor)
      if (!self().virtual_mode()) {
        s.set(v, s.get(hypervisor::spv));
        s.set(hypervisor::spv, 0);
      }
    return return_to(to, pc);
  }

  constexpr bool wfi() {
    auto &s = self().system();
    const u64 mode = s.get(fields::mode);
    if constexpr (Knobs.hypervisor)
      if (self().virtual_mode() && s.get(fields::status::tw) == 0 &&
          (mode == privilege::user || s.get(fields::hypervisor::vtw) != 0))
        return self().virtual_instruction();
    if ((mode == privilege::user && !Knobs.user_wfi_completes) ||
        (mode != privilege::machine && s.get(fields::status::tw) != 0))
      return illegal();
    if (mode != privilege::user && !wakes())
      self().wait();
    return true;
  }
  /// An interrupt that ends WFI: pending and enabled for itself, whatever the global enables and delegation say.
  [[nodiscard]] constexpr bool wakes() const { return interrupts_waiting() != 0; }

  constexpr bool sfence_vma(const fence_scope &scope) {
    const auto &s = self().system();
    if constexpr (Knobs.hypervisor)
      if (self().virtual_mode() && (s.get(fields::mode) == privilege::user || s.get(fields::hypervisor::vtvm) != 0))
        return self().virtual_instruction();
    if (s.get(fields::mode) == privilege::user ||
        (s.get(fields::mode) == privilege::supervisor && s.get(fields::status::tvm) != 0 && !self().virtual_mode()))
      return illegal();
    self().fence(scope);
    return true;
  }
  constexpr bool fence_i() {
    self().changed(effect::code);
    return true;
  }

private:
  constexpr u64 into_machine(trap t) {
    using namespace fields;
    auto &s = self().system();
    s.set(status::mpie, s.get(status::mie));
    s.set(status::mie, 0);
    s.set(status::mpp, s.get(mode));
    s.set(mode, privilege::machine);
    s.set(w_mepc, self().user().pc);
    s.set(w_mcause, t.cause);
    s.set(w_mtval, t.value);
    return s.get(w_mtvec);
  }
  constexpr u64 into_supervisor(trap t) {
    using namespace fields;
    auto &s = self().system();
    const auto &sie = self().in_force(status::sie);
    s.set(self().in_force(status::spie), s.get(sie));
    s.set(sie, 0);
    s.set(self().in_force(status::spp), s.get(mode));
    s.set(mode, privilege::supervisor);
    s.set(self().in_force(w_sepc), self().user().pc);
    s.set(self().in_force(w_scause), t.cause);
    s.set(self().in_force(w_stval), t.value);
    return s.get(self().in_force(w_stvec));
  }
  /// What the handler is told of the guest, if it is not the guest's own: V, as it was, and what is known of the value.
  /// "Trap Entry".
  constexpr void leave_guest(trap t, handler to) {
    using namespace fields;
    if (to == handler::virtual_supervisor)
      return;
    auto &s = self().system();
    const trap_details about = details_of(t);
    const u64 address = about.guest_address ? about.guest_address->value >> 2 : 0;
    const u64 was = s.get(v);
    if (to == handler::machine) {
      s.set(status::mpv, was);
      s.set(status::gva, about.of_guest ? 1 : 0);
      s.set(w_mtval2, address);
      s.set(w_mtinst, about.instruction);
    } else {
      if (was != 0)
        s.set(hypervisor::spvp, s.get(mode));
      s.set(hypervisor::spv, was);
      s.set(hypervisor::gva, about.of_guest ? 1 : 0);
      s.set(w_htval, address);
      s.set(w_htinst, about.instruction);
    }
    s.set(v, 0);
  }
  /// Memory faults brought their details; of other traps, those whose value is an address of the program's are known.
  [[nodiscard]] constexpr trap_details details_of(trap t) const {
    for (const access a : {access::fetch, access::load, access::store})
      if (t.cause == cause::page_fault(a) || t.cause == cause::access_fault(a) || t.cause == cause::guest_page_fault(a))
        return self().details();
    trap_details about;
    about.of_guest = t.cause == cause::breakpoint ? self().virtual_mode()
                     : t.cause == cause::load_misaligned
                         ? self().of_guest(access::load)
                         : t.cause == cause::store_misaligned && self().of_guest(access::store);
    return about;
  }
  /// The one that goes first, as a cause. "Machine Interrupt Registers (mip and mie)".
  [[nodiscard]] static constexpr maybe<u64> first_of(u64 due) {
    for (const unsigned number : {11U, 3U, 7U, 9U, 1U, 5U, 10U, 2U, 6U}) // MEI MSI MTI SEI SSI STI VSEI VSSI VSTI
      if ((due & bit(number)) != 0)
        return cause::interrupt | number;
    return {};
  }
  constexpr bool return_to(u64 to, u64 pc) {
    auto &s = self().system();
    if (to != privilege::machine)
      s.set(fields::status::mprv, 0);
    s.set(fields::mode, to);
    self().user().reservation = no_reservation;
    self().jump(gva{pc});
    self().changed(effect::context | effect::interrupts);
    return true;
  }
  [[nodiscard]] constexpr D &self() { return static_cast<D &>(*this); }
  [[nodiscard]] constexpr const D &self() const { return static_cast<const D &>(*this); }
};

} // namespace hvkit::cpu::riscv
