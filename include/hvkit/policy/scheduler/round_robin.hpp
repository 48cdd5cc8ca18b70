// SPDX-License-Identifier: BSL-1.0
// Decides that VMs run one after the other, each for the same number of steps.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/scheduler/concept.hpp>

namespace hvkit::scheduler {

/// In each round every VM has a quantum. One that waits keeps what it did not use, and comes before the others with it
/// when it can go on; a round ends when nobody who can go on has anything left.
struct round_robin {
  static constexpr slot kind = slot::scheduler;
  static constexpr std::string_view name = "round_robin";
  /// Steps of a VM in a round.
  static constexpr u64 quantum = 100'000;

  template <class Vm> class over {
  public:
    [[nodiscard]] turn<Vm> next(std::span<Vm *const> ready) {
      const auto least_used = [&] {
        return *std::min_element(ready.begin(), ready.end(), [&](Vm *a, Vm *b) { return used(*a) < used(*b); });
      };
      Vm *chosen = least_used();
      if (used(*chosen) >= quantum) {
        std::fill(used_.begin(), used_.end(), u64{0});
        chosen = ready.front();
      }
      return {chosen, quantum - used(*chosen)};
    }
    void ran(const Vm &vm, u64 steps) { used(vm) += steps; }
    void gone(const Vm &vm) { used(vm) = 0; }

  private:
    [[nodiscard]] u64 &used(const Vm &vm) {
      if (used_.size() <= vm.number())
        used_.resize(vm.number() + 1);
      return used_[vm.number()];
    }
    std::vector<u64> used_; ///< by number of the VM: steps in this round
  };
};

} // namespace hvkit::scheduler
