// SPDX-License-Identifier: BSL-1.0
// Decides how shadow page tables go out of step with the guest's, and are brought in step again at the guest's fence.
//
//   in step      protected: the first store to it opens it ------> out of step: stores to it run on the hardware, and
//      ^                                                            what the shadow was built from is kept
//      +--- unchanged for some fences, or too many are open <----- each fence drops what differs from that
//
// A walk drops what differs on its way, too. So an entry that shadow tables were built from is always the one kept, and
// each translation the hardware has is one that the guest's tables gave at some time since the last fence about it.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include <hvkit/core/agreement.hpp>
#include <hvkit/core/slot.hpp>
#include <hvkit/policy/paging/out_of_step.hpp>
#include <hvkit/policy/paging/shadow_base.hpp>
#include <hvkit/policy/rules.hpp>

namespace hvkit::paging {

/// What is done for one VM. `Derived` may decide otherwise than the hooks of `shadow_base` do here.
template <class Vm, class Derived> class lazy_base : public shadow_base<Vm, Derived> {
  using base = shadow_base<Vm, Derived>;

protected:
  using typename base::cpu_type;
  using typename base::format;
  using typename base::path_type;
  static_assert(format::entry_size == sizeof(u64), "tables of other entries are not compared yet");
  static constexpr u64 slots = base::tables_type::slots;

public:
  /// A table that so many whole fences in a row found unchanged is protected again.
  static constexpr unsigned quiet_limit = 2;

  explicit lazy_base(Vm &vm) : base(vm), open_(vm.memory().frame_count()) {}

  void table_written(gpa at, u64 size) {
    if (!open_.holds(vm_.memory().frame_index(at)))
      base::table_written(at, size);
  }
  /// Of one page the tables on the way to it are looked at where it counts; else the whole of them.
  void fence(const fence_scope &scope) {
    if (scope.page)
      return fence_page(*scope.page);
    const auto covered = covered_roots(scope);
    for (std::size_t n = 0; n < open_.limit && open_.size() != 0; ++n)
      if (open_.at(n).frame != open_.no_frame)
        fence_table(n, covered);
  }

protected:
  friend base; // for its hooks
  using base::count_;
  using base::tables_;
  using base::vm_;

  void walked(gva at, const path_type &path) {
    for (unsigned level = 0; level < format::levels; ++level)
      if (path[level] != base::tables_type::no_frame && open_.holds(path[level]))
        bring_in(open_.place_of(path[level]), format::index(at, level));
  }
  void before_store(u64 frame) {
    if (tables_.watched(frame) || open_.holds(frame))
      return;
    const std::size_t n = open_.next_place();
    if (open_.at(n).frame != open_.no_frame)
      close(n);
    open_.add(n, frame);
    std::memcpy(open_.entries(n), contents(frame), frame_size);
    ++count_.opened;
  }
  void before_copy(u64 frame) {
    if (open_.holds(frame))
      close(open_.place_of(frame));
  }
  [[nodiscard]] bool is_open(u64 frame) const { return open_.holds(frame); }

private:
  /// Top tables, as many as there are.
  struct top_tables {
    std::array<table_id, shadow_roots::limit> ids{};
    std::size_t count = 0;
    [[nodiscard]] bool contains(table_id id) const {
      return std::find(ids.begin(), ids.begin() + count, id) != ids.begin() + count;
    }
  };

  [[nodiscard]] const u8 *contents(u64 frame) const { return vm_.hardware_memory().host(vm_.hardware_frame(frame)); }
  /// Drops what was built from that entry, if what stands there now would not give it.
  bool bring_in(std::size_t n, u64 slot) {
    const u64 frame = open_.at(n).frame;
    u64 now = 0, &was = open_.entries(n)[slot];
    std::memcpy(&now, contents(frame) + slot * sizeof now, sizeof now);
    if (now == was)
      return false;
    const bool dropped = !format::widens(was, now);
    was = now;
    if (dropped)
      base::forget_entries(frame, slot, slot);
    return true;
  }
  /// The same for all of the table. Answers whether some entry had changed.
  bool bring_in(std::size_t n) {
    if (std::memcmp(open_.entries(n), contents(open_.at(n).frame), frame_size) == 0)
      return false;
    bool changed = false;
    for (u64 slot = 0; slot < slots; ++slot)
      changed = bring_in(n, slot) || changed;
    return changed;
  }
  /// From now on it is in step.
  void close(std::size_t n) {
    const u64 frame = open_.at(n).frame;
    static_cast<void>(bring_in(n));
    open_.remove(n);
    if (tables_.tracked(frame))
      static_cast<Derived &>(*this).protect(frame);
  }

  void fence_page(gva at) {
    for (std::size_t n = 0; n < open_.limit && open_.size() != 0; ++n) {
      if (open_.at(n).frame == open_.no_frame)
        continue;
      std::array<bool, format::levels> reached{};
      for (table_id id = tables_.first_use(open_.at(n).frame); id != 0; id = tables_.next_use(id)) {
        const auto &t = tables_.at(id);
        const u64 apart = (at.value ^ t.base.value) & low_bits(format::address_width);
        reached[t.level] = reached[t.level] || apart >> format::shift(t.level + 1) == 0;
      }
      for (unsigned level = 0; level < format::levels; ++level)
        if (reached[level])
          static_cast<void>(bring_in(n, format::index(at, level)));
    }
  }
  [[nodiscard]] top_tables covered_roots(const fence_scope &scope) {
    top_tables found;
    for (const shadow_root &r : base::roots_)
      if (r.table != 0 && cpu_type::covers(scope, r.of.code))
        found.ids[found.count++] = r.table;
    return found;
  }
  /// Some shadow table built from that frame hangs on one of these.
  [[nodiscard]] bool hangs_on(u64 frame, const top_tables &tops) const {
    for (table_id id = tables_.first_use(frame); id != 0; id = tables_.next_use(id)) {
      table_id top = id;
      while (tables_.at(top).parent != 0)
        top = tables_.at(top).parent;
      if (tops.contains(top))
        return true;
    }
    return false;
  }
  void fence_table(std::size_t n, const top_tables &covered) {
    const u64 frame = open_.at(n).frame;
    if (!tables_.tracked(frame))
      return open_.remove(n);
    if (!hangs_on(frame, covered))
      return;
    if (bring_in(n)) {
      open_.at(n).quiet = 0;
      if (++base::stores_[frame] >= base::flood_limit)
        base::forsake(frame);
    } else if (++open_.at(n).quiet >= quiet_limit) {
      close(n);
    }
  }

  out_of_step<slots> open_;
};

/// Shadow page tables that go out of step until the guest's fence.
struct shadow_lazy {
  static constexpr slot kind = slot::paging;
  static constexpr std::string_view name = "shadow_lazy";
  using rules = hvkit::rules<rule::needs_page_tables, rule::roots_are_seen>;
  static constexpr agreement grade = agreement::fenced;

  /// For what `Vm` has, see `shadow_base`.
  template <class Vm> class over : public lazy_base<Vm, over<Vm>> {
  public:
    using lazy_base<Vm, over<Vm>>::lazy_base;
  };
};

} // namespace hvkit::paging
