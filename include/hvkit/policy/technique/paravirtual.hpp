// SPDX-License-Identifier: BSL-1.0
// Decides that the guest is built for a VMM: a kernel of supervisor mode that has no firmware and calls the VMM
// instead.
#pragma once

#include <string_view>

#include <hvkit/core/agreement.hpp>
#include <hvkit/core/slot.hpp>
#include <hvkit/policy/classification/rules.hpp>
#include <hvkit/policy/rules.hpp>
#include <hvkit/policy/technique/concept.hpp>

namespace hvkit::rule {

/// The CPU has a mode below the most privileged one for an operating system, and a way for that to call:
/// `Cpu::is_hypercall(trap, guest's system state)`, and `Cpu::enter_kernel(system state)`.
struct needs_hypercalls {
  template <class C> [[nodiscard]] static constexpr bool holds() {
    return requires(typename C::cpu::system_state & system, const trap &t) {
      C::cpu::is_hypercall(t, system);
      C::cpu::enter_kernel(system);
    };
  }
};

} // namespace hvkit::rule

namespace hvkit::technique {

/// The VMM plays the most privileged mode, as software that the guest calls. All of the guest runs in user mode; its
/// calls are served by the board's hypercall services, and what else traps is emulated. What the guest does without a
/// call is under theorem 1, as with trap_and_emulate. The reference is the bare machine whose board has the same
/// services. A guest with firmware of its own, on a board without services, runs as under trap_and_emulate.
struct paravirtual {
  static constexpr slot kind = slot::technique;
  static constexpr std::string_view name = "paravirtual";
  static constexpr agreement grade = agreement::paravirtual;
  using rules = hvkit::rules<rule::needs_hypercalls, rule::needs_theorem<1>>;

  static constexpr bool runs_privileged_code = true;
  static constexpr bool runs_user_code = true;
  template <class Vm> struct over : basics {
    /// Whether the hardware may run the guest's next instruction itself.
    [[nodiscard]] static constexpr bool direct(const typename Vm::virtual_cpu &) noexcept { return true; }
    /// A call's trap says all: nothing of the guest has to be fetched and decoded.
    [[nodiscard]] answer handle(Vm &vm, const trap &t) const {
      return vm.serve(t) ? answer::handled : answer::not_mine;
    }
  };
};

} // namespace hvkit::technique
