// SPDX-License-Identifier: BSL-1.0
// Decides by which classes of VMM bugs tests are counted. Knows no test.
#pragma once

#include <array>
#include <string_view>

#include <hvkit/core/bits.hpp>

namespace hvkit::tests {

/// The numbers are those of the reliability figures; 0 is for what lock-step is there for.
enum class bug_class : u8 {
  agreement, ///< time, counts and state at an exit
  descriptor_loop,
  descriptor_without_bytes,
  dma_out_of_bounds,
  address_overflow,
  double_fetch,
  dma_into_own,
  endless_work,
  unbounded_memory,
  tables_exhausted,
  dangling_translation,
  walk_level,
  paging_off,
  mixed_sizes,
  wrong_context,
  privilege_confusion,
  paravirtual_shortcut,
  reference_count,
  truncated_pc,
  injected_event,
  host_state_leak,
  interrupt_delivery,
  reachable_stop,
  unchecked_policy,
  parsed_bytes ///< what the host takes apart before the guest runs
};
inline constexpr std::size_t bug_classes = 25;

[[nodiscard]] constexpr std::string_view name(bug_class c) noexcept {
  constexpr std::array<std::string_view, bug_classes> names = {"agreement",
                                                               "descriptor loop",
                                                               "descriptor without bytes",
                                                               "DMA out of bounds",
                                                               "address overflow",
                                                               "double fetch",
                                                               "DMA into what is the device's or the VMM's",
                                                               "endless work",
                                                               "unbounded memory",
                                                               "tables exhausted",
                                                               "dangling translation",
                                                               "walk level",
                                                               "flush with paging off",
                                                               "mixed page sizes",
                                                               "wrong context",
                                                               "privilege confusion",
                                                               "paravirtual shortcut",
                                                               "reference count",
                                                               "truncated pc",
                                                               "injected event",
                                                               "host state leak",
                                                               "interrupt delivery",
                                                               "reachable stop",
                                                               "unchecked policy",
                                                               "parsed bytes"};
  return names[static_cast<std::size_t>(c)];
}

} // namespace hvkit::tests
