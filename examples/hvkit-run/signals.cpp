// SPDX-License-Identifier: BSL-1.0
// Decides how it is remembered that somebody asked.
#include "signals.hpp"

#include <csignal>

#include <hvkit/host/terminal.hpp>

namespace run {

namespace {

volatile std::sig_atomic_t asked = 0;

void on_signal(int number) {
  if (asked != 0) {
    hvkit::host::raw_mode::restore();
    ::signal(number, SIG_DFL);
    ::raise(number);
  }
  asked = 1;
}

} // namespace

void end_on_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal; // without SA_RESTART
  for (const int number : {SIGINT, SIGTERM, SIGHUP})
    ::sigaction(number, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

bool asked_to_end() noexcept { return asked != 0; }

} // namespace run
