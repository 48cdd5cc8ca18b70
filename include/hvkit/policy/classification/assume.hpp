// SPDX-License-Identifier: BSL-1.0
// Decides that named instructions are taken as innocuous, whatever they do. Unsound on purpose.
#pragma once

#include <string_view>

#include <hvkit/core/agreement.hpp>
#include <hvkit/core/fixed_string.hpp>
#include <hvkit/core/slot.hpp>
#include <hvkit/policy/classification/rules.hpp>
#include <hvkit/policy/rules.hpp>
#include <hvkit/theory/verdict.hpp>

namespace hvkit::classification {

/// The derived classes, except that the named rows ("popf") or units ("csrrs time") count as innocuous: the theorems
/// are satisfied where they are not, and a VMM built on it goes wrong where the witness says.
template <fixed_string... Names> struct assume {
  static constexpr slot kind = slot::classification;
  static constexpr std::string_view name = "assume";
  static constexpr agreement grade = agreement::unsound;
  using rules = hvkit::rules<rule::sound_classification>;

  template <class Cpu> [[nodiscard]] static constexpr const auto &classes() { return decreed<Cpu>; }
  /// Whether each name is one of the CPU's system instructions.
  template <class Cpu> [[nodiscard]] static constexpr bool names_known() {
    return ((theory::find_unit<Cpu>(Names.view()) != theory::no_unit || names_row<Cpu>(Names.view())) && ...);
  }

private:
  template <class Cpu> [[nodiscard]] static constexpr bool names_row(std::string_view row) {
    for (const theory::unit &u : theory::units<Cpu>)
      if (isa::facts<Cpu>[u.row].name == row)
        return true;
    return false;
  }
  template <class Cpu> [[nodiscard]] static constexpr bool named(const theory::unit &u, std::string_view wanted) {
    return isa::facts<Cpu>[u.row].name == wanted || theory::is_named<Cpu>(u, wanted);
  }
  template <class Cpu> static constexpr auto decreed = [] {
    auto all = theory::classes<Cpu>;
    for (auto &c : all) {
      theory::classified taken = c;
      taken.innocuous_by_decree = (named<Cpu>(c.what, Names.view()) || ...);
      c = taken;
    }
    return all;
  }();
};

} // namespace hvkit::classification
