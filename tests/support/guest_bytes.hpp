// SPDX-License-Identifier: BSL-1.0
// Decides what tests of devices use for a guest's memory: bytes that can be looked at, and that nobody leaves
// unnoticed.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <hvkit/device/guest_access.hpp>

namespace hvkit::tests {

/// Memory at [base, base + size). Counts what a device did with it.
class guest_bytes final : public device::guest_access {
public:
  explicit guest_bytes(u64 size, gpa base = gpa{0x8000'0000}) : base_(base), bytes_(size) {}

  [[nodiscard]] gpa base() const { return base_; }
  [[nodiscard]] u64 size() const { return bytes_.size(); }
  [[nodiscard]] bool contains(gpa at, u64 size) const override {
    const u64 offset = at - base_;
    return size == 0 || (offset < bytes_.size() && size <= bytes_.size() - offset);
  }
  [[nodiscard]] bool read(gpa at, std::span<u8> to) const override {
    if (!contains(at, to.size()))
      return false;
    std::copy_n(from(at), to.size(), to.begin());
    ++reads;
    return true;
  }
  [[nodiscard]] bool write(gpa at, std::span<const u8> data) override {
    if (!contains(at, data.size()))
      return false;
    std::copy(data.begin(), data.end(), from(at));
    ++writes;
    return true;
  }

  /// What the guest itself does.
  template <class T> void put(gpa at, T value) { static_cast<void>(store(at, value)); }
  template <class T> [[nodiscard]] T get(gpa at) const { return load<T>(at).value(); }
  void put_bytes(gpa at, std::span<const u8> data) { static_cast<void>(write(at, data)); }
  [[nodiscard]] std::vector<u8> get_bytes(gpa at, u64 size) const {
    std::vector<u8> all(size);
    static_cast<void>(read(at, all));
    return all;
  }

  mutable u64 reads = 0;
  u64 writes = 0;

private:
  [[nodiscard]] std::vector<u8>::iterator from(gpa at) {
    return bytes_.begin() + static_cast<std::ptrdiff_t>((at - base_) % (bytes_.size() + 1));
  }
  [[nodiscard]] std::vector<u8>::const_iterator from(gpa at) const {
    return bytes_.begin() + static_cast<std::ptrdiff_t>((at - base_) % (bytes_.size() + 1));
  }
  gpa base_;
  std::vector<u8> bytes_;
};

} // namespace hvkit::tests
