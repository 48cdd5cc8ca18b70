// SPDX-License-Identifier: BSL-1.0
// Decides what a disk is to the devices that show one to a guest. Knows neither their registers nor the host's files.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include <hvkit/core/access.hpp>

namespace hvkit::device {

/// Bytes in a sector, the unit in which disks are addressed. Images consist of whole sectors.
inline constexpr u64 sector_size = 512;

/// What became of a request to a disk.
enum class disk_outcome : u8 {
  done,
  out_of_range, ///< not all of the sectors exist; none was touched
  read_only,    ///< nothing was written
  failed        ///< the medium did not do it; what was to be read or written is unknown
};

/// Sectors 0 to sectors() - 1. Requests are done in the order in which they are made, each before its answer.
struct disk {
  virtual ~disk() = default;
  /// How many there are; never changes.
  [[nodiscard]] virtual u64 sectors() const = 0;
  /// Whether writes are refused.
  [[nodiscard]] virtual bool read_only() const { return false; }
  /// From `first` on, as many whole sectors as `to` or `from` has room for.
  [[nodiscard]] virtual disk_outcome read(u64 first, std::span<u8> to) = 0;
  [[nodiscard]] virtual disk_outcome write(u64 first, std::span<const u8> from) = 0;
  /// Once it is done, all that was written before outlives the host's power.
  [[nodiscard]] virtual disk_outcome flush() { return disk_outcome::done; }

  /// Whether sectors [first, first + count) exist.
  [[nodiscard]] bool holds(u64 first, u64 count) const { return first <= sectors() && count <= sectors() - first; }
};

/// A disk in the host's memory.
class memory_disk final : public disk {
public:
  /// All zeros.
  explicit memory_disk(u64 sectors) : bytes_(sectors * sector_size) {}
  /// Bytes behind the last whole sector are left away.
  explicit memory_disk(std::vector<u8> bytes) : bytes_(std::move(bytes)) {
    bytes_.resize(bytes_.size() - bytes_.size() % sector_size);
  }

  [[nodiscard]] u64 sectors() const override { return bytes_.size() / sector_size; }
  [[nodiscard]] disk_outcome read(u64 first, std::span<u8> to) override {
    if (!holds(first, to.size() / sector_size))
      return disk_outcome::out_of_range;
    std::copy_n(at(first), to.size(), to.begin());
    return disk_outcome::done;
  }
  [[nodiscard]] disk_outcome write(u64 first, std::span<const u8> from) override {
    if (!holds(first, from.size() / sector_size))
      return disk_outcome::out_of_range;
    std::copy(from.begin(), from.end(), at(first));
    return disk_outcome::done;
  }
  [[nodiscard]] const std::vector<u8> &bytes() const noexcept { return bytes_; }

private:
  [[nodiscard]] std::vector<u8>::iterator at(u64 sector) {
    return bytes_.begin() + static_cast<std::ptrdiff_t>(sector * sector_size);
  }
  std::vector<u8> bytes_;
};

} // namespace hvkit::device
