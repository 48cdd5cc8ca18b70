// SPDX-License-Identifier: BSL-1.0
// Decides that the hardware's own modes for guests run the guest, and that only what these leave to the VMM exits.
#pragma once

#include <string_view>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/interrupt/posted.hpp>
#include <hvkit/policy/paging/nested.hpp>
#include <hvkit/policy/rules.hpp>
#include <hvkit/policy/technique/concept.hpp>

namespace hvkit::rule {

/// There is hardware that helps: `Cpu::assisted`, a CPU that runs guests of this one in modes of their own.
struct needs_assist {
  template <class C> static constexpr bool holds() {
    return requires { typename C::cpu::assisted; };
  }
};

} // namespace hvkit::rule

namespace hvkit::technique {

/// Needs no theorem: what is sensitive acts on state that the hardware keeps for the guest, or exits. The guest does
/// not see the assist.
struct hardware_assisted {
  static constexpr slot kind = slot::technique;
  static constexpr std::string_view name = "hardware_assisted";
  using rules = hvkit::rules<rule::needs_assist>;
  using default_paging = paging::nested;
  using default_interrupt = interrupt::posted;

  static constexpr bool runs_privileged_code = true;
  static constexpr bool runs_user_code = true;
  /// The hardware is `Cpu::assisted`.
  static constexpr bool assisted = true;
  template <class Vm> struct over : basics {
    /// Whether the hardware may run the guest's next instruction itself.
    [[nodiscard]] static constexpr bool direct(const typename Vm::virtual_cpu &) noexcept { return true; }
  };
};

} // namespace hvkit::technique
