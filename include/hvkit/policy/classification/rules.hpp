// SPDX-License-Identifier: BSL-1.0
// Decides what techniques may ask of the classes of a CPU's instructions. How a refusal is worded is decided elsewhere.
#pragma once

#include <hvkit/theory/verdict.hpp>

namespace hvkit::rule {

/// Theorem 1 (2, 3) of Popek and Goldberg applies to the composition's CPU, by its classification.
template <unsigned Theorem> struct needs_theorem {
  template <class C> [[nodiscard]] static constexpr bool holds() {
    return theory::holds<Theorem, typename C::cpu, typename C::classification>;
  }
};

/// A classification that names instructions names those the CPU has, and says what is derived.
struct sound_classification {
  template <class C> [[nodiscard]] static constexpr bool holds() {
    using classification = typename C::classification;
    using cpu = typename C::cpu;
    if constexpr (requires { classification::template names_known<cpu>(); })
      return classification::template names_known<cpu>();
    else if constexpr (requires { classification::template disagreement<cpu>(); })
      return classification::template disagreement<cpu>() == theory::no_unit;
    else
      return true;
  }
};

/// Whatever can make a guest accept interrupts again exits, wherever the technique runs guest code on the hardware:
/// `technique::runs_privileged_code` says whether that is more than the guest's user mode.
struct unmasking_exits {
  template <class C> [[nodiscard]] static constexpr bool holds() {
    if constexpr (C::technique::runs_user_code) {
      for (const theory::classified &c : C::classification::template classes<typename C::cpu>()) {
        const isa::resource touched = C::technique::runs_privileged_code ? c.found.controls : c.found.user_controls;
        if (!c.innocuous_by_decree && !c.privileged() && isa::has(touched, isa::resource::interrupts))
          return false;
      }
    }
    return true;
  }
};

} // namespace hvkit::rule
