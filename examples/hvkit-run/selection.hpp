// SPDX-License-Identifier: BSL-1.0
// Decides which machine is meant by the names of CPU and policies.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hvkit/core/slot.hpp>
#include <hvkit/host/result.hpp>

namespace run {

using namespace hvkit;

struct combination;
struct options;

/// A slot and its policies, whichever CPU they are for.
struct known_slot {
  slot kind;
  std::vector<std::string_view> names;
};
[[nodiscard]] const std::vector<combination> &all_combinations();
[[nodiscard]] const std::vector<std::string> &known_cpus();
[[nodiscard]] const std::vector<known_slot> &known_slots();

/// Boards, and schedulers for several guests, the default first.
[[nodiscard]] const std::vector<std::string_view> &known_boards();
[[nodiscard]] const std::vector<std::string_view> &known_schedulers();

/// The combination that was asked for; it can be made. Fails with a sentence: a name is unknown, two wishes contradict
/// each other, or the policies make no VMM (then in the compiler's words).
[[nodiscard]] host::result<const combination *> choose(const options &wanted);

/// CPU and policies by name, as one phrase.
[[nodiscard]] std::string describe(const combination &c);
/// The same as pairs of slot and name.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> parts(const combination &c);

} // namespace run
