// SPDX-License-Identifier: BSL-1.0
// Decides that VMs run one after the other, each for the same number of steps.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/scheduler/concept.hpp>

namespace hvkit::scheduler {

struct round_robin {
  static constexpr slot kind = slot::scheduler;
  static constexpr std::string_view name = "round_robin";
  /// Steps of a turn.
  static constexpr u64 quantum = 100'000;

  template <class Vm> class over {
  public:
    [[nodiscard]] turn<Vm> next(std::span<Vm *const> ready) {
      // The one after the last; where that cannot go on any more, the first.
      const auto last = std::find(ready.begin(), ready.end(), last_);
      last_ = last == ready.end() || last + 1 == ready.end() ? ready.front() : *(last + 1);
      return {last_, quantum};
    }

  private:
    Vm *last_ = nullptr;
  };
};

} // namespace hvkit::scheduler
