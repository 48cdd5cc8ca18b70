// SPDX-License-Identifier: BSL-1.0
// Decides what a dispatch policy is given and what its handlers answer.
#pragma once

#include <concepts>

#include <hvkit/core/answer.hpp>
#include <hvkit/core/exit.hpp>

namespace hvkit::dispatch {

/// One handler and the cause it is for. A VMM's handlers, `Vm::handlers()`, are a constexpr array of these, one for
/// each cause at most.
template <class Vm> struct entry {
  u64 cause = 0;
  answer (*handle)(Vm &, const trap &) = nullptr;
};

/// Satisfied when `Over`, the policy's `over<Vm>`, runs the handler of an exit and passes on what it answers; not_mine
/// where there is none.
template <class Over, class Vm>
concept dispatches = requires(Over &o, Vm &vm, const trap &t) {
  { o.dispatch(vm, t) } -> std::same_as<answer>;
};

} // namespace hvkit::dispatch
