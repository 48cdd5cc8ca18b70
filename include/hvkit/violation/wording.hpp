// SPDX-License-Identifier: BSL-1.0
// Decides how the reason for a refusal is told: once as text, for tables and programs, and once as a compiler error.
#pragma once

#include <string_view>

namespace hvkit::violation {

/// The wording of a rule. The primary template takes it from the rule itself, as users' rules bring it.
template <class Rule> struct wording {
  template <class C> [[nodiscard]] static constexpr std::string_view text() { return Rule::text; }
  template <class C> static constexpr void complain() { Rule::template complain<false>(); }
};

} // namespace hvkit::violation
