// SPDX-License-Identifier: BSL-1.0
// Decides that nothing of the guest runs on the hardware: every instruction is its row, run on the virtual CPU.
#pragma once

#include <string_view>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/technique/concept.hpp>

namespace hvkit::technique {

/// Sound for every CPU, whatever the classes of its instructions, and slow. It asks for no theorem.
struct interpretation {
  static constexpr slot kind = slot::technique;
  static constexpr std::string_view name = "interpretation";

  static constexpr bool runs_privileged_code = false;
  static constexpr bool runs_user_code = false;
  template <class Vm> struct over : basics {
    /// Whether the hardware may run the guest's next instruction itself.
    [[nodiscard]] static constexpr bool direct(const typename Vm::virtual_cpu &) noexcept { return false; }
  };
};

} // namespace hvkit::technique
