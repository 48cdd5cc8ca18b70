// SPDX-License-Identifier: BSL-1.0
// Decides how shadow page tables are kept: built in the hardware's own memory, and found again from the guest's frames.
//
//   guest frame --uses--> shadow tables built from it          (a store to the frame clears their slots)
//   guest frame --maps--> shadow leaves that point to it       (tracking the frame takes W from them)
//         group --maps--> superpages that map all its frames   (tracking one of them takes these away)
//
// Both are chains through arrays of fixed size: a guest can't make them grow.
#pragma once

#include <cstring>
#include <vector>

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/core/lazy_array.hpp>
#include <hvkit/hardware/frames.hpp>
#include <hvkit/policy/paging/frame_groups.hpp>

namespace hvkit::paging {

/// The number of a shadow table; 0 is none.
using table_id = u32;

/// Shadow tables in the format `Format`. Whoever owns them fences the hardware after rights went.
template <class Format> class shadow_tables {
public:
  static constexpr u64 slots = u64{1} << Format::index_bits;
  static constexpr u64 no_frame = ~u64{0};
  /// Frames set aside: a root, and paths to the two pages its code and the two pages its data can lie in at most. Every
  /// instruction can be completed with that, whatever else has to go.
  static constexpr std::size_t reserved = 1 + 4 * (Format::levels - 1);

  struct table {
    hpa frame{};
    gva base{};             ///< the first address it translates
    unsigned level = 0;     ///< 0 holds leaves only
    u64 shadows = no_frame; ///< the guest frame it was built from
    table_id use_next = 0, use_previous = 0;
    table_id parent = 0; ///< the table that points to it, 0 for a root; and by which slot
    u64 parent_slot = 0;
  };

  /// `guest` is the guest's memory, as `frame_groups` wants it.
  template <class Memory> shadow_tables(hardware::physical_memory &memory, hardware::frame_allocator &frames,
                                        const Memory &guest, table_id limit)
      : memory_(memory), frames_(frames), groups_(guest), tables_(limit + 1), next_(slots * (limit + 1)),
        previous_(slots * (limit + 1)), mapped_(slots * (limit + 1)), uses_(guest.frame_count()),
        maps_(groups_.size() + 1), watched_(guest.frame_count()) {
    for (table_id id = limit; id != 0; --id)
      free_.push_back(id);
    while (reserve_.size() < reserved && frames.available() != 0)
      reserve_.push_back(*frames.allocate());
  }
  shadow_tables(const shadow_tables &) = delete;
  shadow_tables &operator=(const shadow_tables &) = delete;
  ~shadow_tables() {
    for (const hpa frame : reserve_)
      frames_.release(frame);
  }

  /// Enough frames are set aside for one instruction to have all its pages at once.
  [[nodiscard]] bool complete() const noexcept { return reserve_.size() == reserved; }

  [[nodiscard]] const table &at(table_id id) const { return tables_[id]; }
  [[nodiscard]] u64 entry(table_id id, u64 slot) const { return *place(id, slot); }
  /// The table a pointer entry leads to.
  [[nodiscard]] table_id child(table_id id, u64 slot) const { return next_[id * slots + slot]; }
  /// Some shadow table was built from this guest frame: stores to it must be seen.
  [[nodiscard]] bool tracked(u64 guest_frame) const { return uses_[guest_frame] != 0 || watched(guest_frame); }
  /// A leaf may lead to a copy of this guest frame, which must follow it.
  [[nodiscard]] bool watched(u64 guest_frame) const { return watched_[guest_frame] != 0; }
  /// The slot maps that guest frame by a leaf to another place than its own.
  [[nodiscard]] bool leads_elsewhere(table_id id, u64 slot, u64 guest_frame, hpa own) const {
    const u64 e = entry(id, slot);
    return Format::is_valid(e) && mapped_[id * slots + slot] == guest_frame && Format::target(e) != own.value;
  }
  /// One superpage may map all frames of the group around this one: they lie as it needs it, and none is tracked.
  [[nodiscard]] bool uniform(unsigned level, u64 guest_frame) const { return groups_.uniform(level, guest_frame); }
  /// The first frame of that group; of level 0 it is the frame itself.
  [[nodiscard]] u64 first_of_group(unsigned level, u64 guest_frame) const { return groups_.first(level, guest_frame); }
  [[nodiscard]] table_id first_use(u64 guest_frame) const { return uses_[guest_frame]; }
  [[nodiscard]] table_id next_use(table_id id) const { return tables_[id].use_next; }

  /// A new empty table; 0 if the limit or the hardware's memory is reached.
  [[nodiscard]] table_id make(unsigned level, gva base, u64 guest_frame) {
    if (free_.empty())
      return 0;
    const auto frame = take_frame();
    if (!frame)
      return 0;
    const table_id id = free_.back();
    free_.pop_back();
    std::memset(memory_.host(*frame), 0, frame_size);
    tables_[id] = {*frame, base, level, guest_frame};
    if (guest_frame != no_frame)
      link_use(id, guest_frame);
    return id;
  }

  void set_pointer(table_id id, u64 slot, table_id child) {
    *place(id, slot) = Format::pointer_to(tables_[child].frame.value);
    next_[id * slots + slot] = child;
    tables_[child].parent = id;
    tables_[child].parent_slot = slot;
  }
  /// Writes a leaf that maps the group of the table's level around `guest_frame`; the slot must be empty, or a leaf to
  /// the same group.
  void set_leaf(table_id id, u64 slot, u64 guest_frame, u64 leaf) {
    set_leaf_of(groups_.number(tables_[id].level, guest_frame), id, slot, leaf);
  }
  /// The same for a page of registers: of those there is one group, which is not of the guest's memory.
  void set_device_leaf(table_id id, u64 slot, u64 leaf) { set_leaf_of(groups_.size(), id, slot, leaf); }
  /// Clears every such leaf. Returns how many went.
  u64 unmap_devices() { return clear_group(groups_.size()); }
  /// Clears a slot and everything below it. Returns how many leaves went.
  u64 clear(table_id id, u64 slot) {
    u64 &e = *place(id, slot);
    if (!Format::is_valid(e))
      return 0;
    u64 dropped = 1;
    if (Format::is_leaf(e))
      unlink_map(static_cast<u32>(id * slots + slot), mapped_[id * slots + slot]);
    else
      dropped = destroy(child(id, slot));
    e = 0;
    return dropped;
  }
  /// Frees a table and everything below it.
  u64 destroy(table_id id) {
    const u64 dropped = clear_all(id);
    if (tables_[id].shadows != no_frame)
      unlink_use(id);
    if (reserve_.size() < reserved)
      reserve_.push_back(tables_[id].frame);
    else
      frames_.release(tables_[id].frame);
    tables_[id] = {};
    free_.push_back(id);
    return dropped;
  }
  /// Clears every leaf that maps `guest_frame`, which is watched no longer. Returns how many went.
  u64 unmap(u64 guest_frame) {
    u64 dropped = 0;
    for (unsigned level = 0; level < Format::levels; ++level)
      dropped += clear_group(groups_.number(level, guest_frame));
    const bool was_tracked = tracked(guest_frame);
    if (watched(guest_frame))
      watched_[guest_frame] = 0;
    if (was_tracked && !tracked(guest_frame))
      groups_.unmark(guest_frame);
    return dropped;
  }
  /// Forgets all that was built from `guest_frame`: its roots are empty then, its other tables are gone. Returns how
  /// many leaves went.
  u64 forsake(u64 guest_frame) {
    u64 dropped = 0;
    for (table_id id = uses_[guest_frame]; id != 0; id = uses_[guest_frame])
      if (const table &t = tables_[id]; t.parent != 0) {
        dropped += clear(t.parent, t.parent_slot);
      } else {
        dropped += clear_all(id);
        unlink_use(id);
        tables_[id].shadows = no_frame;
      }
    return dropped;
  }
  /// Tracks a frame from which no table was built. Returns how many superpages went.
  u64 watch(u64 guest_frame) {
    if (!tracked(guest_frame))
      groups_.mark(guest_frame);
    watched_[guest_frame] = 1;
    return revoke_write(guest_frame);
  }
  /// Takes the right to write from every leaf that maps `guest_frame`; superpages around it go. Returns how many did.
  u64 revoke_write(u64 guest_frame) {
    for (u32 at = maps_[guest_frame]; at != 0; at = next_[at]) {
      u64 &e = *place(at / slots, at % slots);
      e = Format::without_write(e);
    }
    u64 dropped = 0;
    for (unsigned level = 1; level < Format::levels; ++level)
      dropped += clear_group(groups_.number(level, guest_frame));
    return dropped;
  }

private:
  /// The VMM writes tables as a CPU's own stores do: the hardware may go on using what it remembers until a fence.
  [[nodiscard]] u64 *place(u64 id, u64 slot) const {
    return reinterpret_cast<u64 *>(memory_.host(tables_[id].frame)) + slot;
  }

  [[nodiscard]] maybe<hpa> take_frame() {
    if (const auto frame = frames_.allocate())
      return frame;
    if (reserve_.empty())
      return {};
    const hpa frame = reserve_.back();
    reserve_.pop_back();
    return frame;
  }

  void set_leaf_of(std::size_t group, table_id id, u64 slot, u64 leaf) {
    u64 &was = *place(id, slot);
    if (!Format::is_valid(was)) {
      mapped_[id * slots + slot] = static_cast<u32>(group);
      link_map(static_cast<u32>(id * slots + slot), group);
    }
    was = leaf;
  }
  u64 clear_all(table_id id) {
    u64 dropped = 0;
    for (u64 slot = 0; slot < slots; ++slot)
      dropped += clear(id, slot);
    return dropped;
  }
  /// Clears every leaf that maps this group.
  u64 clear_group(std::size_t group) {
    u64 dropped = 0;
    for (u32 at = maps_[group]; at != 0; at = maps_[group])
      dropped += clear(static_cast<table_id>(at / slots), at % slots);
    return dropped;
  }

  void link_use(table_id id, u64 guest_frame) {
    if (!tracked(guest_frame))
      groups_.mark(guest_frame);
    table_id &head = uses_[guest_frame];
    tables_[id].use_next = head;
    tables_[id].use_previous = 0;
    if (head != 0)
      tables_[head].use_previous = id;
    head = id;
  }
  void unlink_use(table_id id) {
    const table &t = tables_[id];
    (t.use_previous != 0 ? tables_[t.use_previous].use_next : uses_[t.shadows]) = t.use_next;
    if (t.use_next != 0)
      tables_[t.use_next].use_previous = t.use_previous;
    if (!tracked(t.shadows))
      groups_.unmark(t.shadows);
  }
  void link_map(u32 at, std::size_t group) {
    u32 &head = maps_[group];
    next_[at] = head;
    previous_[at] = 0;
    if (head != 0)
      previous_[head] = at;
    head = at;
  }
  void unlink_map(u32 at, std::size_t group) {
    (previous_[at] != 0 ? next_[previous_[at]] : maps_[group]) = next_[at];
    if (next_[at] != 0)
      previous_[next_[at]] = previous_[at];
  }

  hardware::physical_memory &memory_;
  hardware::frame_allocator &frames_;
  frame_groups<Format> groups_;
  std::vector<table> tables_;
  std::vector<table_id> free_;
  std::vector<hpa> reserve_;
  lazy_array<u32> next_;      ///< by slot: the next leaf that maps the same guest frame, or a pointer's table
  lazy_array<u32> previous_;  ///< by slot: the leaf before it
  lazy_array<u32> mapped_;    ///< by slot: the group a leaf maps
  lazy_array<table_id> uses_; ///< by guest frame: the first table built from it
  lazy_array<u32> maps_;      ///< by group, devices last: the first leaf that maps it
  lazy_array<u8> watched_;    ///< by guest frame: whether it has a copy
};

} // namespace hvkit::paging
