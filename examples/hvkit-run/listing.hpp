// SPDX-License-Identifier: BSL-1.0
// Decides what --list prints.
#pragma once

#include <string>

namespace run {

/// All combinations as a table, and why some are refused.
[[nodiscard]] std::string list_combinations();
/// The same for programs: a JSON array of objects, each with the options that name it.
[[nodiscard]] std::string list_combinations_json();

} // namespace run
