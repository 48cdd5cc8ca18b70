// SPDX-License-Identifier: BSL-1.0
// Decides what an engine is asked: to run a hart's instructions.
#pragma once

#include <concepts>

#include <hvkit/core/address.hpp>
#include <hvkit/core/exit.hpp>

namespace hvkit::engine {

/// Satisfied when `Over`, the engine's `over<Hart>`, runs a hart as `hart::run` says, and can be told that code in a
/// frame has changed, or that addresses may mean something else.
template <class Over, class Hart>
concept runs = requires(Over &o, Hart &hart, hpa at) {
  { o.run(hart, u64{1}) } -> std::same_as<exit_record>;
  o.code_changed(hart, at);
  o.contexts_changed(hart);
};

} // namespace hvkit::engine
