// SPDX-License-Identifier: BSL-1.0
// Decides what tests of devices use for a disk: one that remembers what it was asked for, and fails when told to.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <hvkit/device/disk.hpp>

namespace hvkit::tests {

class recording_disk final : public device::disk {
public:
  explicit recording_disk(u64 sectors) : inner_(sectors) {}

  /// Each request in a word: r or w with its first sector, or f.
  std::string log;
  bool locked = false;
  bool failing = false;

  [[nodiscard]] u64 sectors() const override { return inner_.sectors(); }
  [[nodiscard]] bool read_only() const override { return locked; }
  [[nodiscard]] device::disk_outcome read(u64 first, std::span<u8> to) override {
    log += "r" + std::to_string(first) + " ";
    return failing ? device::disk_outcome::failed : inner_.read(first, to);
  }
  [[nodiscard]] device::disk_outcome write(u64 first, std::span<const u8> from) override {
    log += "w" + std::to_string(first) + " ";
    return failing ? device::disk_outcome::failed : inner_.write(first, from);
  }
  [[nodiscard]] device::disk_outcome flush() override {
    log += "f ";
    return failing ? device::disk_outcome::failed : device::disk_outcome::done;
  }

  [[nodiscard]] std::vector<u8> content(u64 first, u64 count) const {
    const auto at = inner_.bytes().begin() + static_cast<std::ptrdiff_t>(first * device::sector_size);
    return {at, at + static_cast<std::ptrdiff_t>(count * device::sector_size)};
  }
  /// What a test puts there beforehand.
  void put(u64 first, std::span<const u8> bytes) { static_cast<void>(inner_.write(first, bytes)); }

private:
  device::memory_disk inner_;
};

} // namespace hvkit::tests
