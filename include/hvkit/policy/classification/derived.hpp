// SPDX-License-Identifier: BSL-1.0
// Decides that the class of an instruction is what its semantics show.
#pragma once

#include <string_view>

#include <hvkit/core/slot.hpp>
#include <hvkit/theory/verdict.hpp>

namespace hvkit::classification {

/// The default. Nothing is derived for a VMM that does not ask, such as one that interprets everything.
struct derived : theory::derivation {
  static constexpr slot kind = slot::classification;
  static constexpr std::string_view name = "derived";
};

} // namespace hvkit::classification
