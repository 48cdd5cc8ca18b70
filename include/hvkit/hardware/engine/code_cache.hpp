// SPDX-License-Identifier: BSL-1.0
// Decides where decoded blocks are kept and how they are found by the physical address of their first instruction.
//
//   [ head | op | op | ... | last op | tail ]      in one arena, filled from the front, emptied as a whole
#pragma once

#include <new>

#include <hvkit/core/address.hpp>
#include <hvkit/core/lazy_array.hpp>
#include <hvkit/hardware/memory.hpp>

namespace hvkit::engine {

/// Decoded blocks of `Op`s. A block lies in one frame and links only to blocks of the same frame, so a frame's blocks
/// can be forgotten together and nothing else points at them.
template <class Op> class code_cache {
public:
  struct head {
    u64 count; ///< instructions in the block; more than any budget where there is no block
    hpa at;    ///< its first byte
    [[nodiscard]] u64 offset() const noexcept { return frame_offset(at.value); }
  };
  struct alignas(16) tail {
    const Op *taken;       ///< where the block's direct jump leads, or `nowhere`
    const Op *fallthrough; ///< the block behind it, or `nowhere`
    u32 last;              ///< offset of the last instruction in the frame
    u32 end;               ///< and of what is behind it
  };

  /// Nothing is allocated on the host afterwards.
  explicit code_cache(const hardware::physical_memory &memory)
      : base_(memory.base().value), by_frame_(memory.size() >> frame_bits), arena_(arena_bytes), tables_(table_limit),
        owners_(table_limit), free_(table_limit) {
    ::new (&arena_[0]) head{~u64{0}, hpa{0}};
  }

  /// The block that is none: no budget is enough for it.
  [[nodiscard]] const Op *nowhere() noexcept { return reinterpret_cast<const Op *>(&arena_[sizeof(head)]); }
  [[nodiscard]] static const head &head_of(const Op *first) noexcept {
    return reinterpret_cast<const head *>(first)[-1];
  }
  [[nodiscard]] static tail &tail_of(const Op *last) noexcept {
    return *reinterpret_cast<tail *>(const_cast<Op *>(last + 1));
  }

  /// The block that starts at `at`, or null.
  [[nodiscard]] const Op *find(hpa at) const noexcept {
    const u32 table = by_frame_[index(at)];
    if (table == 0)
      return nullptr;
    const u32 place = tables_[table - 1].starts[frame_offset(at.value) / granule];
    return place == 0 ? nullptr : reinterpret_cast<const Op *>(&arena_[place]);
  }

  /// Room for a block of up to `ops` ops whose ops are written by the caller; all other blocks may go for it.
  [[nodiscard]] Op *reserve(std::size_t ops) {
    const bool no_table = free_count_ == 0 && made_ == table_limit;
    if (no_table || used_ + sizeof(head) + ops * sizeof(Op) + sizeof(tail) > arena_bytes)
      clear();
    return reinterpret_cast<Op *>(&arena_[used_ + sizeof(head)]);
  }
  /// Keeps the block of `instructions` that was written into what `reserve` gave; `last` and `end` are the tail's,
  /// counted from the block's start.
  void commit(hpa at, Op *first, std::size_t ops, u32 instructions, u32 last, u32 end) {
    const auto offset = static_cast<u32>(frame_offset(at.value));
    ::new (reinterpret_cast<head *>(first) - 1) head{instructions, at};
    ::new (static_cast<void *>(first + ops)) tail{nowhere(), nowhere(), offset + last, offset + end};
    u32 &table = by_frame_[index(at)];
    if (table == 0)
      table = new_table(index(at));
    tables_[table - 1].starts[frame_offset(at.value) / granule] = static_cast<u32>(used_ + sizeof(head));
    used_ += sizeof(head) + ops * sizeof(Op) + sizeof(tail);
  }
  /// Forgets the blocks of one frame. Their bytes stay readable until the arena is emptied: one may be running.
  void drop_frame(hpa at) noexcept {
    u32 &table = by_frame_[index(at)];
    if (table == 0)
      return;
    free_[free_count_++] = table - 1;
    table = 0;
  }
  /// Forgets everything. Nothing may be running.
  void clear() noexcept {
    for (u32 id = 0; id < made_; ++id)
      by_frame_[owners_[id]] = 0;
    made_ = 0;
    free_count_ = 0;
    used_ = first_place;
    ++generation_;
  }
  /// Changes when everything was forgotten.
  [[nodiscard]] u64 generation() const noexcept { return generation_; }

private:
  static constexpr std::size_t arena_bytes = std::size_t{64} << 20;
  static constexpr std::size_t first_place = 64; ///< behind `nowhere`; place 0 means none
  static constexpr u64 granule = 2;              ///< instructions start at even addresses at least
  static constexpr u32 table_limit = 8192;       ///< frames whose code is remembered at a time
  struct start_table {
    u32 starts[frame_size / granule];
  };

  [[nodiscard]] std::size_t index(hpa at) const noexcept { return (at.value - base_) >> frame_bits; }
  /// `reserve` has seen to it that there is one.
  [[nodiscard]] u32 new_table(std::size_t frame) {
    const u32 id = free_count_ != 0 ? free_[--free_count_] : made_++;
    tables_[id] = {};
    owners_[id] = frame;
    return id + 1;
  }

  u64 base_;
  lazy_array<u32> by_frame_; ///< number of the frame's table, counted from 1
  lazy_array<u8> arena_;
  std::size_t used_ = first_place;
  lazy_array<start_table> tables_;
  lazy_array<u64> owners_; ///< the frame each table was made for last
  lazy_array<u32> free_;   ///< tables that frames gave back, as a stack
  u32 made_ = 0;           ///< tables ever used since everything was forgotten
  u32 free_count_ = 0;
  u64 generation_ = 0;
};

} // namespace hvkit::engine
