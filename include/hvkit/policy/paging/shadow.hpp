// SPDX-License-Identifier: BSL-1.0
// Decides that shadow page tables are always in step with the guest's: the frames that hold guest tables are
// write-protected, so every change of them is seen.
#pragma once

#include <string_view>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/paging/shadow_base.hpp>
#include <hvkit/policy/rules.hpp>

namespace hvkit::paging {

/// Shadow page tables, always in step with the guest's.
struct shadow {
  static constexpr slot kind = slot::paging;
  static constexpr std::string_view name = "shadow";
  using rules = hvkit::rules<rule::needs_page_tables, rule::roots_are_seen>;

  /// For what `Vm` has, see `shadow_base`.
  template <class Vm> class over : public shadow_base<Vm, over<Vm>> {
  public:
    using shadow_base<Vm, over<Vm>>::shadow_base;
  };
};

} // namespace hvkit::paging
