// SPDX-License-Identifier: BSL-1.0
// Decides which frames of the hardware's memory are free. The one allocator of a VMM.
#pragma once

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
  /// `frame` came from `allocate` and nobody uses it any more.
  void release(hpa frame) { free_.push_back(frame.value); }
  [[nodiscard]] u64 available() const noexcept { return free_.size(); }

private:
  std::vector<u64> free_;
};

} // namespace hvkit::hardware
