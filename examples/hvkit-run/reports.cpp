// SPDX-License-Identifier: BSL-1.0
// Decides when two names are of one file.
#include "reports.hpp"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

namespace run {

namespace {

namespace fs = std::filesystem;

struct named_file {
  std::string_view option;
  const std::string &path;
};

/// Where a file will be, whichever way it was named.
fs::path place_of(const std::string &path) {
  std::error_code unknown;
  const fs::path absolute = fs::absolute(path, unknown);
  const fs::path found = fs::weakly_canonical(absolute, unknown);
  return unknown ? absolute.lexically_normal() : found;
}

/// Devices and pipes may be shared.
bool same_file(const std::string &a, const std::string &b) {
  std::error_code unknown;
  if (fs::equivalent(a, b, unknown))
    return fs::is_regular_file(a, unknown);
  return !fs::exists(a, unknown) && !fs::exists(b, unknown) && place_of(a) == place_of(b);
}

maybe<host::failure> open_report(const std::string &path, maybe<host::output_file> &into) {
  if (path.empty())
    return {};
  auto file = host::output_file::create(path);
  if (!file)
    return host::failure{file.reason()};
  into.emplace(*std::move(file));
  return {};
}

} // namespace

maybe<host::failure> check_files(const options &wanted) { return check_files(std::vector<options>{wanted}); }

maybe<host::failure> check_files(const std::vector<options> &several) {
  std::vector<named_file> before;
  for (const options &wanted : several) {
    for (const named_file &in : {named_file{"--bios", wanted.bios},
                                 {"--kernel", wanted.kernel},
                                 {"--initrd", wanted.initrd},
                                 {"--disk", wanted.disk}})
      before.push_back(in);
    for (const std::string &path : wanted.script_files)
      before.push_back({"--input", path});
  }
  for (const options &wanted : several)
    for (const named_file &out : {named_file{"--signature", wanted.signature},
                                  {"--trace-exits", wanted.trace_exits},
                                  {"--stats-file", wanted.statistics_file}}) {
      if (out.path.empty())
        continue;
      for (const named_file &other : before)
        if (!other.path.empty() && same_file(out.path, other.path))
          return host::failure{fmt::format("{} and {} name the same file, {}", other.option, out.option, out.path)};
      before.push_back(out);
    }
  return {};
}

host::result<reports> open_reports(const options &wanted) {
  reports r;
  if (const auto wrong = open_report(wanted.signature, r.signature))
    return *wrong;
  if (const auto wrong = open_report(wanted.trace_exits, r.trace))
    return *wrong;
  if (const auto wrong = open_report(wanted.statistics_file, r.statistics))
    return *wrong;
  return r;
}

} // namespace run
