// SPDX-License-Identifier: BSL-1.0
// Decides how a guest writes to a disk that must stay as it is: what it writes is kept beside. Knows no device.
#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <unordered_map>

#include <hvkit/device/disk.hpp>

namespace hvkit::device {

/// A disk over another one, which is only read. Written parts are held in the host's memory, in blocks of 4 KiB that
/// are made when they are first written to: never more than the disk's own size, and never more than a limit.
class snapshot_disk final : public disk {
public:
  static constexpr u64 block_sectors = 8;
  static constexpr u64 block_size = block_sectors * sector_size;

  /// `below` must outlive it. `limit`: most bytes of blocks; a write that needs more fails.
  explicit snapshot_disk(disk &below, u64 limit = std::numeric_limits<u64>::max()) : below_(below), limit_(limit) {}

  [[nodiscard]] u64 sectors() const override { return below_.sectors(); }
  [[nodiscard]] disk_outcome read(u64 first, std::span<u8> to) override {
    if (!holds(first, to.size() / sector_size))
      return disk_outcome::out_of_range;
    return each_block(first, to, [&](u64 sector, std::span<u8> piece) {
      const auto found = blocks_.find(sector / block_sectors);
      if (found == blocks_.end())
        return below_.read(sector, piece);
      std::copy_n(found->second->begin() + offset(sector), piece.size(), piece.begin());
      return disk_outcome::done;
    });
  }
  [[nodiscard]] disk_outcome write(u64 first, std::span<const u8> from) override {
    if (!holds(first, from.size() / sector_size))
      return disk_outcome::out_of_range;
    return each_block(first, from, [&](u64 sector, std::span<const u8> piece) {
      block *to = writable(sector / block_sectors);
      if (to == nullptr)
        return disk_outcome::failed;
      std::copy(piece.begin(), piece.end(), to->begin() + offset(sector));
      return disk_outcome::done;
    });
  }

  /// Bytes held for what was written.
  [[nodiscard]] u64 held() const noexcept { return blocks_.size() * block_size; }

private:
  using block = std::array<u8, block_size>;

  [[nodiscard]] static std::ptrdiff_t offset(u64 sector) noexcept {
    return static_cast<std::ptrdiff_t>(sector % block_sectors * sector_size);
  }
  /// Calls `f(sector, piece)` for each block's share of `bytes`, until one is not done.
  template <class Bytes, class F> disk_outcome each_block(u64 sector, Bytes bytes, F f) {
    while (!bytes.empty()) {
      const u64 n = std::min<u64>(bytes.size(), (block_sectors - sector % block_sectors) * sector_size);
      if (const disk_outcome o = f(sector, bytes.first(n)); o != disk_outcome::done)
        return o;
      bytes = bytes.subspan(n);
      sector += n / sector_size;
    }
    return disk_outcome::done;
  }
  /// The block of that number, filled from below when it is new; null where there is no room, or nothing to fill from.
  [[nodiscard]] block *writable(u64 number) {
    if (const auto found = blocks_.find(number); found != blocks_.end())
      return found->second.get();
    if (limit_ < block_size || held() > limit_ - block_size)
      return nullptr;
    std::unique_ptr<block> made(new (std::nothrow) block{});
    const u64 first = number * block_sectors;
    const u64 size = std::min(block_sectors, sectors() - first) * sector_size;
    if (!made || below_.read(first, std::span(*made).first(size)) != disk_outcome::done)
      return nullptr;
    try {
      return blocks_.emplace(number, std::move(made)).first->second.get();
    } catch (const std::bad_alloc &) {
      return nullptr;
    }
  }

  disk &below_;
  u64 limit_;
  std::unordered_map<u64, std::unique_ptr<block>> blocks_;
};

} // namespace hvkit::device
