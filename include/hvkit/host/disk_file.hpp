// SPDX-License-Identifier: BSL-1.0
// Decides how an image in a file is a disk, and what is said if it can't be one. Knows no device that shows it.
#pragma once

#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hvkit/device/disk.hpp>
#include <hvkit/host/result.hpp>

namespace hvkit::host {

/// How an image is opened. Any number of programs may read one at a time, or one may write.
enum class disk_mode : u8 { read_only, read_write };

/// A disk whose sectors are a file's bytes, in order. Each write has reached the file when it is done, a flush the
/// file's medium. A file opened for reading is not changed in any way, its times of change included.
class disk_file final : public device::disk {
public:
  /// Fails if the image can't be opened, is in use, is no file or block device, is empty or no multiple of a sector.
  [[nodiscard]] static result<disk_file> open(const std::string &path, disk_mode mode) {
    const auto because = [&](std::string_view what) { return failure{fmt::format("{}: {}", path, what)}; };
    const bool writes = mode == disk_mode::read_write;
    disk_file f;
    f.file_ = ::open(path.c_str(), (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
    if (f.file_ < 0)
      return because(std::strerror(errno));
    f.writes_ = writes;
    struct stat about {};
    if (::fstat(f.file_, &about) != 0)
      return because(std::strerror(errno));
    if (!S_ISREG(about.st_mode) && !S_ISBLK(about.st_mode))
      return because(S_ISDIR(about.st_mode) ? "is a directory" : "is not a file");
    if (::flock(f.file_, (writes ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0)
      return because(errno == EWOULDBLOCK ? "is in use as a disk by another machine" : std::strerror(errno));
    const off_t size = ::lseek(f.file_, 0, SEEK_END);
    if (size < 0)
      return because(std::strerror(errno));
    if (size == 0)
      return because("is empty");
    if (static_cast<u64>(size) % device::sector_size != 0)
      return because(fmt::format("has {} bytes, which is no multiple of a sector's {}", size, device::sector_size));
    f.sectors_ = static_cast<u64>(size) / device::sector_size;
    return f;
  }
  disk_file(disk_file &&other) noexcept { swap(other); }
  disk_file &operator=(disk_file &&other) noexcept {
    swap(other);
    return *this;
  }
  ~disk_file() override {
    if (file_ >= 0)
      ::close(file_);
  }

  [[nodiscard]] u64 sectors() const override { return sectors_; }
  [[nodiscard]] bool read_only() const override { return !writes_; }
  [[nodiscard]] device::disk_outcome read(u64 first, std::span<u8> to) override {
    if (!holds(first, to.size() / device::sector_size))
      return device::disk_outcome::out_of_range;
    return move(first, to, [this](std::span<u8> b, off_t at) { return ::pread(file_, b.data(), b.size(), at); });
  }
  [[nodiscard]] device::disk_outcome write(u64 first, std::span<const u8> from) override {
    if (!writes_)
      return device::disk_outcome::read_only;
    if (!holds(first, from.size() / device::sector_size))
      return device::disk_outcome::out_of_range;
    return move(first, from,
                [this](std::span<const u8> b, off_t at) { return ::pwrite(file_, b.data(), b.size(), at); });
  }
  [[nodiscard]] device::disk_outcome flush() override {
    return !writes_ || ::fdatasync(file_) == 0 ? device::disk_outcome::done : device::disk_outcome::failed;
  }

private:
  disk_file() = default;
  /// Repeats `f` until all bytes were moved. An image that was made shorter meanwhile fails.
  template <class Bytes, class F> [[nodiscard]] static device::disk_outcome move(u64 first, Bytes bytes, F f) {
    for (auto at = static_cast<off_t>(first * device::sector_size); !bytes.empty();) {
      const ssize_t n = f(bytes, at);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return device::disk_outcome::failed;
      bytes = bytes.subspan(static_cast<std::size_t>(n));
      at += n;
    }
    return device::disk_outcome::done;
  }
  void swap(disk_file &other) noexcept {
    std::swap(file_, other.file_);
    std::swap(writes_, other.writes_);
    std::swap(sectors_, other.sectors_);
  }

  int file_ = -1;
  bool writes_ = false;
  u64 sectors_ = 0;
};

} // namespace hvkit::host
