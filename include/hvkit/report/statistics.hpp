// SPDX-License-Identifier: BSL-1.0
// Decides what is reported of a run, as a value that knows neither CPU nor composition. How it looks is decided
// elsewhere.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <range/v3/algorithm/stable_sort.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/transform.hpp>

#include <hvkit/core/access.hpp>
#include <hvkit/isa/instruction_set.hpp>
#include <hvkit/vmm/guest_core.hpp>

namespace hvkit::report {

struct named_count {
  std::string name;
  u64 count = 0;
};
using counts = std::vector<named_count>;

/// What a VMM did for one VM.
struct vm_statistics {
  u64 direct = 0;       ///< instructions the hardware ran
  u64 emulated = 0;     ///< instructions retired by emulation after an exit
  u64 interpreted = 0;  ///< steps made on the virtual CPU without an exit
  u64 exits = 0;        ///< traps of the hardware
  u64 batched = 0;      ///< instructions that would have been an exit, and were emulated after another one
  u64 inside = 0;       ///< traps and interrupts that assisted hardware took for the guest, without an exit
  u64 event_exits = 0;  ///< returns of the hardware for a deadline or the end of a budget
  bool adds_up = false; ///< each exit was a sensitive instruction, a fault or trap, or an access to a device or table

  // Names with a count above 0, the greatest first.
  counts by_cause;     ///< exits, by the hardware's cause
  counts instructions; ///< run on the virtual CPU after an exit
  counts registers;    ///< which registers those named

  // In a fixed order, zeros included.
  counts fates; ///< what each exit was
  counts paging;
  counts interrupts;
};

/// One run of a machine.
struct run_statistics {
  std::vector<std::pair<std::string, std::string>> machine; ///< slot and policy; CPU and engine at least
  std::string outcome;                                      ///< how the run ended, in one word
  int exit_code = 0;
  u64 retired = 0; ///< instructions
  u64 traps = 0;   ///< taken by the guest
  u64 idle = 0;    ///< instruction times spent waiting
  double seconds = 0;
  maybe<vm_statistics> vm; ///< of a bare machine there are none

  /// Millions of instructions a second; 0 where that is not known.
  [[nodiscard]] double mips() const noexcept { return seconds > 0 ? static_cast<double>(retired) / seconds / 1e6 : 0; }
};

namespace detail {
/// `name(i)` and `all[i]` where that is not 0, the greatest first.
template <class Array, class Name> [[nodiscard]] counts greatest_first(const Array &all, Name name) {
  namespace views = ranges::views;
  counts found = views::iota(std::size_t{0}, all.size()) | views::filter([&](std::size_t i) { return all[i] != 0; }) |
                 views::transform([&](std::size_t i) {
                   return named_count{std::string(name(i)), all[i]};
                 }) |
                 ranges::to<counts>();
  ranges::stable_sort(found, [](const named_count &a, const named_count &b) { return a.count > b.count; });
  return found;
}
} // namespace detail

/// What a VM has counted so far.
template <class Cpu, class Hart> [[nodiscard]] vm_statistics collect(const guest_core<Cpu, Hart> &vm) {
  using cpu = Cpu;
  const auto &count = vm.count();
  const auto &paging = vm.paging_count();
  const auto &interrupts = vm.interrupt_count();

  vm_statistics s;
  s.direct = count.direct;
  s.emulated = count.emulated;
  s.interpreted = count.interpreted;
  s.exits = count.exits;
  s.batched = count.batched;
  s.inside = count.inside;
  s.event_exits = count.event_exits;
  s.adds_up = count.add_up();
  s.by_cause = detail::greatest_first(count.by_cause, [](u64 cause) { return cpu::cause_name(cause); });
  s.instructions = detail::greatest_first(count.by_row, [](std::size_t row) { return isa::facts<cpu>[row].name; });
  s.registers = detail::greatest_first(count.by_unit, [](std::size_t unit) { return cpu::unit_name(unit); });
  std::erase_if(s.registers, [](const named_count &c) { return c.name.empty(); });
  s.fates = {{"sensitive instructions", count.sensitive},
             {"privileged instructions that are not sensitive", count.privileged},
             {"hidden faults", count.hidden_faults},
             {"device, table and sub-page accesses", count.memory_accesses},
             {"the guest's own traps (true faults included)", count.guest_traps},
             {"innocuous instructions stopped needlessly", count.needless}};
  s.paging = {{"hidden faults", count.hidden_faults},
              {"shadow entries filled", paging.filled},
              {"superpages among them", paging.superpages},
              {"shadow entries dropped", paging.dropped},
              {"shadow tables made", paging.tables_made},
              {"stores to guest tables", paging.table_stores},
              {"guest tables let out of step", paging.opened},
              {"tables taken for data again", paging.forsaken},
              {"roots made", paging.roots_made},
              {"root switches", paging.root_switches},
              {"walk references", paging.walk_references},
              {"walk references of the hardware", count.walk_references}};
  s.interrupts = {
      {"lines raised", interrupts.raised}, {"delivered", interrupts.delivered}, {"held back", interrupts.held_back}};
  return s;
}

} // namespace hvkit::report
