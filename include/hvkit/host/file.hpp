// SPDX-License-Identifier: BSL-1.0
// Decides how a file is read whole, and what is said if it can't be. Knows nothing of what is in it.
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>

#include <hvkit/core/bits.hpp>
#include <hvkit/host/result.hpp>

namespace hvkit::host {

/// The bytes of the file at `path`, at most `limit` of them. Fails if it is missing, unreadable, a directory or a
/// device, empty, or larger. A pipe is read to its end.
[[nodiscard]] inline result<std::vector<u8>> read_file(const std::string &path, u64 limit) {
  struct closer {
    void operator()(std::FILE *f) const noexcept { std::fclose(f); }
  };
  const auto because = [&](std::string_view what) { return failure{fmt::format("{}: {}", path, what)}; };

  struct stat about {};
  if (::stat(path.c_str(), &about) != 0)
    return because(std::strerror(errno));
  if (!S_ISREG(about.st_mode) && !S_ISFIFO(about.st_mode))
    return because(S_ISDIR(about.st_mode) ? "is a directory" : "is not a file");
  const auto too_large = [&] { return because(fmt::format("is larger than the {} bytes there are for it", limit)); };
  if (S_ISREG(about.st_mode) && static_cast<u64>(about.st_size) > limit)
    return too_large();
  const std::unique_ptr<std::FILE, closer> file(std::fopen(path.c_str(), "rb"));
  if (!file)
    return because(std::strerror(errno));

  std::vector<u8> bytes;
  std::vector<u8> piece(u64{1} << 16);
  while (const std::size_t n = std::fread(piece.data(), 1, piece.size(), file.get())) {
    if (n > limit - bytes.size())
      return too_large();
    bytes.insert(bytes.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(n));
  }
  if (std::ferror(file.get()) != 0)
    return because(std::strerror(errno));
  if (bytes.empty())
    return because("is empty");
  return bytes;
}

} // namespace hvkit::host
