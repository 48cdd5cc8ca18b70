// SPDX-License-Identifier: BSL-1.0
// Decides which files a run makes: all are opened before the guest starts, and each is kept whole or not at all.
#pragma once

#include <hvkit/host/output_file.hpp>

#include "options.hpp"

namespace run {

/// Each is there only if it was asked for.
struct reports {
  maybe<host::output_file> signature, trace, statistics;
};

/// Fails if two of the files that `wanted`, or two of several, name are the same and one of them would be written.
[[nodiscard]] maybe<host::failure> check_files(const options &wanted);
[[nodiscard]] maybe<host::failure> check_files(const std::vector<options> &several);

/// Fails, and leaves nothing behind, if one of them cannot be made.
[[nodiscard]] host::result<reports> open_reports(const options &wanted);

} // namespace run
