// SPDX-License-Identifier: BSL-1.0
// Decides how translation contexts are told apart. Knows no translation.
#pragma once

#include <hvkit/core/bits.hpp>

namespace hvkit {

/// The generalized R of Popek and Goldberg: everything a translation depends on but the tables in memory.
/// A CPU chooses what goes where; equal keys mean equal translations.
struct context_key {
  u64 root = 0;   ///< the tables, where there are some
  u64 rights = 0; ///< mode and overrides
  friend constexpr bool operator==(const context_key &, const context_key &) = default;
};

} // namespace hvkit
