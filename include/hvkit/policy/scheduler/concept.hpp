// SPDX-License-Identifier: BSL-1.0
// Decides what a scheduler is asked, and what it is told.
//
// next(ready)      which VM runs next, and for how long. There is at least one that can go on; they are in the order of
//                  their numbers. The budget must not be 0
// ran(vm, steps)   after each turn: what it used of the budget. Less if it began to wait, or if a VM that had waited
// can
//                  go on; all of it if the guest gave the rest up
// gone(vm)         the VM is destroyed: its number will be another's
#pragma once

#include <concepts>
#include <span>

#include <hvkit/core/bits.hpp>

namespace hvkit::scheduler {

/// The largest share of the hardware that a VM can have; the smallest is 1.
inline constexpr u64 largest_share = 1'000'000;

/// A VM's turn: it runs for `budget` steps at most.
template <class Vm> struct turn {
  Vm *vm = nullptr;
  u64 budget = 0;
};

/// What a policy may inherit: it does not care what became of turns.
struct basics {
  template <class Vm> void ran(const Vm &, u64) {}
  template <class Vm> void gone(const Vm &) {}
};

/// Satisfied when `Over`, the policy's `over<Vm>`, has the members above.
template <class Over, class Vm>
concept schedules = requires(Over &o, std::span<Vm *const> ready, const Vm &vm) {
  { o.next(ready) } -> std::same_as<turn<Vm>>;
  o.ran(vm, u64{1});
  o.gone(vm);
};

} // namespace hvkit::scheduler
