// SPDX-License-Identifier: BSL-1.0
// Decides how shadow paging works, whatever becomes of stores to guest tables: the hardware walks tables that the VMM
// builds from the guest's, one root for each translation context.
//
// Where the guest maps a large page, or has no tables, and nothing in that group of frames is treated apart, one shadow
// entry maps them all.
#pragma once

#include <algorithm>
#include <array>

#include <hvkit/core/context.hpp>
#include <hvkit/core/lazy_array.hpp>
#include <hvkit/policy/paging/concept.hpp>
#include <hvkit/policy/paging/shadow_roots.hpp>
#include <hvkit/policy/paging/shadow_tables.hpp>

namespace hvkit::paging {

/// Shadow paging for one VM, but for what `Derived` decides about the frames that hold guest tables (tracked frames):
///
///     walked(at, path)     a walk for `at` went through these tables, and what it found is about to be mapped
///     before_store(frame)  the guest is about to store to that tracked frame
///     before_copy(frame)   its code may be about to run from a copy, which must follow every store
///     is_open(frame)       stores to that tracked frame need not be seen
///
/// The first three may forget whatever was mapped. By default every store to a tracked frame is seen.
/// `Vm` has `vcpu()` (the virtual CPU), `hart()`, `memory()` (the guest's), `hardware_memory()`, `frames()`,
/// `device_page(gpa)`, and the technique's `prepare(page)` and `prepares()`.
template <class Vm, class Derived> class shadow_base : public basics {
protected:
  using cpu_type = typename Vm::cpu;
  using format = typename cpu_type::page_format;
  using tables_type = shadow_tables<format>;

public:
  /// Shadow tables a VM may have at most; beyond that all are built anew.
  static constexpr table_id table_limit = 1024;
  /// A frame to which so many stores went since a walk last came through it is taken for something else than a table.
  static constexpr u32 flood_limit = 32;

  explicit shadow_base(Vm &vm)
      : vm_(vm), tables_(vm.hardware_memory(), vm.frames(), vm.memory(), table_limit),
        stores_(vm.memory().frame_count()) {}
  ~shadow_base() { drop_all(); }
  shadow_base(const shadow_base &) = delete;
  shadow_base &operator=(const shadow_base &) = delete;

  /// Makes the hardware use the root of these contexts.
  void enter(const contexts &now) {
    const std::size_t n = roots_.place_of(now);
    if (roots_[n].table == 0 || roots_[n].of != now)
      make_root(roots_[n], now);
    count_.root_switches += n != current_ ? 1 : 0;
    current_ = n;
    vm_.enter_root(tables_.at(roots_[n].table).frame, n + 1);
  }

  /// The hardware found no translation at `at`. `enter` was called before.
  outcome fault(gva at, access a) {
    if ((a != access::fetch && roots_[current_].execute_only()) || !format::canonical(at))
      return outcome::emulate;
    path_type path;
    path.fill(tables_type::no_frame);
    const auto where = vm_.vcpu().translate(at, a, 1, [&](unsigned level, gpa entry, u64) {
      ++count_.walk_references;
      if (!vm_.memory().contains(entry))
        return;
      path[level] = vm_.memory().frame_index(entry);
      stores_[path[level]] = 0;
    });
    if (!where || !where->whole_page)
      return outcome::emulate;
    self().walked(at, path);
    if (!vm_.memory().contains(where->address))
      return map_device(at, a, where->address, path);
    const u64 frame = vm_.memory().frame_index(where->address);
    if (a == access::store && tables_.tracked(frame))
      self().before_store(frame);
    if (a == access::fetch && vm_.prepares())
      self().before_copy(frame);
    return install(at, a, frame, level_for(where->level, a, frame), path);
  }

  void table_written(gpa at, u64 size) {
    const u64 frame = vm_.memory().frame_index(at);
    if (!tables_.tracked(frame))
      return;
    if (tables_.watched(frame)) // its copy is out of date
      unmap(frame);
    if (!tables_.tracked(frame))
      return;
    ++count_.table_stores;
    if (++stores_[frame] >= flood_limit)
      return forsake(frame);
    const u64 first = frame_offset(at.value) / format::entry_size;
    const u64 last = (frame_offset(at.value) + size - 1) / format::entry_size;
    forget_entries(frame, first, last);
  }

  void drop(frame_range frames) {
    const u64 end = vm_.memory().frame_count();
    if (frames.first == 0 && frames.count >= end)
      return drop_all();
    for (u64 n = frames.first; n < end && n - frames.first < frames.count; ++n) {
      unmap(n);
      fence_after(tables_.forsake(n));
    }
  }

  /// Forgets every way to registers.
  void drop_devices() { fence_after(tables_.unmap_devices()); }

  /// Calls `f(code, data, top)` for each root in use: the contexts it stands for, and its top table's frame.
  template <class F> void each_root(F f) const {
    for (const shadow_root &r : roots_)
      if (r.table != 0)
        f(r.of.code, r.of.data, tables_.at(r.table).frame);
  }
  [[nodiscard]] bool complete() const noexcept { return tables_.complete(); }

protected:
  /// By level, the guest frame of the table that a walk went through, or `no_frame`.
  using path_type = std::array<u64, format::levels>;

  void walked(gva, const path_type &) {}
  void before_store(u64) {}
  void before_copy(u64) {}
  [[nodiscard]] bool is_open(u64) const { return false; }

  /// Forgets what was built from a guest frame, which is a frame like any other until a walk comes through it again.
  void forsake(u64 frame) {
    stores_[frame] = 0;
    ++count_.forsaken;
    fence_after(tables_.forsake(frame));
  }
  /// From now on every store to that frame is seen.
  void protect(u64 frame) {
    fence_after(tables_.revoke_write(frame));
    vm_.hart().protect(vm_.hardware_frame(frame));
  }
  void fence_after(u64 dropped) {
    count_.dropped += dropped;
    if (dropped != 0)
      vm_.hart().flush();
  }
  /// Forgets what was built from the entries `first` to `last` of the guest's table in `frame`.
  void forget_entries(u64 frame, u64 first, u64 last) {
    for (table_id id = tables_.first_use(frame), next = 0; id != 0; id = next) {
      next = tables_.next_use(id);
      for (u64 slot = first; slot <= last; ++slot)
        forget(id, slot);
      if (next != 0 && tables_.at(next).shadows != frame) // it went away below the one just cleared
        next = tables_.first_use(frame);
    }
  }

  using basics::count_;
  Vm &vm_;
  tables_type tables_;
  lazy_array<u32> stores_; ///< by guest frame: stores to it, as a table, since a walk last came through it
  shadow_roots roots_;

private:
  [[nodiscard]] Derived &self() noexcept { return static_cast<Derived &>(*this); }

  /// Forgets every shadow table.
  void drop_all() {
    for (shadow_root &r : roots_)
      drop(r);
    vm_.hart().flush();
  }
  void drop(shadow_root &r) {
    if (r.table != 0)
      count_.dropped += tables_.destroy(r.table);
    r.table = 0;
  }
  /// Forgets every leaf that leads to a guest frame, or to a copy of it.
  void unmap(u64 frame) { fence_after(tables_.unmap(frame)); }
  void forget(table_id id, u64 slot) {
    const typename tables_type::table &t = tables_.at(id);
    const u64 was = tables_.entry(id, slot);
    if (!format::is_valid(was))
      return;
    count_.dropped += tables_.clear(id, slot);
    if (t.level == 0)
      vm_.hart().forget_page(t.base + (slot << format::shift(0)));
    else
      vm_.hart().flush();
  }

  void make_root(shadow_root &r, const contexts &of) {
    if (r.table != 0) {
      drop(r);
      vm_.hart().flush();
    }
    table_id table = tables_.make(format::levels - 1, gva{0}, tables_type::no_frame);
    if (table == 0) {
      drop_all();
      table = tables_.make(format::levels - 1, gva{0}, tables_type::no_frame);
    }
    r.of = of;
    r.table = table;
    ++count_.roots_made;
  }

  /// The highest level at which one entry can give this access to the guest frame and to all of the group around it.
  /// `guest` is the level of the guest's own leaf, or more where it has none.
  [[nodiscard]] unsigned level_for(unsigned guest, access a, u64 frame) {
    if (vm_.prepares()) // page by page
      return 0;
    for (unsigned level = std::min(guest, format::levels - 1); level != 0; --level) {
      if (!tables_.uniform(level, frame))
        continue;
      const gpa group = vm_.memory().base() + (tables_.first_of_group(level, frame) << frame_bits);
      if (vm_.vcpu().permits_physical(group, bit(format::shift(level)), a))
        return level;
    }
    return 0;
  }
  /// Builds the tables on the way to `at` and the leaf itself, at the given level.
  outcome install(gva at, access a, u64 frame, unsigned leaf, const path_type &path) {
    const table_id table = table_for(at, leaf, path);
    return table == 0 ? retry() : install_leaf(table, at, a, frame);
  }
  /// The same for a page of registers, if the guest may have it. A right that is there already did not help: the
  /// device refused the access.
  outcome map_device(gva at, access a, gpa registers, const path_type &path) {
    const auto page = vm_.device_page(registers);
    if (!page || a == access::fetch)
      return outcome::emulate;
    const table_id table = table_for(at, 0, path);
    if (table == 0)
      return retry();
    const u64 slot = format::index(at, 0);
    const u64 was = tables_.entry(table, slot);
    const bool same = format::is_valid(was) && format::target(was) == page->value;
    const u64 leaf = (same ? was : 0) | format::leaf_to(page->value, true, a == access::store, false);
    if (same && leaf == was)
      return outcome::emulate;
    if (!same)
      forget(table, slot);
    tables_.set_device_leaf(table, slot, leaf);
    ++count_.filled;
    return outcome::mapped;
  }
  /// The table of level `leaf` around `at`, and those on the way to it; 0 if nothing is left to build it with.
  [[nodiscard]] table_id table_for(gva at, unsigned leaf, const path_type &path) {
    if (!adopt_root(roots_[current_].table, path[format::levels - 1]))
      return 0;
    table_id table = roots_[current_].table;
    for (unsigned level = format::levels - 1; level != leaf && table != 0; --level)
      table = step_down(table, level, at, path[level - 1]);
    return table;
  }
  outcome install_leaf(table_id table, gva at, access a, u64 frame) {
    if (a == access::store && tables_.tracked(frame) && !self().is_open(frame))
      return outcome::emulate;
    const unsigned level = tables_.at(table).level;
    const u64 slot = format::index(at, level);
    hpa place = vm_.hardware_frame(level == 0 ? frame : tables_.first_of_group(level, frame));
    if (a != access::fetch && level == 0 && tables_.leads_elsewhere(table, slot, frame, place))
      return outcome::emulate; // its code runs from a copy, which is not for reading
    if (a == access::fetch && level == 0)
      if (const auto copy = vm_.prepare({gva{frame_base(at.value)}, frame})) {
        fence_after(tables_.watch(frame));
        vm_.hart().protect(vm_.hardware_frame(frame));
        place = *copy;
      }
    set_right(table, slot, a, frame, place);
    return outcome::mapped;
  }
  /// Nothing is left to build with: everything goes, and the access faults once more.
  outcome retry() {
    const contexts now = roots_[current_].of;
    drop_all();
    enter(now);
    return outcome::mapped;
  }
  /// A root learns which guest frame it is built from when it is first walked.
  bool adopt_root(table_id table, u64 guest_frame) {
    if (tables_.at(table).shadows == guest_frame)
      return true;
    count_.dropped += tables_.destroy(table);
    roots_[current_].table = make_table(format::levels - 1, gva{0}, guest_frame);
    if (roots_[current_].table == 0)
      return false;
    vm_.hart().flush();
    vm_.enter_root(tables_.at(roots_[current_].table).frame, current_ + 1);
    return true;
  }
  [[nodiscard]] table_id step_down(table_id table, unsigned level, gva at, u64 guest_frame) {
    const u64 slot = format::index(at, level);
    if (const u64 was = tables_.entry(table, slot); format::is_valid(was)) {
      const table_id child = format::is_leaf(was) ? 0 : tables_.child(table, slot);
      if (child != 0 && tables_.at(child).shadows == guest_frame)
        return child;
      forget(table, slot);
    }
    const u64 span = low_bits(format::shift(level));
    const table_id child = make_table(level - 1, gva{at.value & ~span}, guest_frame);
    if (child != 0)
      tables_.set_pointer(table, slot, child);
    return child;
  }
  [[nodiscard]] table_id make_table(unsigned level, gva base, u64 guest_frame) {
    const bool known = guest_frame == tables_type::no_frame || tables_.tracked(guest_frame);
    const table_id id = tables_.make(level, base, guest_frame);
    count_.tables_made += id != 0 ? 1 : 0;
    if (id != 0 && !known)
      protect(guest_frame);
    return id;
  }
  /// Adds one right to the leaf; the others come when they are asked for.
  void set_right(table_id table, u64 slot, access a, u64 frame, hpa to) {
    const u64 was = tables_.entry(table, slot);
    const bool same = format::is_valid(was) && format::is_leaf(was) && format::target(was) == to.value;
    if (!same)
      forget(table, slot);
    const u64 kept = same ? was : 0;
    tables_.set_leaf(table, slot, frame,
                     kept | format::leaf_to(to.value, a != access::fetch, a == access::store, a == access::fetch));
    ++count_.filled;
    count_.superpages += tables_.at(table).level != 0 ? 1 : 0;
  }

  std::size_t current_ = 0;
};

} // namespace hvkit::paging
