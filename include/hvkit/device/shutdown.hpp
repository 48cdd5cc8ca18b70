// SPDX-License-Identifier: BSL-1.0
// Decides what it means that a guest switched its machine off. Knows no register by which it does so.
#pragma once

#include <hvkit/core/access.hpp>

namespace hvkit::device {

/// A guest's last word.
struct shutdown {
  enum class kind : u8 {
    pass, ///< switched off, all well; `code` is 0
    fail, ///< switched off with `code`, or its test number `code` failed
    reset ///< asked to be started again; `code` is 0
  };
  kind what = kind::pass;
  u64 code = 0;
  friend constexpr bool operator==(const shutdown &, const shutdown &) = default;
};

/// The machine's power switch. The first word holds: a machine that is off hears nothing more.
class power_switch {
public:
  using state_type = maybe<shutdown>;

  /// Switches off, unless it is off already.
  void operator()(shutdown how) noexcept {
    if (!state)
      state = how;
  }
  [[nodiscard]] bool off() const noexcept { return state.has_value(); }

  /// What the guest said, once it did.
  state_type state;
};

} // namespace hvkit::device
