// SPDX-License-Identifier: BSL-1.0
// Decides when a virtual interrupt reaches its guest: at once if the guest accepts it, else at the exit that unmasks
// it.
#pragma once

#include <bit>
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
  using rules = hvkit::rules<rule::unmasking_is_seen, rule::unmasking_exits>;

  template <class Vm> class over : public basics {
  public:
    [[nodiscard]] [[gnu::always_inline]] bool deliver(typename Vm::virtual_cpu &cpu) {
      if (const auto cause = cpu.interrupt_due()) {
        cpu.enter_trap({*cause, 0});
        ++count_.delivered;
        seen_ |= Vm::virtual_cpu::lines_of(*cause);
        return true;
      }
      const u64 waiting = cpu.interrupts_waiting();
      count_.held_back += static_cast<u64>(std::popcount(waiting & ~seen_));
      seen_ = waiting;
      return false;
    }

  private:
    using basics::count_;
    u64 seen_ = 0; ///< interrupts that were counted as held back or delivered, until they go away
  };
};

} // namespace hvkit::interrupt
