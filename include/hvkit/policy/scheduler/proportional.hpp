// SPDX-License-Identifier: BSL-1.0
// Decides that VMs run in proportion to the shares they were given.
// Source: Waldspurger, Weihl, "Stride Scheduling: Deterministic Proportional-Share Resource Management".
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <vector>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/rules.hpp>
#include <hvkit/policy/scheduler/concept.hpp>

namespace hvkit::rule {

/// A VM with no share would never run, and one with too many would run alone.
template <u64... Shares> struct shares_count {
  template <class> [[nodiscard]] static constexpr bool holds() {
    return ((Shares != 0 && Shares <= scheduler::largest_share) && ...);
  }
};

} // namespace hvkit::rule

namespace hvkit::scheduler {

/// Stride scheduling. The VM with number 0 gets the first share of all steps, and so on; those beyond the list, or all
/// if there is none, have the share that they were created with (`vm_options::share`). A VM that could not go on for a
/// while gets no compensation for it.
template <u64... Shares> struct proportional {
  using rules = hvkit::rules<rule::shares_count<Shares...>>;
  static constexpr slot kind = slot::scheduler;
  static constexpr std::string_view name = "proportional";
  /// Steps of a turn.
  static constexpr u64 quantum = 20'000;

  template <class Vm> class over {
  public:
    /// The VM that had the least so far, measured by its share.
    [[nodiscard]] turn<Vm> next(std::span<Vm *const> ready) {
      Vm *chosen = nullptr;
      for (Vm *vm : ready) {
        u64 &pass = pass_of(*vm);
        pass = std::max(pass, now_);
        if (chosen == nullptr || pass < pass_of(*chosen))
          chosen = vm;
      }
      now_ = pass_of(*chosen);
      if (now_ >= last_pass)
        begin_anew();
      return {chosen, quantum};
    }
    void ran(const Vm &vm, u64 steps) { pass_of(vm) += steps * one_share / share_of(vm); }
    void gone(const Vm &vm) { pass_of(vm) = now_; }

  private:
    /// How far a VM with one share moves by a step: more than the largest share, so that every step moves every VM.
    static constexpr u64 one_share = u64{1} << 20;
    static_assert(one_share >= largest_share);
    static constexpr u64 last_pass = u64{1} << 62;

    [[nodiscard]] static constexpr u64 share_of(const Vm &vm) {
      if constexpr (sizeof...(Shares) != 0) {
        constexpr std::array shares{Shares...};
        if (vm.number() < shares.size())
          return shares[vm.number()];
      }
      return vm.share();
    }
    [[nodiscard]] u64 &pass_of(const Vm &vm) {
      if (pass_.size() <= vm.number())
        pass_.resize(vm.number() + 1, now_);
      return pass_[vm.number()];
    }
    /// Counts from 0 again, so that nothing overflows.
    void begin_anew() {
      for (u64 &pass : pass_)
        pass -= std::min(pass, now_);
      now_ = 0;
    }

    std::vector<u64> pass_; ///< by number of the VM: when its next turn is due
    u64 now_ = 0;
  };
};

} // namespace hvkit::scheduler
