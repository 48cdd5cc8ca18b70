// SPDX-License-Identifier: BSL-1.0
// Decides that every mode of the guest runs in the hardware's user mode, and that what traps there is emulated.
#pragma once

#include <string_view>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/classification/rules.hpp>
#include <hvkit/policy/rules.hpp>
#include <hvkit/policy/technique/concept.hpp>

namespace hvkit::technique {

/// Popek and Goldberg's construction. Sound where every sensitive instruction is privileged (theorem 1).
struct trap_and_emulate {
  static constexpr slot kind = slot::technique;
  static constexpr std::string_view name = "trap_and_emulate";
  using rules = hvkit::rules<rule::needs_theorem<1>>;

  /// The guest's privileged modes run on the hardware, too.
  static constexpr bool runs_privileged_code = true;
  static constexpr bool runs_user_code = true;
  template <class Vm> struct over : basics {
    /// Whether the hardware may run the guest's next instruction itself.
    [[nodiscard]] static constexpr bool direct(const typename Vm::virtual_cpu &) noexcept { return true; }
  };
};

} // namespace hvkit::technique
