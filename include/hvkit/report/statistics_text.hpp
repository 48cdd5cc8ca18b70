// SPDX-License-Identifier: BSL-1.0
// Decides how the statistics of a run are shown to people.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <hvkit/report/statistics.hpp>
#include <hvkit/report/table.hpp>

namespace hvkit::report {

namespace detail {

/// Groups of three digits.
[[nodiscard]] inline std::string grouped(u64 value) {
  std::string digits = fmt::format("{}", value);
  for (std::size_t at = digits.size(); at > 3;)
    digits.insert(at -= 3, 1, ',');
  return digits;
}
[[nodiscard]] inline std::string share(u64 part, u64 of) {
  return of == 0 ? "" : fmt::format("{:.4g} %", 100.0 * static_cast<double>(part) / static_cast<double>(of));
}

/// The first `most` counts under a heading, each with its share of `of` (0: no shares).
[[nodiscard]] inline std::string section(std::string_view heading, const counts &all, u64 of = 0,
                                         std::size_t most = ~std::size_t{0}) {
  if (all.empty())
    return "";
  table lines({table::align::left, table::align::right, table::align::right});
  for (std::size_t i = 0; i < std::min(most, all.size()); ++i)
    lines.row({all[i].name, grouped(all[i].count), share(all[i].count, of)});
  if (all.size() > most)
    lines.row({fmt::format("... and {} more", all.size() - most)});
  return fmt::format("{}\n{}", heading, lines.text(2));
}

[[nodiscard]] inline std::string execution(const vm_statistics &vm) {
  const u64 all = vm.direct + vm.emulated + vm.interpreted;
  return section("how the guest's instructions were run",
                 {{"directly by the hardware", vm.direct},
                  {"emulated after an exit", vm.emulated},
                  {"interpreted without an exit", vm.interpreted}},
                 all);
}

[[nodiscard]] inline std::string exits(const vm_statistics &vm, std::size_t most) {
  return section(fmt::format("exits: {}", grouped(vm.exits)), vm.by_cause, vm.exits) +
         section("what they were", vm.fates, vm.exits) +
         fmt::format("  {}\n", vm.adds_up ? "these add up to the exits, and none was needless"
                                          : "THESE DO NOT ADD UP TO THE EXITS, or some were needless") +
         section("instructions emulated most", vm.instructions, 0, most) +
         section("registers they named most", vm.registers, 0, most);
}

} // namespace detail

/// Several lines; tables of instructions and registers are cut to the `most` frequent ones.
[[nodiscard]] inline std::string to_text(const run_statistics &run, std::size_t most = 10) {
  using detail::grouped;
  table head;
  for (const auto &[slot, policy] : run.machine)
    head.row({slot, policy});
  table numbers({table::align::left, table::align::right});
  numbers.row({"instructions retired", grouped(run.retired)}).row({"traps taken by the guest", grouped(run.traps)});
  numbers.row({"instruction times idle", grouped(run.idle)}).row({"seconds", fmt::format("{:.3f}", run.seconds)});
  numbers.row({"million instructions a second", fmt::format("{:.1f}", run.mips())});
  std::string out =
      fmt::format("machine\n{}run: {}, exit code {}\n{}", head.text(2), run.outcome, run.exit_code, numbers.text(2));
  if (run.vm) {
    out += detail::execution(*run.vm) + detail::exits(*run.vm, most);
    out += detail::section("paging", run.vm->paging) + detail::section("interrupts", run.vm->interrupts);
    out += fmt::format("returns of the hardware for events: {}\n", grouped(run.vm->event_exits));
    if (run.vm->inside != 0)
      out += fmt::format("traps taken inside the guest, without an exit: {}\n", grouped(run.vm->inside));
    if (run.vm->batched != 0)
      out += fmt::format("emulated after another one's exit: {}\n", grouped(run.vm->batched));
  }
  return out;
}

} // namespace hvkit::report
