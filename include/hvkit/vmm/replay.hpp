// SPDX-License-Identifier: BSL-1.0
// Decides how the bare machine repeats a run in which interrupts were delivered later than it would have: the reference
// of compositions whose grade is `agreement::replayed`.
#pragma once

#include <span>

#include <hvkit/core/bits.hpp>
#include <hvkit/core/exit.hpp>

namespace hvkit {

/// Runs a bare machine up to `steps` steps in all, taking interrupts exactly after those numbers of steps that a VM's
/// `record_deliveries` noted and that the machine has not passed yet. Returns false where the machine stops before
/// that, or where no interrupt is due at such a place: then it did not do what the VM did.
template <class Bare> [[nodiscard]] bool replay(Bare &machine, std::span<const u64> deliveries, u64 steps) {
  machine.processor().deliver_when_told(true);
  const auto run_to = [&](u64 then) {
    return machine.steps() >= then || machine.run(then - machine.steps()).reason == exit_reason::budget;
  };
  for (const u64 when : deliveries) {
    if (when < machine.steps())
      continue;
    if (when >= steps)
      break;
    if (!run_to(when) || !machine.processor().deliver())
      return false;
  }
  return run_to(steps);
}

} // namespace hvkit
