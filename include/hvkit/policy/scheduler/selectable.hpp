// SPDX-License-Identifier: BSL-1.0
// Decides that one of several schedulers shares the hardware, chosen by its name while the VMM runs.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/scheduler/concept.hpp>

namespace hvkit::scheduler {

/// The first of `Policies`, until another one is chosen. For programs whose users choose.
template <class... Policies> struct selectable {
  static constexpr slot kind = slot::scheduler;
  static constexpr std::string_view name = "selectable";

  template <class Vm> class over {
  public:
    /// From now on the policy of that name, which knows nothing of turns before. False if there is none.
    [[nodiscard]] bool choose(std::string_view policy) {
      return choose(policy, std::index_sequence_for<Policies...>{});
    }

    [[nodiscard]] turn<Vm> next(std::span<Vm *const> ready) {
      return std::visit([&](auto &chosen) { return chosen.next(ready); }, chosen_);
    }
    void ran(const Vm &vm, u64 steps) {
      std::visit([&](auto &chosen) { chosen.ran(vm, steps); }, chosen_);
    }
    void gone(const Vm &vm) {
      std::visit([&](auto &chosen) { chosen.gone(vm); }, chosen_);
    }

  private:
    template <std::size_t... I> bool choose(std::string_view policy, std::index_sequence<I...>) {
      return ((policy == Policies::name ? (chosen_.template emplace<I>(), true) : false) || ...);
    }
    std::variant<typename Policies::template over<Vm>...> chosen_;
  };
};

} // namespace hvkit::scheduler
