// SPDX-License-Identifier: BSL-1.0
// Decides what is counted of a VM, and how the counts must add up.
#pragma once

#include <array>

#include <hvkit/core/bits.hpp>
#include <hvkit/isa/instruction_set.hpp>

namespace hvkit {

/// What happened in one VM since it was created.
template <class Cpu> struct vm_counters {
  u64 exits = 0;                                 ///< traps of the hardware while it ran the guest
  std::array<u64, Cpu::cause_count> by_cause{};  ///< the same, by the hardware's cause
  std::array<u64, isa::row_count<Cpu>> by_row{}; ///< instructions run on the virtual CPU after an exit, by row
  std::array<u64, Cpu::unit_count> by_unit{};    ///< the same, by what the row named (a CSR, for instance)
  u64 event_exits = 0;                           ///< returns of the hardware for a deadline or the end of a budget

  u64 direct = 0;      ///< instructions the hardware ran
  u64 emulated = 0;    ///< instructions retired by emulation after an exit
  u64 interpreted = 0; ///< steps made on the virtual CPU without an exit

  u64 inside = 0;          ///< traps and interrupts that assisted hardware took for the guest, without an exit
  u64 walk_references = 0; ///< table entries that the hardware's walks read while it ran this guest, of every stage
  u64 batched = 0;         ///< instructions that would have been an exit, and were emulated after another one

  // Each exit, and each batched instruction, is exactly one of these.
  u64 hidden_faults = 0;   ///< faults the guest did not see
  u64 sensitive = 0;       ///< sensitive instructions, by their derived class, that the virtual CPU retired
  u64 privileged = 0;      ///< instructions it retired that trap without being sensitive, such as reads of misa
  u64 memory_accesses = 0; ///< accesses that the virtual CPU made: devices, tracked tables, rights below a page
  u64 guest_traps = 0;     ///< traps the guest would have taken on the bare machine, too
  u64 needless = 0;        ///< innocuous instructions stopped without a memory trap: 0 for an efficient VMM

  /// Popek and Goldberg's efficiency, as an identity: nothing else made the hardware stop.
  [[nodiscard]] constexpr bool add_up() const noexcept {
    return exits + batched == hidden_faults + sensitive + privileged + memory_accesses + guest_traps && needless == 0;
  }
  friend constexpr bool operator==(const vm_counters &, const vm_counters &) = default;
};

} // namespace hvkit
