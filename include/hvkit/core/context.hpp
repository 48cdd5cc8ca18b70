// SPDX-License-Identifier: BSL-1.0
// Decides how translation contexts are told apart, and which of their translations a fence is about. Knows no
// translation.
#pragma once

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/core/bits.hpp>

namespace hvkit {

/// The generalized R of Popek and Goldberg: everything a translation depends on but the tables in memory.
/// A CPU chooses what goes where; equal keys mean equal translations.
struct context_key {
  u64 root = 0;   ///< the tables, where there are some
  u64 rights = 0; ///< mode and overrides
  friend constexpr bool operator==(const context_key &, const context_key &) = default;
};

/// The contexts a CPU is in: instructions and data may be translated differently.
struct contexts {
  context_key code{}, data{};
  friend constexpr bool operator==(const contexts &, const contexts &) = default;
};

/// Which remembered translations a guest's fence makes void. Each part that is absent stands for all.
struct fence_scope {
  maybe<gva> page;  ///< those of the page this address lies in, whatever its size
  maybe<u64> space; ///< those of one address space, but not those that all share
  friend constexpr bool operator==(const fence_scope &, const fence_scope &) = default;
};

} // namespace hvkit
