// SPDX-License-Identifier: BSL-1.0
// Decides that only the guest's user mode runs on the hardware; its privileged modes are interpreted.
#pragma once

#include <string_view>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/classification/rules.hpp>
#include <hvkit/policy/rules.hpp>
#include <hvkit/policy/technique/concept.hpp>

namespace hvkit::technique {

/// The hybrid VMM of theorem 3. Sound where every instruction that is sensitive in user mode is privileged.
struct hybrid {
  static constexpr slot kind = slot::technique;
  static constexpr std::string_view name = "hybrid";
  using rules = hvkit::rules<rule::needs_theorem<3>>;

  /// The guest's privileged modes run on the hardware, too.
  static constexpr bool runs_privileged_code = false;
  static constexpr bool runs_user_code = true;
  template <class Vm> struct over : basics {
    /// Whether the hardware may run the guest's next instruction itself.
    [[nodiscard]] static constexpr bool direct(const typename Vm::virtual_cpu &cpu) noexcept {
      return Vm::cpu::in_user_mode(cpu.system());
    }
  };
};

} // namespace hvkit::technique
