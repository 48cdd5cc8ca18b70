// SPDX-License-Identifier: BSL-1.0
// Decides how hardware with the H extension runs a guest that has none: which of its modes stand for the guest's, what
// of the guest's state it is given, and what comes back.
//
//   guest   M                        S            U            M with MPRV
//   runs    VU, every system         VS           VU           VU, and loads and stores exit
//           instruction exits
//   stage 1 none                     the guest's satp          none
//   stage 2 what M may touch         what S and U may          what M may fetch
//
// The guest's S mode takes the traps and interrupts that its M mode delegated; all others are exits.
#pragma once

#include <hvkit/core/exit.hpp>
#include <hvkit/cpu/rv64/csr_hypervisor.hpp>
#include <hvkit/cpu/rv64/knobs.hpp>
#include <hvkit/cpu/rv64/translation.hpp>

namespace hvkit::cpu {

template <rv64_knobs Knobs> struct basic_rv64;

namespace riscv {

/// The same CPU with the H extension. Its own timer of supervisor mode is left out: a guest's is the virtual CPU's.
[[nodiscard]] constexpr rv64_knobs with_hypervisor(rv64_knobs k) noexcept {
  k.hypervisor = true;
  k.supervisor_timer = false;
  return k;
}

/// A part of `basic_rv64<Knobs>`: what it says as a guest of assisted hardware.
template <rv64_knobs Knobs, bool Hypervisor = Knobs.hypervisor> struct assist {
  /// The hardware that runs its guests in modes of their own.
  using assisted = basic_rv64<with_hypervisor(Knobs)>;

  /// The guest's modes see its physical memory with different rights: S and U, M, and M that borrows another mode's
  /// rights for its data.
  static constexpr std::size_t physical_views = 3;
  [[nodiscard]] static constexpr std::size_t physical_view(const system_state &guest) noexcept {
    if (guest.get(fields::mode) != privilege::machine)
      return 0;
    const bool borrows = guest.get(fields::status::mprv) != 0 && guest.get(fields::status::mpp) != privilege::machine;
    return borrows ? 2 : 1;
  }
  [[nodiscard]] static constexpr bool views_code_alone(std::size_t view) noexcept { return view == 2; }

  /// Whether the interrupt that is due is one that the hardware delivers to the guest's S mode.
  template <class VirtualCpu>
  [[nodiscard]] static constexpr bool delivered_by_assist(const VirtualCpu &cpu, u64 cause) noexcept {
    return cpu.system().get(fields::mode) != privilege::machine &&
           (cpu.system().get(w_mideleg) & VirtualCpu::lines_of(cause)) != 0;
  }
};

/// What it says as that hardware.
template <rv64_knobs Knobs> struct assist<Knobs, true> {
  using hardware_state = system_state_of<true>;
  using second_stage_format = sv39x4;

  /// Makes the hardware run what the virtual CPU would run next, with the guest's state in force. The second stage is
  /// not touched.
  template <class VirtualCpu> static constexpr void enter_guest(const VirtualCpu &cpu, hardware_state &h) {
    using namespace fields;
    const system_state &g = cpu.system();
    const bool machine = g.get(mode) == privilege::machine;
    const u64 to_guest = machine ? 0 : g.get(w_mideleg);
    h.set(v, 1);
    h.set(mode, machine ? privilege::user : g.get(mode));
    h.set(w_mcounteren, low_bits(3)); // for guests hcounteren is 0: counters exit
    h.set(status::tw, 0);             // hstatus says it
    h.set(status::fs, extension_status::dirty);
    h.set(w_medeleg, machine ? 0 : taken_inside<VirtualCpu>(g.get(w_medeleg)));
    h.set(w_hedeleg, h.get(w_medeleg));
    h.set(w_hideleg, to_guest << 1);
    h.set(w_mie, (g.get(w_mie) & to_guest) << 1);
    h.set(w_hvip, (cpu.interrupts_pending() & to_guest) << 1);
    h.set(hypervisor::vtvm, g.get(status::tvm));
    h.set(hypervisor::vtw, g.get(status::tw));
    h.set(hypervisor::vtsr, g.get(status::tsr));
    h.set(w_vsstatus, g.get(w_mstatus) & csrs::sstatus_fields);
    for (const u16 word : own_words)
      h.set(virtual_twin(word), g.get(word));
    if (machine)
      h.set(w_vsatp, 0);
  }
  /// After an exit: what the guest made of its state.
  template <class VirtualCpu> static constexpr void leave_guest(const hardware_state &h, VirtualCpu &cpu) {
    using namespace fields;
    system_state &g = cpu.system();
    g.set(w_traps, g.get(w_traps) + h.get(w_traps));
    g.set(status::fs, h.get(in_vsstatus(status::fs)));
    if (g.get(mode) == privilege::machine)
      return;
    const u64 own = g.get(w_mideleg);
    g.set(mode, h.get(mode));
    g.set(w_mstatus, (g.get(w_mstatus) & ~csrs::sstatus_fields) | h.get(w_vsstatus));
    for (const u16 word : own_words)
      g.set(word, h.get(virtual_twin(word)));
    g.set(w_mie, (g.get(w_mie) & ~own) | (h.get(w_mie) >> 1 & own));
    const u64 software = irq::ssi & own & ~g.get(w_lines); // the one bit of sip that supervisor mode writes
    g.set(w_mip, (g.get(w_mip) & ~software) | (h.get(w_hvip) >> 1 & software));
  }

  /// Makes the hardware use those tables for the second stage, under a number of their own.
  static constexpr void set_second_root(hardware_state &h, hpa root, u64 space) {
    h.set(w_hgatp, csrs::hgatp_sv39x4 << 60 | (space << 44 & csrs::hgatp_vmid) | root.value >> frame_bits);
  }
  /// What the last trap found no entry of the second stage for, if it was that; `a` is the program's access.
  template <class Hart>
  [[nodiscard]] static constexpr maybe<second_stage_fault> second_stage_fault_of(const Hart &hart, access a) {
    const trap_details &d = hart.details();
    if (!d.guest_address)
      return {};
    return second_stage_fault{*d.guest_address, d.instruction == 0            ? a
                                                : d.instruction == walk_write ? access::store
                                                                              : access::load};
  }

private:
  /// What supervisor mode has for itself, and VS mode, too. scounteren serves both.
  static constexpr std::array own_words{w_stvec, w_sscratch, w_sepc, w_scause, w_stval, w_satp, w_scounteren};

  /// The exceptions that the guest's S mode takes without the VMM: of those delegated to it, the ones that mean the
  /// same to the hardware. An instruction that is illegal to the hardware need not be so to a guest with a timer of its
  /// own.
  template <class VirtualCpu> [[nodiscard]] static constexpr u64 taken_inside(u64 delegated) {
    return delegated & csrs::hedeleg_fields & ~(VirtualCpu::has_supervisor_timer ? bit(cause::illegal_instruction) : 0);
  }
};

} // namespace riscv
} // namespace hvkit::cpu
