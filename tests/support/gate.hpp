// SPDX-License-Identifier: BSL-1.0
// Decides how much a test does, and from which seed: set from outside, by the gate that runs it.
#pragma once

#include <cstdlib>
#include <string_view>

#include <hvkit/core/bits.hpp>

namespace hvkit::tests {

/// With every commit; before work is called done; over night.
enum class gate_kind : u8 { quick, full, nightly };

[[nodiscard]] constexpr std::string_view name(gate_kind kind) noexcept {
  return kind == gate_kind::nightly ? "nightly" : kind == gate_kind::full ? "full" : "quick";
}

/// The gate in force: the environment's HVKIT_GATE, `quick` if it says nothing.
[[nodiscard]] inline gate_kind gate() noexcept {
  const char *set = std::getenv("HVKIT_GATE");
  const std::string_view word = set ? set : "";
  return word == "nightly" ? gate_kind::nightly : word == "full" ? gate_kind::full : gate_kind::quick;
}

/// The amount of the gate in force, such as a number of random cases.
[[nodiscard]] inline u64 amount(u64 quick, u64 full, u64 nightly) noexcept {
  return gate() == gate_kind::nightly ? nightly : gate() == gate_kind::full ? full : quick;
}

/// Where randomness starts: the environment's HVKIT_SEED (decimal, or hexadecimal with 0x), 1 if it says nothing.
/// A failing test case prints it.
[[nodiscard]] inline u64 seed() noexcept {
  const char *set = std::getenv("HVKIT_SEED");
  return set ? std::strtoull(set, nullptr, 0) : 1;
}

} // namespace hvkit::tests
