// SPDX-License-Identifier: BSL-1.0
// Decides how tables of a second stage are kept: from guest-physical addresses to the hardware's, several views of the
// same memory with different rights. They are filled as the hardware asks.
//
//   root of a view, 4 frames --> [ table ] --> [ table of leaves ] --> frame of the guest's
//                                 or a leaf for a whole group of frames
#pragma once

#include <array>
#include <cstring>
#include <vector>

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/hardware/frames.hpp>
#include <hvkit/policy/paging/frame_groups.hpp>

namespace hvkit::paging {

/// Tables in the format `Format`, by `Views` roots. Whoever owns them fences the hardware after rights went.
template <class Format, std::size_t Views> class second_stage_tables {
public:
  /// Frames set aside beside the roots: what one instruction can need. It reaches its code and its data in two pages
  /// each, each of them through a page of tables for each level of the first stage.
  static constexpr std::size_t reserved = 4 * (Format::levels + 1) * (Format::levels - 1);

  second_stage_tables(hardware::physical_memory &memory, hardware::frame_allocator &frames)
      : memory_(memory), frames_(frames) {
    make_roots();
    while (complete_ && reserve_.size() < reserved && frames.available() != 0)
      reserve_.push_back(*frames.allocate());
    complete_ = complete_ && reserve_.size() == reserved;
  }
  second_stage_tables(const second_stage_tables &) = delete;
  second_stage_tables &operator=(const second_stage_tables &) = delete;
  ~second_stage_tables() {
    clear();
    for (const hpa frame : reserve_)
      frames_.release(frame);
    for (u64 n = 0; has_roots_ && n < Views * root_frames; ++n)
      frames_.release(root(0) + n * frame_size);
  }
  [[nodiscard]] bool complete() const noexcept { return complete_; }

  [[nodiscard]] hpa root(std::size_t view) const noexcept { return roots_ + view * Format::root_size; }
  /// Gives rights to a leaf for `at` at that level, which leads to `to`; those it has for the same place it keeps.
  /// False if no frame is left for a table on the way.
  [[nodiscard]] bool map(std::size_t view, gpa at, unsigned level, hpa to, access a) {
    u64 *entry = place(root(view), at, Format::levels - 1);
    for (unsigned above = Format::levels - 1; above != level; --above) {
      if (!Format::is_valid(*entry) || Format::is_leaf(*entry)) {
        const auto table = take();
        if (!table)
          return false;
        std::memset(memory_.host(*table), 0, frame_size);
        *entry = Format::pointer_to(table->value);
      }
      entry = place(hpa{Format::target(*entry)}, at, above - 1);
    }
    const bool same = Format::is_valid(*entry) && Format::is_leaf(*entry) && Format::target(*entry) == to.value;
    if (Format::is_valid(*entry) && !Format::is_leaf(*entry))
      release(hpa{Format::target(*entry)}, level - 1);
    *entry =
        (same ? *entry : 0) | Format::leaf_to(to.value, a != access::fetch, a == access::store, a == access::fetch);
    return true;
  }
  /// Forgets the leaf for `at` in each view, whatever it maps. Answers whether there was one.
  bool unmap(gpa at) {
    bool found = false;
    for (std::size_t view = 0; view < Views; ++view) {
      hpa table = root(view);
      for (unsigned level = Format::levels; level-- > 0;) {
        u64 *const entry = place(table, at, level);
        if (!Format::is_valid(*entry))
          break;
        if (Format::is_leaf(*entry)) {
          *entry = 0;
          found = true;
          break;
        }
        table = hpa{Format::target(*entry)};
      }
    }
    return found;
  }
  /// Forgets everything.
  void clear() {
    for (std::size_t view = 0; has_roots_ && view < Views; ++view)
      for (u64 n = 0; n < root_frames; ++n)
        empty(root(view) + n * frame_size, Format::levels - 1);
  }

private:
  static constexpr u64 root_frames = Format::root_size / frame_size;

  /// A root is aligned to its size.
  void make_roots() {
    constexpr u64 count = Views * root_frames, spare = root_frames - 1;
    const auto row = frames_.allocate_row(count + spare);
    if (!row)
      return;
    roots_ = hpa{(row->value + Format::root_size - 1) & ~(Format::root_size - 1)};
    for (u64 n = 0; n < count + spare; ++n)
      if (const hpa frame = *row + n * frame_size; frame < roots_ || frame.value >= roots_.value + count * frame_size)
        frames_.release(frame);
    std::memset(memory_.host(roots_), 0, count * frame_size);
    has_roots_ = complete_ = true;
  }
  [[nodiscard]] u64 *place(hpa table, gpa at, unsigned level) const {
    return reinterpret_cast<u64 *>(memory_.host(table)) + Format::index(gva{at.value}, level);
  }
  [[nodiscard]] maybe<hpa> take() {
    if (const auto frame = frames_.allocate())
      return frame;
    if (reserve_.empty())
      return {};
    const hpa frame = reserve_.back();
    reserve_.pop_back();
    return frame;
  }
  /// Gives back a table of that level, with what it points to.
  void release(hpa table, unsigned level) {
    empty(table, level);
    if (reserve_.size() < reserved)
      reserve_.push_back(table);
    else
      frames_.release(table);
  }
  void empty(hpa table, unsigned level) {
    auto *const entries = reinterpret_cast<u64 *>(memory_.host(table));
    for (u64 slot = 0; slot < frame_size / Format::entry_size; ++slot) {
      if (Format::is_valid(entries[slot]) && !Format::is_leaf(entries[slot]))
        release(hpa{Format::target(entries[slot])}, level - 1);
      entries[slot] = 0;
    }
  }

  hardware::physical_memory &memory_;
  hardware::frame_allocator &frames_;
  hpa roots_{};
  std::vector<hpa> reserve_;
  bool has_roots_ = false;
  bool complete_ = false;
};

} // namespace hvkit::paging
