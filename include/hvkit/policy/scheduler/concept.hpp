// SPDX-License-Identifier: BSL-1.0
// Decides what a scheduler is asked: which VM runs next, and for how long.
#pragma once

#include <concepts>
#include <span>

#include <hvkit/core/bits.hpp>

namespace hvkit::scheduler {

/// A VM's turn: it runs for `budget` steps at most.
template <class Vm> struct turn {
  Vm *vm = nullptr;
  u64 budget = 0;
};

/// Satisfied when `Over`, the policy's `over<Vm>`, chooses one of the VMs that can go on. There is at least one, they
/// are in the order in which they were created, and the budget must not be 0.
template <class Over, class Vm>
concept schedules = requires(Over &o, std::span<Vm *const> ready) {
  { o.next(ready) } -> std::same_as<turn<Vm>>;
};

} // namespace hvkit::scheduler
