// SPDX-License-Identifier: BSL-1.0
// hvkit-run: boots a guest on the bare machine or in a composed VMM. Decides only what is said when that cannot be
// done.
#include <exception>

#include <fmt/format.h>

#include "session.hpp"

namespace {
int refuse(std::string_view why) {
  fmt::print(stderr, "hvkit-run: {}\n", why);
  return run::exit_code::bad_input;
}
} // namespace

int main(int argc, char **argv) try {
  const auto request = run::parse(argc, argv);
  if (!request)
    return refuse(request.reason());
  if (request->done)
    return *request->done;
  const auto code = run::run(request->wanted);
  return code ? *code : refuse(code.reason());
} catch (const std::exception &e) {
  return refuse(e.what());
}
