// SPDX-License-Identifier: BSL-1.0
// Decides what an interrupt policy does and what it counts.
#pragma once

#include <hvkit/core/bits.hpp>

namespace hvkit::interrupt {

/// What became of the interrupts of one VM.
struct counters {
  u64 delivered = 0; ///< handlers entered
  u64 held_back = 0; ///< times the guest was asked and did not accept
  friend constexpr bool operator==(const counters &, const counters &) = default;
};

} // namespace hvkit::interrupt
