// SPDX-License-Identifier: BSL-1.0
// Decides which frame of the hardware's memory stands for each frame of a guest's.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include <hvkit/hardware/frames.hpp>

namespace hvkit {

/// A guest's physical memory: one range of guest-physical addresses over frames that need not be contiguous. Owns them.
class guest_memory {
public:
  /// Takes `size` (whole frames) out of `frames`, all in a row if `contiguous`. `complete()` tells whether it could.
  guest_memory(hardware::physical_memory &memory, hardware::frame_allocator &frames, gpa base, u64 size,
               bool contiguous = false)
      : memory_(memory), frames_(frames), base_(base.value) {
    const u64 count = size >> frame_bits;
    if (count > frames.available() || memory.base().value + memory.size() > most_hardware)
      return;
    map_.resize(count);
    if (!contiguous) {
      static_cast<void>(frames.allocate(map_)); // there are as many
    } else if (const auto row = frames.allocate_row(count)) {
      std::iota(map_.begin(), map_.end(), static_cast<u32>(frame_number(row->value)));
    } else {
      map_.clear();
      return;
    }
    size_ = count << frame_bits;
  }
  guest_memory(const guest_memory &) = delete;
  guest_memory &operator=(const guest_memory &) = delete;
  ~guest_memory() {
    for (u64 i = map_.size(); i-- > 0;) // so that they are handed out in order again
      frames_.release(frame(i));
  }

  [[nodiscard]] bool complete() const noexcept { return size_ != 0; }
  [[nodiscard]] gpa base() const noexcept { return gpa{base_}; }
  [[nodiscard]] u64 size() const noexcept { return size_; }
  [[nodiscard]] u64 frame_count() const noexcept { return map_.size(); }
  [[nodiscard]] bool contains(gpa at, u64 size = 1) const noexcept {
    const u64 offset = at.value - base_;
    return offset < size_ && size <= size_ - offset;
  }
  /// Which of the guest's frames `at` lies in, counted from its base; `contains(at)` must hold.
  [[nodiscard]] u64 frame_index(gpa at) const noexcept { return (at.value - base_) >> frame_bits; }
  /// Where the byte is in the hardware's memory, if the guest has it.
  [[nodiscard]] maybe<hpa> locate(gpa at) const noexcept {
    if (!contains(at))
      return {};
    return frame(frame_index(at)) + frame_offset(at.value);
  }

  /// The hardware frame that stands for the guest's frame of that index.
  [[nodiscard]] hpa frame(u64 index) const noexcept { return hpa{u64{map_[index]} << frame_bits}; }

  /// An access that does not cross a frame.
  template <class T> [[nodiscard]] maybe<T> load(gpa at) const {
    const auto where = locate(at);
    return where ? memory_.load<T>(*where) : maybe<T>();
  }
  template <class T> [[nodiscard]] bool store(gpa at, T value) {
    const auto where = locate(at);
    return where && memory_.store<T>(*where, value);
  }
  /// Copies bytes in or out over any number of frames. All or nothing.
  [[nodiscard]] bool write(gpa at, const void *from, u64 size) {
    return each_piece(at, size, [&](hpa where, u64 offset, u64 n) {
      static_cast<void>(memory_.write(where, static_cast<const u8 *>(from) + offset, n));
    });
  }
  [[nodiscard]] bool read(gpa at, void *to, u64 size) const {
    return each_piece(at, size, [&](hpa where, u64 offset, u64 n) {
      static_cast<void>(memory_.read(where, static_cast<u8 *>(to) + offset, n));
    });
  }

private:
  /// Frames are noted by their numbers, in 32 bits: a guest's map is a part in a thousand of its memory.
  static constexpr u64 most_hardware = u64{1} << (32 + frame_bits);
  template <class F> bool each_piece(gpa at, u64 size, F f) const {
    if (size == 0)
      return true;
    if (!contains(at, size))
      return false;
    for (u64 done = 0; done < size;) {
      const u64 n = std::min(size - done, frame_size - frame_offset(at.value + done));
      f(*locate(at + done), done, n);
      done += n;
    }
    return true;
  }

  hardware::physical_memory &memory_;
  hardware::frame_allocator &frames_;
  u64 base_;
  u64 size_ = 0;
  std::vector<u32> map_; ///< numbers of the hardware's frames
};

} // namespace hvkit
