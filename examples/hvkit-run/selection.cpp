// SPDX-License-Identifier: BSL-1.0
// Decides how names are looked up and how combinations are listed.
#include "selection.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <hvkit/report/table.hpp>

#include "combinations.hpp"
#include "options.hpp"

namespace run {

namespace {

template <class... Cpu> std::vector<std::string_view> names_of(shelf<Cpu...>) { return {Cpu::name...}; }

template <class First, class... Rest> known_slot slot_of(shelf<First, Rest...>) {
  return {First::kind, {First::name, Rest::name...}};
}
template <class... Shelf> std::vector<known_slot> slots_of(shelf<Shelf...>) { return {slot_of(Shelf{})...}; }

template <class Cpu, class... Engine> void append_engines(std::vector<combination> &all, shelf<Engine...>) {
  for (const auto &some : {combinations_with<Cpu, Engine>()...})
    all.insert(all.end(), some.begin(), some.end());
}
template <class... Cpu> std::vector<combination> append_all(shelf<Cpu...>) {
  std::vector<combination> all;
  (append_engines<Cpu>(all, engines{}), ...);
  return all;
}

const std::vector<combination> &all_combinations() {
  static const std::vector<combination> all = append_all(cpus{});
  return all;
}

/// `name`, or the first of `known` if it is empty; fails if it is none of them.
host::result<std::string_view> look_up(std::string_view what, std::string_view name,
                                       const std::vector<std::string_view> &known) {
  if (name.empty())
    return known.front();
  if (const auto at = std::find(known.begin(), known.end(), name); at != known.end())
    return *at;
  return host::failure{fmt::format("--{}: there is no '{}': {} {}", what, name, fmt::join(known, ", "),
                                   known.size() == 1 ? "is all there is" : "are there")};
}

} // namespace

std::vector<std::string_view> known_cpus() { return names_of(cpus{}); }

const std::vector<known_slot> &known_slots() {
  static const std::vector<known_slot> all = [] {
    auto slots = slots_of(policies{});
    slots.push_back(slot_of(engines{}));
    return slots;
  }();
  return all;
}

host::result<const combination *> choose(const options &wanted) {
  const auto cpu = look_up("cpu", wanted.cpu, known_cpus());
  if (!cpu)
    return host::failure{cpu.reason()};
  std::array<std::string_view, slot_count> names{};
  for (const known_slot &s : known_slots()) {
    const std::string &name = wanted.policies[static_cast<unsigned>(s.kind)];
    if (wanted.bare && s.kind != slot::engine && !name.empty())
      return host::failure{
          fmt::format("--bare and --{} {} contradict each other: a bare machine has no VMM", slot_name(s.kind), name)};
    const auto policy = look_up(slot_name(s.kind), name, s.names);
    if (!policy)
      return host::failure{policy.reason()};
    if (!wanted.bare || s.kind == slot::engine)
      names[static_cast<unsigned>(s.kind)] = *policy;
  }
  for (const combination &c : all_combinations())
    if (c.cpu == *cpu && c.bare == wanted.bare && c.policies == names) {
      if (c.make == nullptr)
        return host::failure{std::string(c.refusal)};
      return &c;
    }
  return host::failure{"there is no such combination"};
}

std::vector<std::pair<std::string, std::string>> parts(const combination &c) {
  std::vector<std::pair<std::string, std::string>> all{{"cpu", std::string(c.cpu)}};
  if (c.bare)
    all.emplace_back("hardware", "bare");
  for (unsigned s = 0; s < slot_count; ++s)
    if (!c.policies[s].empty())
      all.emplace_back(slot_name(static_cast<slot>(s)), c.policies[s]);
  return all;
}

std::string describe(const combination &c) {
  std::vector<std::string> names;
  for (const auto &[slot, name] : parts(c))
    names.push_back(name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string list_combinations() {
  report::table lines;
  std::vector<std::string> head{"cpu"};
  for (const known_slot &s : known_slots())
    head.emplace_back(slot_name(s.kind));
  head.emplace_back("");
  lines.row(head);
  for (const combination &c : all_combinations()) {
    std::vector<std::string> cells{std::string(c.cpu)};
    for (const known_slot &s : known_slots())
      cells.emplace_back(c.bare && s.kind != slot::engine ? "-" : c.policies[static_cast<unsigned>(s.kind)]);
    cells.push_back(c.bare ? "bare machine" : c.refusal.empty() ? "legal" : "refused: " + std::string(c.refusal));
    lines.row(cells);
  }
  return lines.text();
}

} // namespace run
