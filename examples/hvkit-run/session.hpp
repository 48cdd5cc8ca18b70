// SPDX-License-Identifier: BSL-1.0
// Decides what happens between the command line and the exit code.
#pragma once

#include <hvkit/host/result.hpp>

#include "options.hpp"

namespace run {

/// Makes the machine, or several, runs it, writes the reports. The program's exit code, or why nothing was run.
[[nodiscard]] host::result<int> run(const request &asked);

} // namespace run
