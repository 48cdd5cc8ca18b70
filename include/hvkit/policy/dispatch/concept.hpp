// SPDX-License-Identifier: BSL-1.0
// Decides what a dispatch policy is given and what its handlers answer.
#pragma once

#include <hvkit/core/exit.hpp>

namespace hvkit::dispatch {

/// What a handler, or the dispatcher that found none, says of an exit.
enum class answer : u8 { handled, not_mine };

/// One handler and the cause it is for. A VMM's handlers are a constexpr array of these, one for each cause at most.
template <class Vm> struct entry {
  u64 cause = 0;
  answer (*handle)(Vm &, const trap &) = nullptr;
};

} // namespace hvkit::dispatch
