// SPDX-License-Identifier: BSL-1.0
// Decides what state an RV64 hart has: user state, the words of system state, and their fields by the manual's names.
// Source: The RISC-V Instruction Set Manual, Volume II, "Machine-Level ISA" and "Supervisor-Level ISA".
#pragma once

#include <array>

#include <hvkit/core/bits.hpp>
#include <hvkit/cpu/rv64/causes.hpp>
#include <hvkit/isa/state.hpp>

namespace hvkit::cpu::riscv {

/// What user programs see. `x[32]` is the sink for writes to x0 and means nothing.
struct user_state {
  std::array<u64, 33> x{};
  u64 pc = 0;
  u64 retired = 0;     ///< instructions retired since reset
  u64 reservation = 0; ///< of LR: the virtual address with the width in its low bits; 0 is none
  u64 fcsr = 0;        ///< flags in [4:0], rounding mode in [7:5]
  std::array<u64, 32> f{};

  friend constexpr bool operator==(const user_state &a, const user_state &b) {
    const u64 *const ours = a.x.data(); // fewer steps for the compiler than a.x[i], which is a call
    const u64 *const theirs = b.x.data();
    for (unsigned i = 1; i < 32; ++i)
      if (ours[i] != theirs[i])
        return false;
    u64 apart = 0;
    const u64 *const our_f = a.f.data();
    const u64 *const their_f = b.f.data();
    for (unsigned i = 0; i < 32; i += 4)
      apart |= (our_f[i] ^ their_f[i]) | (our_f[i + 1] ^ their_f[i + 1]) | (our_f[i + 2] ^ their_f[i + 2]) |
               (our_f[i + 3] ^ their_f[i + 3]);
    return apart == 0 && a.fcsr == b.fcsr && a.pc == b.pc && a.retired == b.retired && a.reservation == b.reservation;
  }
};

inline constexpr unsigned pmp_entries = 16;

/// The words of system state.
enum word : u16 {
  w_mode,
  w_mstatus,
  w_medeleg,
  w_mideleg,
  w_mie,
  w_mip,   ///< the bits that software writes
  w_lines, ///< the bits of mip that devices drive
  w_mtvec,
  w_mcounteren,
  w_mscratch,
  w_mepc,
  w_mcause,
  w_mtval,
  w_stvec,
  w_scounteren,
  w_sscratch,
  w_sepc,
  w_scause,
  w_stval,
  w_satp,
  w_menvcfg, ///< FIOM and STCE
  w_senvcfg, ///< FIOM
  w_stimecmp,
  w_pmpcfg0, ///< entries 0 to 7
  w_pmpcfg2, ///< entries 8 to 15
  w_pmpaddr,
  w_idle = w_pmpaddr + pmp_entries, ///< instruction times spent in WFI
  w_cycle_offset,                   ///< what was written to mcycle, less what it was
  w_instret_offset,
  w_traps, ///< traps taken since reset
  word_count
};

using system_state = isa::state_words<word_count>;

/// Fields by the manual's names. `status` are those of mstatus.
namespace fields {
using isa::field;
using isa::resource;
/// The current mode, one of `privilege`.
inline constexpr field mode{"mode", w_mode, low_bits(2), resource::mode};
namespace status {
inline constexpr field sie{"mstatus.SIE", w_mstatus, bit(1), resource::interrupts};
inline constexpr field mie{"mstatus.MIE", w_mstatus, bit(3), resource::interrupts};
inline constexpr field spie{"mstatus.SPIE", w_mstatus, bit(5), resource::interrupts};
inline constexpr field mpie{"mstatus.MPIE", w_mstatus, bit(7), resource::interrupts};
inline constexpr field spp{"mstatus.SPP", w_mstatus, bit(8), resource::mode};
inline constexpr field mpp{"mstatus.MPP", w_mstatus, bit(11) | bit(12), resource::mode};
inline constexpr field fs{"mstatus.FS", w_mstatus, bit(13) | bit(14), resource::floating_point};
inline constexpr field mprv{"mstatus.MPRV", w_mstatus, bit(17), resource::relocation};
inline constexpr field sum{"mstatus.SUM", w_mstatus, bit(18), resource::relocation};
inline constexpr field mxr{"mstatus.MXR", w_mstatus, bit(19), resource::relocation};
inline constexpr field tvm{"mstatus.TVM", w_mstatus, bit(20), resource::gates};
inline constexpr field tw{"mstatus.TW", w_mstatus, bit(21), resource::gates};
inline constexpr field tsr{"mstatus.TSR", w_mstatus, bit(22), resource::gates};
} // namespace status
/// stimecmp is in force: supervisor mode may use it, and it drives STIP.
inline constexpr field stce{"menvcfg.STCE", w_menvcfg, bit(63), resource::interrupts};
} // namespace fields

/// What mstatus.FS says of floating point. "Extension Context Status in mstatus Register".
namespace extension_status {
inline constexpr u64 off = 0, initial = 1, clean = 2, dirty = 3;
}

/// Every field that is state. What is not listed here cannot be perturbed, compared or shown: a test holds this list
/// against the words above.
inline constexpr auto state_fields = [] {
  using namespace fields;
  std::array<field, 62> all{{
      mode,
      status::sie,
      status::mie,
      status::spie,
      status::mpie,
      status::spp,
      status::mpp,
      status::fs,
      status::mprv,
      status::sum,
      status::mxr,
      status::tvm,
      status::tw,
      status::tsr,
      {"medeleg", w_medeleg, ~u64{0}, resource::traps},
      {"mideleg", w_mideleg, ~u64{0}, resource::interrupts},
      {"mie", w_mie, ~u64{0}, resource::interrupts},
      {"mip (software)", w_mip, ~u64{0}, resource::interrupts},
      {"mip (lines)", w_lines, ~u64{0}, resource::interrupts},
      {"mtvec", w_mtvec, ~u64{0}, resource::traps},
      {"mcounteren.CY", w_mcounteren, bit(0), resource::gates},
      {"mcounteren.TM", w_mcounteren, bit(1), resource::gates},
      {"mcounteren.IR", w_mcounteren, bit(2), resource::gates},
      {"mscratch", w_mscratch, ~u64{0}, resource::traps},
      {"mepc", w_mepc, ~u64{0}, resource::traps},
      {"mcause", w_mcause, ~u64{0}, resource::traps},
      {"mtval", w_mtval, ~u64{0}, resource::traps},
      {"stvec", w_stvec, ~u64{0}, resource::traps},
      {"scounteren.CY", w_scounteren, bit(0), resource::gates},
      {"scounteren.TM", w_scounteren, bit(1), resource::gates},
      {"scounteren.IR", w_scounteren, bit(2), resource::gates},
      {"sscratch", w_sscratch, ~u64{0}, resource::traps},
      {"sepc", w_sepc, ~u64{0}, resource::traps},
      {"scause", w_scause, ~u64{0}, resource::traps},
      {"stval", w_stval, ~u64{0}, resource::traps},
      {"satp", w_satp, ~u64{0}, resource::relocation},
      stce,
      {"menvcfg.FIOM", w_menvcfg, bit(0), resource::none},
      {"senvcfg.FIOM", w_senvcfg, bit(0), resource::none},
      {"stimecmp", w_stimecmp, ~u64{0}, resource::interrupts},
      {"pmpcfg0", w_pmpcfg0, ~u64{0}, resource::protection},
      {"pmpcfg2", w_pmpcfg2, ~u64{0}, resource::protection},
      {"idle", w_idle, ~u64{0}, resource::time},
      {"mcycle (offset)", w_cycle_offset, ~u64{0}, resource::time},
      {"minstret (offset)", w_instret_offset, ~u64{0}, resource::time},
      {"traps taken", w_traps, ~u64{0}, resource::none},
  }};
  constexpr std::string_view names[] = {"pmpaddr0",  "pmpaddr1",  "pmpaddr2",  "pmpaddr3", "pmpaddr4",  "pmpaddr5",
                                        "pmpaddr6",  "pmpaddr7",  "pmpaddr8",  "pmpaddr9", "pmpaddr10", "pmpaddr11",
                                        "pmpaddr12", "pmpaddr13", "pmpaddr14", "pmpaddr15"};
  for (unsigned i = 0; i < pmp_entries; ++i)
    all[46 + i] = field{names[i], static_cast<u16>(w_pmpaddr + i), ~u64{0}, resource::protection};
  return all;
}();

} // namespace hvkit::cpu::riscv
