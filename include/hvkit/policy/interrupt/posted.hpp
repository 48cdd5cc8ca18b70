// SPDX-License-Identifier: BSL-1.0
// Decides that the hardware delivers virtual interrupts: they are posted to it before it runs the guest, and the guest
// masks and takes its own without the VMM.
#pragma once

#include <string_view>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/interrupt/concept.hpp>
#include <hvkit/policy/rules.hpp>

namespace hvkit::interrupt {

/// What the guest has not delegated to the modes that the assist runs by themselves is delivered here, since those
/// modes cannot mask it: it goes to a mode of the guest's whose instructions all exit.
struct posted {
  static constexpr slot kind = slot::interrupt;
  static constexpr std::string_view name = "posted";
  using rules = hvkit::rules<rule::needs_assisted_delivery>;

  template <class Vm> class over : public basics {
  public:
    [[nodiscard]] bool deliver(typename Vm::virtual_cpu &cpu) {
      const auto cause = cpu.interrupt_due();
      if (!cause || Vm::cpu::delivered_by_assist(cpu, *cause))
        return false;
      cpu.enter_trap({*cause, 0});
      ++count_.delivered;
      return true;
    }

  private:
    using basics::count_;
  };
};

} // namespace hvkit::interrupt
