// SPDX-License-Identifier: BSL-1.0
// Decides how a trap or interrupt is taken, which one goes first, and how a handler returns.
// Source: The RISC-V Instruction Set Manual, Volume II, "Machine-Level ISA" and "Supervisor-Level ISA".
#pragma once

#include <hvkit/core/address.hpp>
#include <hvkit/core/exit.hpp>
#include <hvkit/cpu/rv64/csr.hpp>
#include <hvkit/cpu/rv64/forms.hpp>
#include <hvkit/cpu/rv64/knobs.hpp>
#include <hvkit/cpu/rv64/sbi.hpp>

namespace hvkit::cpu::riscv {

/// Mixed into a machine `D` that has `system()`, `user()`, `raise`, `jump`, `changed`, `wait` and `instruction_bits`.
template <class D, rv64_knobs Knobs> struct trap_unit {
  /// mip as software reads it: what it wrote or what devices drive.
  [[nodiscard]] constexpr u64 interrupts_pending() const {
    const u64 written = self().system().get(w_mip) & ~(self().timer_in_force() ? irq::sti : 0);
    return written | self().system().get(w_lines);
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
    const u64 to_supervisor = s.get(w_mideleg);
    u64 due = 0;
    if (mode != privilege::machine || s.get(fields::status::mie) != 0)
      due = enabled & ~to_supervisor;
    if (due == 0 && (mode == privilege::user || (mode == privilege::supervisor && s.get(fields::status::sie) != 0)))
      due = enabled & to_supervisor;
    for (const unsigned number : {11U, 3U, 7U, 9U, 1U, 5U}) // MEI MSI MTI SEI SSI STI
      if ((due & bit(number)) != 0)
        return cause::interrupt | number;
    return {};
  }

  /// Takes `t`: the handler's mode, cause, value and old pc are set, and the pc goes to the trap vector. Where the
  /// board serves hypercalls (`hypercalls()`), a call of supervisor mode that is not delegated is served instead.
  constexpr void enter_trap(trap t) {
    auto &s = self().system();
    const bool is_interrupt = (t.cause & cause::interrupt) != 0;
    const u64 number = t.cause & ~cause::interrupt;
    const u64 delegated = s.get(is_interrupt ? w_mideleg : w_medeleg);
    const bool to_supervisor = s.get(fields::mode) != privilege::machine && (delegated & bit(number & 63)) != 0;
    if constexpr (requires { self().hypercalls(); })
      if (t.cause == cause::ecall_from_u + privilege::supervisor && !to_supervisor && self().hypercalls() != nullptr)
        return serve(*self().hypercalls());
    const u64 vector = to_supervisor ? into_supervisor(t) : into_machine(t);
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
    self().raise({cause::ecall_from_u + self().system().get(fields::mode), 0});
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
    return return_to(to, s.get(w_mepc));
  }
  constexpr bool sret() {
    using namespace fields;
    auto &s = self().system();
    if (s.get(mode) == privilege::user || (s.get(mode) == privilege::supervisor && s.get(status::tsr) != 0))
      return illegal();
    const u64 to = s.get(status::spp);
    s.set(status::sie, s.get(status::spie));
    s.set(status::spie, 1);
    s.set(status::spp, privilege::user);
    return return_to(to, s.get(w_sepc));
  }

  constexpr bool wfi() {
    auto &s = self().system();
    const u64 mode = s.get(fields::mode);
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
    if (s.get(fields::mode) == privilege::user ||
        (s.get(fields::mode) == privilege::supervisor && s.get(fields::status::tvm) != 0))
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
    s.set(status::spie, s.get(status::sie));
    s.set(status::sie, 0);
    s.set(status::spp, s.get(mode));
    s.set(mode, privilege::supervisor);
    s.set(w_sepc, self().user().pc);
    s.set(w_scause, t.cause);
    s.set(w_stval, t.value);
    return s.get(w_stvec);
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
