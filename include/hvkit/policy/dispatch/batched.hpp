// SPDX-License-Identifier: BSL-1.0
// Decides that after an exit the VMM goes on emulating, for as long as the guest's next instructions would trap, too.
#pragma once

#include <string_view>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/dispatch/concept.hpp>
#include <hvkit/policy/dispatch/table.hpp>

namespace hvkit::dispatch {

/// Saves the exits of all but the first of a row of sensitive instructions. Between two of them the same is checked as
/// between two turns of the hardware: fetch, interrupts, deadlines, budget (`Vm::emulate_next`).
struct batched {
  static constexpr slot kind = slot::dispatch;
  static constexpr std::string_view name = "batched";

  template <class Vm> class over {
  public:
    [[nodiscard]] answer dispatch(Vm &vm, const trap &t) {
      const answer said = first_.dispatch(vm, t);
      while (said == answer::handled && vm.emulate_next())
        ;
      return said;
    }

  private:
    table::over<Vm> first_;
  };
};

} // namespace hvkit::dispatch
