// SPDX-License-Identifier: BSL-1.0
// Decides which frames of the hardware's memory are free. The one allocator of a VMM.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include <hvkit/hardware/memory.hpp>

namespace hvkit::hardware {

/// Hands out single frames of a physical memory, in no particular order. Nothing is allocated on the host after
/// construction.
class frame_allocator {
public:
  explicit frame_allocator(const physical_memory &memory) {
    free_.reserve(memory.size() / frame_size);
    for (u64 at = memory.size(); at != 0; at -= frame_size)
      free_.push_back(memory.base().value + at - frame_size);
  }
  /// A frame, with whatever bytes its last owner left; nothing if there is none left.
  [[nodiscard]] maybe<hpa> allocate() {
    if (free_.empty())
      return {};
    const hpa frame{free_.back()};
    free_.pop_back();
    return frame;
  }
  /// `count` frames in a row, the first of them; nothing if there is no such row.
  [[nodiscard]] maybe<hpa> allocate_row(u64 count) {
    std::sort(free_.begin(), free_.end(), std::greater<>());
    for (std::size_t i = free_.size(), run = 0; i-- > 0;) {
      run = run != 0 && free_[i] == free_[i + 1] + frame_size ? run + 1 : 1;
      if (run < count)
        continue;
      const hpa first{free_[i + (count - 1)]};
      const auto at = free_.begin() + static_cast<std::ptrdiff_t>(i);
      free_.erase(at, at + static_cast<std::ptrdiff_t>(count));
      return first;
    }
    return {};
  }
  /// `frame` came from `allocate` and nobody uses it any more.
  void release(hpa frame) { free_.push_back(frame.value); }
  /// How many frames are free.
  [[nodiscard]] u64 available() const noexcept { return free_.size(); }

private:
  std::vector<u64> free_;
};

} // namespace hvkit::hardware
