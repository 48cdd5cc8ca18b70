// SPDX-License-Identifier: BSL-1.0
// Decides what the H extension adds to a machine: what stands for a supervisor register in VS mode, and the
// instructions by which a hypervisor reaches a guest's memory. Without the extension all of it is nothing. Source: The
// RISC-V Instruction Set Manual, Volume II, "Hypervisor Extension".
#pragma once

#include <hvkit/core/context.hpp>
#include <hvkit/core/exit.hpp>
#include <hvkit/cpu/rv64/hypervisor_state.hpp>

namespace hvkit::cpu::riscv {

/// What VS mode has in place of a word of supervisor mode; the word itself where it has nothing of its own.
[[nodiscard]] constexpr u16 virtual_twin(u16 word) noexcept {
  switch (word) {
  case w_mstatus:
    return w_vsstatus;
  case w_mip:
    return w_hvip;
  case w_stvec:
    return w_vstvec;
  case w_sscratch:
    return w_vsscratch;
  case w_sepc:
    return w_vsepc;
  case w_scause:
    return w_vscause;
  case w_stval:
    return w_vstval;
  case w_satp:
    return w_vsatp;
  default:
    return word;
  }
}

/// What a trap has beside cause and value: on a hart whose traps enter handlers it goes to mtval2 or htval, mtinst or
/// htinst, and GVA.
struct trap_details {
  maybe<gpa> guest_address; ///< of a guest-page fault: what the second stage was asked for
  u64 instruction = 0;      ///< of a guest-page fault: a pseudoinstruction, if a walk took it
  bool of_guest = false;    ///< the value is a guest's virtual address
};
/// Those pseudoinstructions: a 64-bit read, a 64-bit write for a walk of the first stage. "Transformed Instruction or
/// Pseudoinstruction for mtinst or htinst".
inline constexpr u64 walk_read = 0x3000, walk_write = 0x3020;

/// Mixed into a machine `D` that has `system()`, `user()`, `raise`, `changed`, `fence`. This is a machine without the
/// extension.
template <class D, bool Present> struct hypervisor_unit {
  static constexpr bool has_hypervisor = false;
  /// VS or VU is in force.
  [[nodiscard]] static constexpr bool virtual_mode() noexcept { return false; }
  /// The word, or the field, that stands for one of supervisor mode's.
  [[nodiscard]] static constexpr u16 in_force(u16 word) noexcept { return word; }
  [[nodiscard]] static constexpr const isa::field &in_force(const isa::field &f) noexcept { return f; }
  /// Interrupts of VS: those there are, those that are its own to take, those pending.
  [[nodiscard]] static constexpr u64 virtual_interrupts() noexcept { return 0; }
  [[nodiscard]] static constexpr u64 virtually_delegated() noexcept { return 0; }
  [[nodiscard]] static constexpr u64 virtual_pending() noexcept { return 0; }
  static constexpr void set_virtual_software_interrupt(u64) noexcept {}
  /// What is added to the time that a guest is shown.
  [[nodiscard]] static constexpr u64 guest_time() noexcept { return 0; }
  /// An access of that kind is a guest's.
  [[nodiscard]] static constexpr bool of_guest(access) noexcept { return false; }
};

template <class D> struct hypervisor_unit<D, true> {
  static constexpr bool has_hypervisor = true;
  [[nodiscard]] constexpr bool virtual_mode() const { return self().system().get(fields::v) != 0; }
  [[nodiscard]] constexpr u16 in_force(u16 word) const { return virtual_mode() ? virtual_twin(word) : word; }
  [[nodiscard]] constexpr isa::field in_force(isa::field f) const {
    f.word = in_force(f.word);
    return f;
  }
  [[nodiscard]] static constexpr u64 virtual_interrupts() noexcept { return irq::virtual_supervisor; }
  [[nodiscard]] constexpr u64 virtually_delegated() const { return self().system().get(w_hideleg); }
  [[nodiscard]] constexpr u64 virtual_pending() const { return self().system().get(w_hvip); }
  /// Of a value written to mip or hip: VSSIP is the only bit of VS that they write.
  constexpr void set_virtual_software_interrupt(u64 value) {
    self().system().set(w_hvip, (virtual_pending() & ~irq::vssi) | (value & irq::vssi));
  }
  [[nodiscard]] constexpr u64 guest_time() const { return virtual_mode() ? self().system().get(w_htimedelta) : 0; }
  /// MPRV lends loads and stores of M mode the rights of MPP, with MPV.
  [[nodiscard]] constexpr bool of_guest(access a) const {
    const auto &s = self().system();
    if (a == access::fetch || s.get(fields::mode) != privilege::machine || s.get(fields::status::mprv) == 0)
      return virtual_mode() || (a != access::fetch && borrows());
    return borrows() || (s.get(fields::status::mpv) != 0 && s.get(fields::status::mpp) != privilege::machine);
  }

  /// What cannot be done in VS or VU, though a hypervisor could.
  constexpr bool virtual_instruction() {
    self().raise({cause::virtual_instruction, self().instruction_bits()});
    return false;
  }

  /// HFENCE.VVMA and HFENCE.GVMA; the latter is forbidden to HS mode by TVM. Wider than they ask. "Hypervisor
  /// Memory-Management Fence Instructions".
  constexpr bool hfence(bool second_stage) {
    const auto &s = self().system();
    if (virtual_mode())
      return virtual_instruction();
    const u64 mode = s.get(fields::mode);
    if (mode == privilege::user || (second_stage && mode == privilege::supervisor && s.get(fields::status::tvm) != 0))
      return self().illegal();
    self().fence({});
    return true;
  }

  /// HLV, HLVX: loads a T as the guest would in the mode that hstatus.SPVP says; HLVX asks for the right to execute in
  /// place of the right to read. "Hypervisor Virtual-Machine Load and Store Instructions".
  template <class T> [[nodiscard]] constexpr maybe<T> guest_load(gva at, bool executable) {
    if (!may_borrow())
      return {};
    borrow(executable ? lent::executing : lent::reading);
    const auto value = self().template load<T>(at);
    borrow(lent::nothing);
    return value;
  }
  /// HSV.
  template <class T> [[nodiscard]] constexpr bool guest_store(gva at, T value) {
    if (!may_borrow())
      return false;
    borrow(lent::reading);
    const bool stored = self().template store<T>(at, value);
    borrow(lent::nothing);
    return stored;
  }

  /// Of the last trap: valid for a memory fault until the next one.
  [[nodiscard]] constexpr const trap_details &details() const { return details_; }
  constexpr void set_details(const trap_details &d) { details_ = d; }

  /// Data accesses have a guest's rights now; loads, that to execute in place of that to read.
  [[nodiscard]] constexpr bool borrows() const { return borrowed_ != lent::nothing; }
  [[nodiscard]] constexpr bool borrows_execution() const { return borrowed_ == lent::executing; }

private:
  enum class lent : u8 { nothing, reading, executing };
  [[nodiscard]] constexpr bool may_borrow() {
    const auto &s = self().system();
    if (virtual_mode())
      return virtual_instruction();
    return s.get(fields::mode) != privilege::user || s.get(fields::hypervisor::hu) != 0 || self().illegal();
  }
  constexpr void borrow(lent what) {
    borrowed_ = what;
    self().changed(effect::context);
  }
  [[nodiscard]] constexpr D &self() { return static_cast<D &>(*this); }
  [[nodiscard]] constexpr const D &self() const { return static_cast<const D &>(*this); }

  lent borrowed_ = lent::nothing;
  trap_details details_{};
};

} // namespace hvkit::cpu::riscv
