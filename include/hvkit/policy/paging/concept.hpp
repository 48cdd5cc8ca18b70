// SPDX-License-Identifier: BSL-1.0
// Decides what a paging policy is asked, and what it is told.
//
// enter(contexts)        before the hardware runs, if the contexts or what is remembered of them may have changed:
//                        makes the hardware translate as the guest does in these
// fault(gva, access)     when the hardware found no translation: installs one, or says no
// table_written(gpa, n)  after the VMM or a device stored to guest memory: updates what depends on it
// fence(scope)           after the guest fenced its translations: brings in what was out of step
// drop(frames)           when the VMM wants guest frames unmapped: forgets every way to them
#pragma once

#include <concepts>

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/core/context.hpp>

namespace hvkit::paging {

/// What became of a fault that the hardware took on a guest's access.
enum class outcome : u8 {
  mapped, ///< it was hidden from the guest: run on
  emulate ///< the hardware cannot do this access: run its row on the virtual CPU, which finds out why
};

/// Guest frames, counted from the first of the guest's memory.
struct frame_range {
  u64 first = 0;
  u64 count = 0;
};
/// All a guest has, however many.
inline constexpr frame_range every_frame{0, ~u64{0}};

/// What paging did, for whoever wants to know.
struct counters {
  u64 filled = 0;          ///< shadow leaves written
  u64 superpages = 0;      ///< those of them that map more than one frame
  u64 dropped = 0;         ///< shadow leaves taken back
  u64 tables_made = 0;     ///< shadow tables built
  u64 table_stores = 0;    ///< stores of the guest to its own tables that the VMM saw
  u64 opened = 0;          ///< guest tables that went out of step: their stores are seen no longer
  u64 forsaken = 0;        ///< tracked frames that were stored to so often that they were taken for data again
  u64 roots_made = 0;      ///< translation contexts met for the first time, or again after they were dropped
  u64 root_switches = 0;   ///< changes from one root to another
  u64 walk_references = 0; ///< guest table entries read to fill shadow tables

  friend constexpr bool operator==(const counters &, const counters &) = default;
};

/// What a policy may inherit: nothing is done where nothing need be.
class basics {
public:
  void table_written(gpa, u64) {}
  void fence(const fence_scope &) {}
  /// There was enough of the hardware's memory to work with.
  [[nodiscard]] bool complete() const noexcept { return true; }
  [[nodiscard]] const counters &count() const noexcept { return count_; }

protected:
  counters count_{};
};

/// Satisfied when `Over`, the policy's `over<Vm>`, has the members above, `complete()` and `count()`. The store that
/// `table_written` tells of lies inside one frame, which need not hold a table.
template <class Over>
concept translates = requires(Over &o, const Over &c, const contexts &now, gva at, gpa place, const fence_scope &scope,
                              frame_range frames) {
  o.enter(now);
  { o.fault(at, access::load) } -> std::same_as<outcome>;
  o.table_written(place, u64{1});
  o.fence(scope);
  o.drop(frames);
  { c.complete() } -> std::convertible_to<bool>;
  { c.count() } -> std::convertible_to<const counters &>;
};

} // namespace hvkit::paging
