// SPDX-License-Identifier: BSL-1.0
// Decides when a virtual interrupt reaches its guest: at once if the guest accepts it, else at the exit that unmasks
// it.
#pragma once

#include <string_view>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/classification/rules.hpp>
#include <hvkit/policy/interrupt/concept.hpp>
#include <hvkit/policy/rules.hpp>

namespace hvkit::interrupt {

/// An interrupt that the guest does not accept is held back, and looked at again at each exit that could unmask it.
/// Needs every instruction that can unmask to exit.
struct held_back {
  static constexpr slot kind = slot::interrupt;
  static constexpr std::string_view name = "held_back";
  using rules = hvkit::rules<rule::unmasking_exits>;

  template <class Vm> class over {
  public:
    /// Asked before the guest's next instruction whenever something pending, enabled or masked has changed. True if a
    /// handler was entered, which is one step.
    [[nodiscard]] bool deliver(typename Vm::virtual_cpu &cpu) {
      if (const auto cause = cpu.interrupt_due()) {
        cpu.enter_trap({*cause, 0});
        ++count_.delivered;
        return true;
      }
      count_.held_back += cpu.interrupts_pending() != 0 ? 1 : 0;
      return false;
    }
    [[nodiscard]] const counters &count() const noexcept { return count_; }

  private:
    counters count_{};
  };
};

} // namespace hvkit::interrupt
