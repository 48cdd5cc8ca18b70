// SPDX-License-Identifier: BSL-1.0
// Decides what RV64's manual leaves open and this kit lets you choose.
#pragma once

namespace hvkit::cpu {

/// Choices of the architecture. The defaults are those under which RV64 is virtualizable; docs/terms.md says why.
struct rv64_knobs {
  /// Counter-enable bits are set while user mode runs: rdcycle, rdtime and rdinstret show the real counters there.
  bool user_counters = false;
  /// WFI in user mode completes as a no-op, as the manual permits, instead of trapping.
  bool user_wfi_completes = false;
  /// medeleg is left to the guest while user mode runs: a trap may go to supervisor mode, past the VMM.
  bool traps_delegated = false;
  /// The page walker sets A and D itself (Svadu); otherwise it raises a page fault (Svade).
  bool hardware_access_dirty = true;

  /// How many bits satp.ASID has, at most 16. Software finds out by writing ones.
  unsigned asid_bits = 16;
  /// The F and D extensions. Without them every floating-point instruction and register is illegal, FS is always Off.
  bool floating_point = true;
  /// The Sstc extension: supervisor mode has a timer of its own, stimecmp, beside menvcfg and senvcfg. Without it these
  /// registers are illegal.
  bool supervisor_timer = false;
  /// The H extension: VS and VU modes and a second stage of translation. Without it its registers and instructions are
  /// illegal. Not together with `supervisor_timer`, whose vstimecmp is not described.
  bool hypervisor = false;

  friend constexpr bool operator==(const rv64_knobs &, const rv64_knobs &) = default;
};

} // namespace hvkit::cpu
