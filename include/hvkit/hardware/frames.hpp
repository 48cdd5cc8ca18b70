// SPDX-License-Identifier: BSL-1.0
// Decides which frames of the hardware's memory are free. The one allocator of a VMM.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>
#include <span>
#include <vector>

#include <hvkit/hardware/memory.hpp>

namespace hvkit::hardware {

/// Hands out single frames of a physical memory, in no particular order. A free frame holds zeros: its last owner's
/// bytes are gone before it has another one, and who gets many at once need not touch them. Nothing is allocated on the
/// host after construction.
class frame_allocator {
public:
  /// All of `memory` is free, and as it was made: zeros.
  explicit frame_allocator(physical_memory &memory)
      : memory_(memory), untouched_(memory.base().value), end_(untouched_ + memory.size()) {
    returned_.reserve(memory.size() / frame_size);
  }
  /// A frame of zeros; nothing if there is none left.
  [[nodiscard]] maybe<hpa> allocate() {
    if (!returned_.empty()) {
      const hpa frame{returned_.back()};
      returned_.pop_back();
      return frame;
    }
    return untouched_ != end_ ? take_untouched(1) : maybe<hpa>();
  }
  /// As many as `numbers` has places, by their frame numbers. False, and nothing done, if there are not so many.
  [[nodiscard]] bool allocate(std::span<u32> numbers) {
    if (numbers.size() > available())
      return false;
    const std::size_t again = std::min(numbers.size(), returned_.size());
    std::transform(returned_.rbegin(), returned_.rbegin() + static_cast<std::ptrdiff_t>(again), numbers.begin(),
                   [](u64 frame) { return static_cast<u32>(frame_number(frame)); });
    returned_.resize(returned_.size() - again);
    const auto rest = numbers.subspan(again);
    std::iota(rest.begin(), rest.end(), static_cast<u32>(frame_number(untouched_)));
    untouched_ += rest.size() * frame_size;
    return true;
  }
  /// `count` frames in a row, the first of them; nothing if there is no such row.
  [[nodiscard]] maybe<hpa> allocate_row(u64 count) {
    if (count <= (end_ - untouched_) / frame_size)
      return take_untouched(count);
    while (untouched_ != end_)
      returned_.push_back(take_untouched(1)->value);
    std::sort(returned_.begin(), returned_.end(), std::greater<>());
    for (std::size_t i = returned_.size(), run = 0; i-- > 0;) {
      run = run != 0 && returned_[i] == returned_[i + 1] + frame_size ? run + 1 : 1;
      if (run < count)
        continue;
      const hpa first{returned_[i + (count - 1)]};
      const auto at = returned_.begin() + static_cast<std::ptrdiff_t>(i);
      returned_.erase(at, at + static_cast<std::ptrdiff_t>(count));
      return first;
    }
    return {};
  }
  /// `frame` came from `allocate` and nobody uses it any more. Its bytes are cleared, and who remembers some is told.
  void release(hpa frame) {
    returned_.push_back(frame.value);
    if (retired_)
      return;
    // Looks first: the host gives memory only for what is written.
    if (u8 *bytes = memory_.host(frame); bytes[0] != 0 || std::memcmp(bytes, bytes + 1, frame_size - 1) != 0) {
      std::memset(bytes, 0, frame_size);
      memory_.changed(frame, frame_size);
    }
  }
  /// Nothing is allocated any more: what is released need not be cleared.
  void retire() noexcept { retired_ = true; }
  /// How many frames are free.
  [[nodiscard]] u64 available() const noexcept { return returned_.size() + (end_ - untouched_) / frame_size; }

private:
  [[nodiscard]] maybe<hpa> take_untouched(u64 count) {
    const hpa first{untouched_};
    untouched_ += count * frame_size;
    return first;
  }

  physical_memory &memory_;
  std::vector<u64> returned_;
  u64 untouched_; ///< from here to the end nobody had a frame yet
  u64 end_;
  bool retired_ = false;
};

} // namespace hvkit::hardware
