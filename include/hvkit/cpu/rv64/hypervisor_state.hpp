// SPDX-License-Identifier: BSL-1.0
// Decides what state the H extension adds to an RV64 hart: words behind those that every hart has, and their fields.
// Source: The RISC-V Instruction Set Manual, Volume II, "Hypervisor Extension".
#pragma once

#include <algorithm>

#include <hvkit/cpu/rv64/state.hpp>

namespace hvkit::cpu::riscv {

/// The words that only a hart with the H extension has. Bits for VS in mie, and MPV and GVA in mstatus, lie in the
/// words of these.
enum hypervisor_word : u16 {
  w_virtual = word_count, ///< V: 1 in VS and VU mode
  w_mtval2,
  w_mtinst,
  w_hstatus,
  w_hedeleg,
  w_hideleg,
  w_hvip,
  w_hcounteren,
  w_htimedelta,
  w_htval,
  w_htinst,
  w_henvcfg, ///< FIOM
  w_hgatp,
  w_vsstatus,
  w_vstvec,
  w_vsscratch,
  w_vsepc,
  w_vscause,
  w_vstval,
  w_vsatp,
  hypervisor_word_count
};

template <bool Hypervisor> using system_state_of =
    isa::state_words<Hypervisor ? std::size_t{hypervisor_word_count} : std::size_t{word_count}>;

namespace fields {
/// The virtualization mode: whether VS or VU is in force.
inline constexpr field v{"V", w_virtual, bit(0), resource::mode};
namespace status {
inline constexpr field gva{"mstatus.GVA", w_mstatus, bit(38), resource::traps};
inline constexpr field mpv{"mstatus.MPV", w_mstatus, bit(39), resource::mode};
} // namespace status
/// Fields of hstatus.
namespace hypervisor {
inline constexpr field gva{"hstatus.GVA", w_hstatus, bit(6), resource::traps};
inline constexpr field spv{"hstatus.SPV", w_hstatus, bit(7), resource::mode};
inline constexpr field spvp{"hstatus.SPVP", w_hstatus, bit(8), resource::mode};
inline constexpr field hu{"hstatus.HU", w_hstatus, bit(9), resource::gates};
inline constexpr field vtvm{"hstatus.VTVM", w_hstatus, bit(20), resource::gates};
inline constexpr field vtw{"hstatus.VTW", w_hstatus, bit(21), resource::gates};
inline constexpr field vtsr{"hstatus.VTSR", w_hstatus, bit(22), resource::gates};
} // namespace hypervisor
/// The same field of vsstatus as `of_status` is of mstatus.
[[nodiscard]] constexpr field in_vsstatus(field of_status) noexcept {
  of_status.word = w_vsstatus;
  return of_status;
}
} // namespace fields

/// Every field that is state of a hart with the H extension. Those of a word stand together.
inline constexpr auto hypervisor_state_fields = [] {
  using namespace fields;
  constexpr field more[] = {
      v,
      {"mtval2", w_mtval2, ~u64{0}, resource::traps},
      {"mtinst", w_mtinst, ~u64{0}, resource::traps},
      hypervisor::gva,
      hypervisor::spv,
      hypervisor::spvp,
      hypervisor::hu,
      hypervisor::vtvm,
      hypervisor::vtw,
      hypervisor::vtsr,
      {"hedeleg", w_hedeleg, ~u64{0}, resource::traps},
      {"hideleg", w_hideleg, ~u64{0}, resource::interrupts},
      {"hvip", w_hvip, ~u64{0}, resource::interrupts},
      {"hcounteren.CY", w_hcounteren, bit(0), resource::gates},
      {"hcounteren.TM", w_hcounteren, bit(1), resource::gates},
      {"hcounteren.IR", w_hcounteren, bit(2), resource::gates},
      {"htimedelta", w_htimedelta, ~u64{0}, resource::time},
      {"htval", w_htval, ~u64{0}, resource::traps},
      {"htinst", w_htinst, ~u64{0}, resource::traps},
      {"henvcfg.FIOM", w_henvcfg, bit(0), resource::none},
      {"hgatp", w_hgatp, ~u64{0}, resource::relocation},
      {"vsstatus.SIE", w_vsstatus, status::sie.mask, resource::interrupts},
      {"vsstatus.SPIE", w_vsstatus, status::spie.mask, resource::interrupts},
      {"vsstatus.SPP", w_vsstatus, status::spp.mask, resource::mode},
      {"vsstatus.FS", w_vsstatus, status::fs.mask, resource::floating_point},
      {"vsstatus.SUM", w_vsstatus, status::sum.mask, resource::relocation},
      {"vsstatus.MXR", w_vsstatus, status::mxr.mask, resource::relocation},
      {"vstvec", w_vstvec, ~u64{0}, resource::traps},
      {"vsscratch", w_vsscratch, ~u64{0}, resource::traps},
      {"vsepc", w_vsepc, ~u64{0}, resource::traps},
      {"vscause", w_vscause, ~u64{0}, resource::traps},
      {"vstval", w_vstval, ~u64{0}, resource::traps},
      {"vsatp", w_vsatp, ~u64{0}, resource::relocation},
  };
  std::array<field, state_fields.size() + 2 + std::size(more)> all{};
  const auto after_status =
      std::find_if(state_fields.begin(), state_fields.end(), [](const field &f) { return f.word > w_mstatus; });
  auto next = std::copy(state_fields.begin(), after_status, all.begin());
  *next++ = status::gva;
  *next++ = status::mpv;
  next = std::copy(after_status, state_fields.end(), next);
  std::copy(std::begin(more), std::end(more), next);
  return all;
}();

/// The fields of a hart with the H extension, or of one without.
template <bool Hypervisor> inline constexpr const auto &state_fields_of = hypervisor_state_fields;
template <> inline constexpr const auto &state_fields_of<false> = state_fields;

} // namespace hvkit::cpu::riscv
