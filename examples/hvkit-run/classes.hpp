// SPDX-License-Identifier: BSL-1.0
// Decides what --classes prints.
#pragma once

#include <string>

namespace run {

/// The classes of all shipped CPUs' instructions and what the theorems say of each CPU.
[[nodiscard]] std::string list_classes();

} // namespace run
