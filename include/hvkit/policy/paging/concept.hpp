// SPDX-License-Identifier: BSL-1.0
// Decides what a paging policy is asked, and what it is told.
#pragma once

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/core/exit.hpp>

namespace hvkit::paging {

/// What became of a fault that the hardware took on a guest's access.
enum class outcome : u8 {
  mapped, ///< it was hidden from the guest: run on
  emulate ///< the hardware cannot do this access: run its row on the virtual CPU, which finds out why
};

/// What paging is told of the guest's doings.
struct listener {
  virtual ~listener() = default;
  /// A system register changed what is in force.
  virtual void changed(effect what) = 0;
  /// The VMM or a device stored to guest memory at [at, at + size), inside one frame.
  virtual void stored(gpa at, u64 size) = 0;
};

/// What paging did, for whoever wants to know.
struct counters {
  u64 hidden_faults = 0;   ///< faults that only the VMM saw
  u64 filled = 0;          ///< shadow leaves written
  u64 dropped = 0;         ///< shadow leaves taken back
  u64 tables_made = 0;     ///< shadow tables built
  u64 table_stores = 0;    ///< stores of the guest to its own tables
  u64 roots_made = 0;      ///< translation contexts met for the first time, or again after they were dropped
  u64 root_switches = 0;   ///< changes from one root to another
  u64 walk_references = 0; ///< guest table entries read to fill shadow tables

  friend constexpr bool operator==(const counters &, const counters &) = default;
};

} // namespace hvkit::paging
