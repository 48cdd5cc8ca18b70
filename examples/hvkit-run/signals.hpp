// SPDX-License-Identifier: BSL-1.0
// Decides what a signal does that asks the program to end: it ends where nothing half-made is left.
#pragma once

namespace run {

/// From now on SIGINT, SIGTERM and SIGHUP ask the program to end, and a system call that waits comes back. Who asks
/// twice means it. A reader of standard output that goes away shows as an error of writing.
void end_on_signals();
[[nodiscard]] bool asked_to_end() noexcept;

} // namespace run
