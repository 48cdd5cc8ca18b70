// SPDX-License-Identifier: BSL-1.0
// Decides where one shadow entry above the last level may map a group of guest frames: whether they lie in the
// hardware's memory as such an entry needs it, and whether each of them may be treated like the others.
//
//   level 0   | frame | frame | frame | ...                        each frame is a group
//   level 1   |   2^index_bits frames   |   2^index_bits frames   | ...
//
// Groups are aligned as guest-physical addresses are, so that those at the ends of memory may lack frames.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include <hvkit/core/address.hpp>

namespace hvkit::paging {

/// The groups of a guest's frames, for entries of the format `Format`.
template <class Format> class frame_groups {
public:
  /// `Memory` has `base()`, `frame_count()` and `frame(index)`; its frames never change.
  template <class Memory> explicit frame_groups(const Memory &memory)
      : first_(frame_number(memory.base().value)), frames_(memory.frame_count()) {
    for (unsigned level = 1; level < Format::levels && frames_ != 0; ++level) {
      before_[level] = groups_.size();
      for (u64 order = 0; order <= order_of(level, frames_ - 1); ++order)
        groups_.push_back({0, in_one_piece(memory, level, order)});
    }
  }

  /// How many groups there are, of all levels.
  [[nodiscard]] std::size_t size() const noexcept { return frames_ + groups_.size(); }
  /// The number of the group around that frame. Frames come first.
  [[nodiscard]] std::size_t number(unsigned level, u64 frame) const noexcept {
    return level == 0 ? frame : frames_ + before_[level] + order_of(level, frame);
  }
  /// The first frame of the group around `frame`, which must be `uniform`.
  [[nodiscard]] u64 first(unsigned level, u64 frame) const noexcept {
    return first_frame(level, order_of(level, frame));
  }
  /// One entry may map the group around `frame`: it is a whole piece of the hardware's memory, aligned as an entry of
  /// that level needs it, and no frame of it is marked. Always so at level 0.
  [[nodiscard]] bool uniform(unsigned level, u64 frame) const noexcept {
    if (level == 0)
      return true;
    const group &g = groups_[before_[level] + order_of(level, frame)];
    return g.in_one_piece && g.marked == 0;
  }

  /// From now on `frame` is treated otherwise than its neighbours; or no longer.
  void mark(u64 frame) noexcept { add(frame, 1); }
  void unmark(u64 frame) noexcept { add(frame, ~u32{0}); }

private:
  struct group {
    u32 marked; ///< how many of its frames are
    bool in_one_piece;
  };

  [[nodiscard]] static constexpr unsigned bits(unsigned level) noexcept { return Format::index_bits * level; }
  /// Which one of the groups of its level is around that frame.
  [[nodiscard]] u64 order_of(unsigned level, u64 frame) const noexcept {
    return ((first_ + frame) >> bits(level)) - (first_ >> bits(level));
  }
  /// Wraps for a group that begins before the guest's memory does.
  [[nodiscard]] u64 first_frame(unsigned level, u64 order) const noexcept {
    return (((first_ >> bits(level)) + order) << bits(level)) - first_;
  }
  template <class Memory> [[nodiscard]] bool in_one_piece(const Memory &memory, unsigned level, u64 order) const {
    const u64 first = first_frame(level, order), count = bit(bits(level));
    if (first >= frames_ || count > frames_ - first ||
        (memory.frame(first).value & low_bits(Format::shift(level))) != 0)
      return false;
    for (u64 i = 1; i < count; ++i)
      if (memory.frame(first + i) != memory.frame(first) + i * frame_size)
        return false;
    return true;
  }
  void add(u64 frame, u32 change) noexcept {
    for (unsigned level = 1; level < Format::levels; ++level)
      groups_[before_[level] + order_of(level, frame)].marked += change;
  }

  u64 first_;  ///< number of the guest's first frame, as guest-physical addresses count
  u64 frames_; ///< how many it has
  std::array<std::size_t, Format::levels> before_{};
  std::vector<group> groups_;
};

} // namespace hvkit::paging
