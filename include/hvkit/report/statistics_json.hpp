// SPDX-License-Identifier: BSL-1.0
// Decides how the statistics of a run are written for programs.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include <hvkit/report/statistics.hpp>

namespace hvkit::report {

namespace detail {
/// Keys are the names with underscores; what is in brackets is left out.
[[nodiscard]] inline std::string key(std::string name) {
  if (const std::size_t bracket = name.find(" ("); bracket != std::string::npos)
    name.erase(bracket);
  std::string out;
  for (const char c : name)
    if (c != '\'' && c != ',')
      out.push_back(c == ' ' ? '_' : c);
  return out;
}
[[nodiscard]] inline nlohmann::ordered_json object(const counts &all, bool as_keys) {
  auto o = nlohmann::ordered_json::object();
  for (const named_count &c : all)
    o[as_keys ? key(c.name) : c.name] = c.count;
  return o;
}
} // namespace detail

/// One object. Causes, instructions and registers have the names that the manual gives them.
[[nodiscard]] inline nlohmann::ordered_json to_json(const run_statistics &run) {
  nlohmann::ordered_json j;
  for (const auto &[slot, policy] : run.machine)
    j["machine"][slot] = policy;
  j["outcome"] = run.outcome;
  j["exit_code"] = run.exit_code;
  j["retired"] = run.retired;
  j["traps"] = run.traps;
  j["idle"] = run.idle;
  j["seconds"] = run.seconds;
  j["mips"] = run.mips();
  if (!run.vm)
    return j;
  const vm_statistics &vm = *run.vm;
  j["vm"] = {
      {"direct", vm.direct},   {"emulated", vm.emulated}, {"interpreted", vm.interpreted}, {"exits", vm.exits},
      {"batched", vm.batched}, {"inside", vm.inside},     {"event_exits", vm.event_exits}, {"adds_up", vm.adds_up}};
  j["vm"]["exits_by_cause"] = detail::object(vm.by_cause, false);
  j["vm"]["exits_by_fate"] = detail::object(vm.fates, true);
  j["vm"]["instructions"] = detail::object(vm.instructions, false);
  j["vm"]["registers"] = detail::object(vm.registers, false);
  j["vm"]["paging"] = detail::object(vm.paging, true);
  j["vm"]["interrupts"] = detail::object(vm.interrupts, true);
  return j;
}

} // namespace hvkit::report
