// SPDX-License-Identifier: BSL-1.0
// Decides how a run of several guests on one hardware goes.
#pragma once

#include <hvkit/host/result.hpp>

#include "options.hpp"

namespace run {

/// Makes the machines, runs them until all are done, writes the reports. The first exit code that is not 0, in the
/// order of the guests, else 0; or why nothing was run.
[[nodiscard]] host::result<int> run_several(const request &asked);

} // namespace run
