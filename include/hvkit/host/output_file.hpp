// SPDX-License-Identifier: BSL-1.0
// Decides that a file which a program makes is there in full or not at all.
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hvkit/core/access.hpp>
#include <hvkit/host/result.hpp>

namespace hvkit::host {

/// A file in the making. It gets its name when it is kept; if it is not kept, nothing of it is left, and a file that
/// had the name before is as it was. What is not a regular file (a pipe, /dev/stdout) is written to at once.
class output_file {
public:
  /// Fails if nothing can be written there.
  [[nodiscard]] static result<output_file> create(const std::string &path) {
    struct stat about {};
    const bool there = ::stat(path.c_str(), &about) == 0;
    if (there && S_ISDIR(about.st_mode))
      return failure{path + ": is a directory"};
    output_file f(path);
    if (there && !S_ISREG(about.st_mode)) {
      f.file_ = std::fopen(path.c_str(), "w");
    } else {
      f.temporary_ = path + ".XXXXXX";
      f.file_ = make_temporary(f.temporary_);
    }
    if (f.file_ == nullptr) {
      f.temporary_.clear();
      return failure{fmt::format("{}: {}", path, std::strerror(errno))};
    }
    return f;
  }
  output_file(output_file &&other) noexcept { swap(other); }
  output_file &operator=(output_file &&other) noexcept {
    swap(other);
    return *this;
  }
  ~output_file() {
    if (file_ != nullptr)
      std::fclose(file_);
    if (!temporary_.empty())
      ::unlink(temporary_.c_str());
  }

  void write(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size())
      note_error();
  }

  /// Ends the file and gives it its name. Nothing, or why that could not be done.
  [[nodiscard]] maybe<failure> keep() {
    if (std::fclose(std::exchange(file_, nullptr)) != 0)
      note_error();
    if (error_ == 0 && !temporary_.empty() && std::rename(temporary_.c_str(), path_.c_str()) != 0)
      note_error();
    if (error_ != 0)
      return failure{fmt::format("{}: {}", path_, std::strerror(error_))};
    temporary_.clear();
    return {};
  }

private:
  explicit output_file(std::string path) : path_(std::move(path)) {}
  /// With the rights that a new file has.
  [[nodiscard]] static std::FILE *make_temporary(std::string &name) {
    const int fd = ::mkstemp(name.data());
    if (fd < 0)
      return nullptr;
    const mode_t mask = ::umask(0);
    ::umask(mask);
    static_cast<void>(::fchmod(fd, 0666 & ~mask));
    return ::fdopen(fd, "w");
  }
  void note_error() noexcept {
    if (error_ == 0)
      error_ = errno;
  }
  void swap(output_file &other) noexcept {
    std::swap(path_, other.path_);
    std::swap(temporary_, other.temporary_);
    std::swap(file_, other.file_);
    std::swap(error_, other.error_);
  }

  std::string path_;
  std::string temporary_; ///< the name it has until it is kept
  std::FILE *file_ = nullptr;
  int error_ = 0; ///< the first one (errno)
};

} // namespace hvkit::host
