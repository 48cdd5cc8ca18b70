// SPDX-License-Identifier: BSL-1.0
// Decides where tests put files: a directory of their own, which goes away with whoever made it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

namespace hvkit::tests {

class scratch {
public:
  scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "hvkit.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  scratch(const scratch &) = delete;
  scratch &operator=(const scratch &) = delete;
  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path &path() const noexcept { return path_; }
  /// The path of a file in it.
  [[nodiscard]] std::string operator/(const std::string &name) const { return (path_ / name).string(); }

private:
  std::filesystem::path path_;
};

} // namespace hvkit::tests
