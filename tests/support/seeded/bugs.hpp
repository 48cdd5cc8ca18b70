// SPDX-License-Identifier: BSL-1.0
// Decides which faults can be put into a VMM to see whether the tests notice, and which one is in force.
//
// A fault is a line of code in one of the policies here, asked for by its name: `if (broken<"hart_not_flushed">())`.
// No fault is in force unless somebody makes one so: then the policies do what those that ship do.
#pragma once

#include <string_view>

#include <hvkit/core/bits.hpp>
#include <hvkit/core/fixed_string.hpp>

#include "support/bug_class.hpp"

namespace hvkit::tests::seeded {

/// What else the VMM does while the fault is in force, itself without fault: some bugs live only there.
enum class manner : u8 {
  plain,
  lazy,   ///< shadow tables are out of step until the guest's next fence: for guests that fence
  copying ///< code runs from copies of its pages
};

struct bug {
  std::string_view name;
  bug_class of;
  std::string_view what; ///< what the VMM does that it must not
  manner in = manner::plain;
};

/// All of them, by class.
inline constexpr bug bugs[] = {
    {"emulation_counted_twice", bug_class::agreement, "an emulated instruction retires twice"},
    {"emulation_not_counted", bug_class::agreement, "an emulated instruction does not retire"},
    {"reservation_lost", bug_class::agreement, "an exit that is hidden from the guest takes its reservation"},
    {"reservation_survives", bug_class::agreement, "a trap leaves the reservation"},
    {"stale_fs", bug_class::agreement, "what the hardware made of FS is forgotten at the exit"},
    {"clock_ahead", bug_class::agreement, "the guest's clock is one tick fast"},

    {"loop_is_an_end", bug_class::descriptor_loop, "a chain that leads backwards is taken to end there"},
    {"table_rounded", bug_class::descriptor_loop, "of an indirect table of an odd size whole descriptors are used"},
    {"no_bytes_are_one", bug_class::descriptor_without_bytes, "a descriptor without bytes is taken to have one"},
    {"no_bytes_end_a_chain", bug_class::descriptor_without_bytes, "a descriptor without bytes ends its chain"},
    {"memory_clipped", bug_class::dma_out_of_bounds,
     "of a buffer across the end of memory the device uses what is there"},
    {"memory_goes_round", bug_class::dma_out_of_bounds, "behind its end memory begins again, for devices"},
    {"end_of_buffer_wraps", bug_class::address_overflow, "a buffer is checked by a sum that wraps"},
    {"address_narrow", bug_class::address_overflow, "devices see 32 bits of an address"},
    {"descriptor_from_before", bug_class::double_fetch, "a descriptor is used as it was the last time it was read"},
    {"index_from_before", bug_class::double_fetch, "an index is used as it was the last time it was read"},
    {"dma_unseen", bug_class::dma_into_own, "what a device writes does not reach the tracking of tables and code"},
    {"registers_as_memory", bug_class::dma_into_own, "a device's buffer may lie in the registers of devices"},

    {"budget_ignored", bug_class::endless_work, "emulation goes on whatever the budget says"},
    {"index_narrow", bug_class::endless_work, "shadow tables are indexed by a bit too few, so the hidden fault recurs"},
    {"exits_kept", bug_class::unbounded_memory, "every exit is kept in a list"},
    {"stores_kept", bug_class::unbounded_memory, "every store to a table is kept in a list"},

    {"roots_confused", bug_class::tables_exhausted, "two roots are the same if their lowest bits are"},
    {"new_root_unused", bug_class::tables_exhausted, "the hardware is not given a root that was just made"},

    {"byte_store_unseen", bug_class::dangling_translation, "a store of a part of a table entry is not seen"},
    {"amo_unseen", bug_class::dangling_translation, "an AMO to a table is not seen"},
    {"second_entry_unseen", bug_class::dangling_translation, "a store across two table entries counts for the first"},
    {"upper_tables_untracked", bug_class::dangling_translation, "tables above the last level are not write-protected"},
    {"last_table_untracked", bug_class::dangling_translation, "tables of the last level are not write-protected"},
    {"alias_writable", bug_class::dangling_translation,
     "a frame that becomes a table stays writable where it is mapped"},
    {"hart_remembers_writes", bug_class::dangling_translation, "the TLB lets stores to a new table through"},
    {"hart_not_flushed", bug_class::dangling_translation, "the TLB outlives the tables it was filled from"},
    {"page_not_forgotten", bug_class::dangling_translation, "the TLB outlives a page's entry"},
    {"loads_open_stores", bug_class::dangling_translation, "a page that was read can be written"},
    {"protection_not_dropped", bug_class::dangling_translation, "a change of PMP leaves what was mapped before"},
    {"fence_of_all_skipped", bug_class::dangling_translation, "a fence of everything is skipped", manner::lazy},
    {"fence_of_page_skipped", bug_class::dangling_translation, "a fence of one page is skipped", manner::lazy},
    {"fence_of_space_skipped", bug_class::dangling_translation, "a fence of one address space is skipped",
     manner::lazy},
    {"fence_of_other_space", bug_class::dangling_translation,
     "a fence of one address space is taken for the next one's", manner::lazy},
    {"rights_lost_unseen", bug_class::dangling_translation, "at a fence an entry that lost rights counts as unchanged",
     manner::lazy},
    {"protection_not_restored", bug_class::dangling_translation, "a table that is in step again stays writable",
     manner::lazy},
    {"opened_unnoted", bug_class::dangling_translation, "a table is let out of step, and no fence is told",
     manner::lazy},
    {"walk_not_compared", bug_class::dangling_translation,
     "a table out of step is walked, and the old entry stands for the new one", manner::lazy},

    {"accessed_not_written", bug_class::walk_level, "A and D are not written when a page is mapped"},
    {"level_confused", bug_class::walk_level, "the last two levels' tables are taken for each other"},
    {"part_of_page_open", bug_class::walk_level, "a page is mapped though PMP allows a part of it only"},

    {"bare_keeps_root", bug_class::paging_off, "paging is switched off and the old root stays"},
    {"bare_fence_skipped", bug_class::paging_off, "a fence with paging off is skipped", manner::lazy},

    {"large_page_as_small", bug_class::mixed_sizes, "a large page is taken for one of 4 KiB"},
    {"superpage_too_large", bug_class::mixed_sizes, "a superpage is larger than the guest's own page"},
    {"superpage_unprotected", bug_class::mixed_sizes, "a superpage is made though PMP forbids a part of it"},
    {"large_page_read_ahead", bug_class::mixed_sizes, "the next page is mapped, too, for stores"},

    {"sum_not_in_key", bug_class::wrong_context, "roots are shared between SUM = 0 and 1"},
    {"mxr_not_in_key", bug_class::wrong_context, "roots are shared between MXR = 0 and 1"},
    {"mprv_not_in_key", bug_class::wrong_context, "machine mode's data goes by its code's root, whatever MPRV says"},

    {"mode_not_in_key", bug_class::privilege_confusion, "user and supervisor mode share a root"},
    {"load_as_supervisor", bug_class::privilege_confusion,
     "user code's accesses are emulated with supervisor's rights"},
    {"csr_as_machine", bug_class::privilege_confusion, "every system instruction is emulated with machine's rights"},

    {"call_of_user_served", bug_class::paravirtual_shortcut, "calls are served without a look at who makes them"},
    {"call_keeps_reservation", bug_class::paravirtual_shortcut, "a call that is served fast leaves the reservation"},

    {"table_freed_early", bug_class::reference_count, "a table counts as freed after the first store to it"},
    {"copies_shared", bug_class::reference_count, "a copy of code is given to a second page while the first uses it",
     manner::copying},
    {"copy_kept", bug_class::unchecked_policy, "a store to code does not reach its copy", manner::copying},
    {"copy_by_address", bug_class::unchecked_policy, "copies of code are found by virtual address", manner::copying},

    {"return_truncated", bug_class::truncated_pc, "a return keeps only the bits of pc that page tables use"},
    {"short_instruction", bug_class::truncated_pc, "an emulated instruction of two bytes counts as one of four"},

    {"value_lost", bug_class::injected_event, "mtval holds the page of the address that faulted"},
    {"epc_behind_call", bug_class::injected_event, "mepc points behind the call"},
    {"cause_of_hardware", bug_class::injected_event, "the hardware's cause is handed on to the guest"},
    {"handler_unmasked", bug_class::injected_event, "a handler is entered with interrupts on"},

    {"shadow_root_shown", bug_class::host_state_leak, "the guest reads the hardware's satp"},
    {"hardware_status_shown", bug_class::host_state_leak, "the guest reads the hardware's mstatus"},

    {"interrupt_lost", bug_class::interrupt_delivery, "an interrupt that comes while masked is forgotten"},
    {"interrupt_late", bug_class::interrupt_delivery, "an interrupt waits until the guest is asked a second time"},
    {"interrupt_twice", bug_class::interrupt_delivery, "an interrupt is delivered again"},
    {"interrupt_masked", bug_class::interrupt_delivery, "an interrupt is delivered while masked"},
    {"least_urgent_first", bug_class::interrupt_delivery, "the least urgent interrupt comes first"},
    {"delegation_ignored", bug_class::interrupt_delivery, "delegated interrupts go to machine mode"},
    {"unmasking_unseen", bug_class::interrupt_delivery, "an exit that unmasks is not looked at"},
    {"deadline_missed", bug_class::interrupt_delivery, "a new deadline is not looked at"},

    {"breakpoint_unhandled", bug_class::reachable_stop, "nobody handles the exit of a breakpoint"},
    {"asserts_canonical", bug_class::reachable_stop, "the VMM stops where a guest's address is not canonical"},
};

namespace detail {
inline const bug *in_force = nullptr;
inline manner manner_in_force = manner::plain;
} // namespace detail

/// The bug of that name; null if there is none.
[[nodiscard]] constexpr const bug *find(std::string_view name) noexcept {
  for (const bug &b : bugs)
    if (b.name == name)
      return &b;
  return nullptr;
}

/// Whether that bug is in force.
template <fixed_string Name> [[nodiscard]] bool broken() noexcept {
  constexpr const bug *which = find(Name.view());
  static_assert(which != nullptr, "no such bug");
  return detail::in_force == which;
}
[[nodiscard]] inline bool acts(manner how) noexcept { return detail::manner_in_force == how; }

/// Puts a bug in force for as long as it lives: all VMMs made of the policies here have it.
class plant {
public:
  explicit plant(const bug &b) noexcept {
    detail::in_force = &b;
    detail::manner_in_force = b.in;
  }
  /// No bug, but the manner in which some of them live.
  explicit plant(manner how) noexcept { detail::manner_in_force = how; }
  plant(const plant &) = delete;
  plant &operator=(const plant &) = delete;
  ~plant() {
    detail::in_force = nullptr;
    detail::manner_in_force = manner::plain;
  }
};

} // namespace hvkit::tests::seeded
