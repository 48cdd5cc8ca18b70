// SPDX-License-Identifier: BSL-1.0
// hvkit-run: boots a guest on the bare machine or in a composed VMM. Decides only what is said when that cannot be
// done.
#include <exception>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "session.hpp"

namespace {

/// Gives standard streams that are closed a place where nothing is taken, so that no file opened later becomes one.
void occupy_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0)
      static_cast<void>(::open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY));
}

int refuse(std::string_view why) {
  fmt::print(stderr, "hvkit-run: {}\n", why);
  return run::exit_code::bad_input;
}
} // namespace

int main(int argc, char **argv) try {
  occupy_standard_streams();
  const auto request = run::parse(argc, argv);
  if (!request)
    return refuse(request.reason());
  if (request->done)
    return *request->done;
  const auto code = run::run(*request);
  return code ? *code : refuse(code.reason());
} catch (const std::exception &e) {
  return refuse(e.what());
}
