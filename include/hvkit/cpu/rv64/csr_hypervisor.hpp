// SPDX-License-Identifier: BSL-1.0
// Decides what the control and status registers of the H extension are, one row a register.
// Source: The RISC-V Instruction Set Manual, Volume II, "Hypervisor and Virtual Supervisor CSRs".
#pragma once

#include <hvkit/cpu/rv64/csr.hpp>

namespace hvkit::cpu::riscv::csrs {

/// VSXL of hstatus, fixed to 64; and all of it that can be written: VSBE and VGEIN are 0, since memory is little-endian
/// and there are no guest external interrupts (GEILEN is 0).
inline constexpr u64 vsxl = xlen_64 << 32;
inline constexpr u64 hstatus_fields = fields::hypervisor::gva.mask | fields::hypervisor::spv.mask |
                                      fields::hypervisor::spvp.mask | fields::hypervisor::hu.mask |
                                      fields::hypervisor::vtvm.mask | fields::hypervisor::vtw.mask |
                                      fields::hypervisor::vtsr.mask;
/// What hypervisors may leave to VS: no call of theirs or its own, and no guest-page fault.
inline constexpr u64 hedeleg_fields = delegable & ~bit(cause::ecall_from_u + privilege::supervisor);
/// hgatp: MODE, VMID and PPN, of which two bits are 0 since the root has 16 KiB.
inline constexpr u64 hgatp_bare = 0, hgatp_sv39x4 = 8;
inline constexpr u64 hgatp_vmid = low_bits(14) << 44, hgatp_ppn = low_bits(44) & ~u64{3};

/// A value for a register of that kind whose mode is WARL: a mode that is not there becomes Bare.
[[nodiscard]] constexpr u64 with_known_mode(u64 value) noexcept {
  static_assert(satp_bare == hgatp_bare && satp_sv39 == hgatp_sv39x4);
  return value >> 60 == satp_sv39 ? value : value & low_bits(60);
}

/// The registers of hypervisors, and of VS as they see them.
inline constexpr auto hypervisor = boost::hana::make_tuple(
    make(
        0x600, "hstatus", [](const auto &m, unsigned) { return m.system().get(w_hstatus) | vsxl; },
        [](auto &m, unsigned, u64 v) { m.system().set(w_hstatus, v & hstatus_fields); }),
    plain<w_hedeleg, hedeleg_fields>(0x602, "hedeleg"),
    plain<w_hideleg, irq::virtual_supervisor>(0x603, "hideleg", effect::interrupts),
    make(
        0x604, "hie", [](const auto &m, unsigned) { return m.system().get(w_mie) & irq::virtual_supervisor; },
        [](auto &m, unsigned, u64 v) {
          constexpr u64 mask = irq::virtual_supervisor;
          m.system().set(w_mie, (m.system().get(w_mie) & ~mask) | (v & mask));
        },
        effect::interrupts),
    plain<w_htimedelta>(0x605, "htimedelta"), plain<w_hcounteren, 7>(0x606, "hcounteren"), //
    constant<0>(0x607, "hgeie"),                                                           // GEILEN is 0
    plain<w_henvcfg, fence_of_io>(0x60a, "henvcfg"),                                       //
    plain<w_htval>(0x643, "htval"),
    make(
        0x644, "hip", [](const auto &m, unsigned) { return m.virtual_pending(); },
        [](auto &m, unsigned, u64 v) { m.set_virtual_software_interrupt(v); }, effect::interrupts),
    plain<w_hvip, irq::virtual_supervisor>(0x645, "hvip", effect::interrupts), //
    plain<w_htinst>(0x64a, "htinst"),
    make(
        0x680, "hgatp", [](const auto &m, unsigned) { return m.system().get(w_hgatp); },
        [](auto &m, unsigned, u64 v) {
          m.system().set(w_hgatp, with_known_mode(v) & (u64{0xf} << 60 | hgatp_vmid | hgatp_ppn));
        },
        effect::context, gate::virtual_memory),
    constant<0>(0xe12, "hgeip"),
    make(
        0x200, "vsstatus",
        [](const auto &m, unsigned) { return (read_status(m, w_vsstatus) & (sstatus_fields | bit(63))) | uxl; },
        [](auto &m, unsigned, u64 v) { write_status(m, w_vsstatus, v, sstatus_fields); }, context_and_interrupts),
    make(
        0x204, "vsie", [](const auto &m, unsigned) { return (m.system().get(w_mie) & m.virtually_delegated()) >> 1; },
        [](auto &m, unsigned, u64 v) {
          const u64 mask = m.virtually_delegated();
          m.system().set(w_mie, (m.system().get(w_mie) & ~mask) | (v << 1 & mask));
        },
        effect::interrupts),
    vector<w_vstvec>(0x205, "vstvec"), plain<w_vsscratch>(0x240, "vsscratch"), //
    plain<w_vsepc, ~u64{1}>(0x241, "vsepc"), plain<w_vscause>(0x242, "vscause"), plain<w_vstval>(0x243, "vstval"),
    make(
        0x244, "vsip", [](const auto &m, unsigned) { return (m.virtual_pending() & m.virtually_delegated()) >> 1; },
        [](auto &m, unsigned, u64 v) {
          const u64 mask = irq::vssi & m.virtually_delegated();
          m.system().set(w_hvip, (m.system().get(w_hvip) & ~mask) | (v << 1 & mask));
        },
        effect::interrupts),
    make(
        0x280, "vsatp", [](const auto &m, unsigned) { return m.system().get(w_vsatp); },
        [](auto &m, unsigned, u64 v) { m.system().set(w_vsatp, with_known_mode(v) & ~m.absent_asid_bits); },
        effect::context),
    plain<w_mtinst>(0x34a, "mtinst"), plain<w_mtval2>(0x34b, "mtval2"));

} // namespace hvkit::cpu::riscv::csrs
