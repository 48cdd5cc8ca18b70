// SPDX-License-Identifier: BSL-1.0
// Decides how names are looked up.
#include "selection.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "combinations.hpp"
#include "options.hpp"

namespace run {

namespace {

/// What a CPU can be combined with, the defaults first.
struct known_cpu {
  std::string name;
  std::vector<known_slot> slots;
};

template <class First, class... Rest> known_slot slot_of(shelf<First, Rest...>) {
  return {First::kind, {First::name, Rest::name...}};
}
template <class Cpu, class... Shelf> known_cpu cpu_of(shelf<Shelf...>) {
  return {name_of<Cpu>::get(), {slot_of(Shelf{})..., slot_of(engines{})}};
}
template <class... Cpu> std::vector<known_cpu> all_of(shelf<Cpu...>) { return {cpu_of<Cpu>(policies_of<Cpu>{})...}; }

const std::vector<known_cpu> &cpus_with_slots() {
  static const std::vector<known_cpu> all = all_of(cpus{});
  return all;
}

template <class Cpu, class... Engine> void append_engines(std::vector<combination> &all, shelf<Engine...>) {
  for (const auto &some : {combinations_with<Cpu, Engine>()...})
    all.insert(all.end(), some.begin(), some.end());
}
template <class... Cpu> std::vector<combination> append_all(shelf<Cpu...>) {
  std::vector<combination> all;
  (append_engines<Cpu>(all, engines{}), ...);
  return all;
}

/// `name`, or the first of `known` if none was given; fails if it is none of them.
template <class Names>
host::result<std::string_view> look_up(std::string_view what, const maybe<std::string> &name, const Names &known) {
  if (!name)
    return std::string_view(known.front());
  if (const auto at = std::find(known.begin(), known.end(), *name); at != known.end())
    return std::string_view(*at);
  return host::failure{fmt::format("{}: there is no '{}': {} {}", what, *name, fmt::join(known, ", "),
                                   known.size() == 1 ? "is all there is" : "are there")};
}

/// What the technique has in that slot if nothing is named, as in C++; "" if that is what all have.
template <class Technique> std::string_view own_default(slot s) {
  if constexpr (requires { typename Technique::default_paging; })
    if (s == slot::paging)
      return Technique::default_paging::name;
  if constexpr (requires { typename Technique::default_interrupt; })
    if (s == slot::interrupt)
      return Technique::default_interrupt::name;
  return "";
}
template <class... Technique>
std::string_view default_with(const maybe<std::string> &technique, slot s, shelf<Technique...>) {
  std::string_view found;
  if (technique)
    ((found = *technique == Technique::name ? own_default<Technique>(s) : found), ...);
  return found;
}

/// The name for a slot of that CPU; "" if nothing fills it. A bare machine has an engine, and devices in some form.
host::result<std::string_view> choose_policy(const options &wanted, const known_cpu &cpu, const known_slot &s) {
  const maybe<std::string> &name = wanted.policies[static_cast<unsigned>(s.kind)];
  const bool fills = !wanted.bare || s.kind == slot::engine || s.kind == slot::io;
  if (!fills && name)
    return host::failure{
        fmt::format("--bare and --{} {} contradict each other: a bare machine has no VMM", slot_name(s.kind), *name)};
  const std::string option = fmt::format("--{}", slot_name(s.kind));
  const auto &everywhere = *std::ranges::find(known_slots(), s.kind, &known_slot::kind);
  if (const auto known = look_up(option, name, everywhere.names); !known)
    return known;
  if (!fills)
    return std::string_view();
  const std::string_view own =
      default_with(wanted.policies[static_cast<unsigned>(slot::technique)], s.kind, shipped::techniques{});
  if (!name && std::ranges::find(s.names, own) != s.names.end())
    return own;
  return look_up(fmt::format("{} with --cpu {}", option, cpu.name), name, s.names);
}

} // namespace

const std::vector<combination> &all_combinations() {
  static const std::vector<combination> all = append_all(cpus{});
  return all;
}

const std::vector<std::string> &known_cpus() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> names;
    for (const known_cpu &cpu : cpus_with_slots())
      names.push_back(cpu.name);
    return names;
  }();
  return all;
}

const std::vector<known_slot> &known_slots() {
  static const std::vector<known_slot> all = [] {
    std::vector<known_slot> united = cpus_with_slots().front().slots;
    for (const known_cpu &cpu : cpus_with_slots())
      for (std::size_t s = 0; s < united.size(); ++s)
        for (const std::string_view name : cpu.slots[s].names)
          if (std::ranges::find(united[s].names, name) == united[s].names.end())
            united[s].names.push_back(name);
    return united;
  }();
  return all;
}

const std::vector<std::string_view> &known_boards() {
  static const std::vector<std::string_view> all = [] {
    std::vector<std::string_view> names;
    for (const combination &c : all_combinations())
      if (std::ranges::find(names, c.around->board) == names.end())
        names.push_back(c.around->board);
    return names;
  }();
  return all;
}

const std::vector<std::string_view> &known_schedulers() {
  static const std::vector<std::string_view> all = slot_of(schedulers{}).names;
  return all;
}

host::result<const combination *> choose(const options &wanted) {
  if (const auto board = look_up("--board", wanted.board, known_boards()); !board)
    return host::failure{board.reason()};
  const auto name = look_up("--cpu", wanted.cpu, known_cpus());
  if (!name)
    return host::failure{name.reason()};
  const known_cpu &cpu = *std::ranges::find(cpus_with_slots(), *name, &known_cpu::name);
  std::array<std::string_view, slot_count> names{};
  for (const known_slot &s : cpu.slots) {
    const auto policy = choose_policy(wanted, cpu, s);
    if (!policy)
      return host::failure{policy.reason()};
    names[static_cast<unsigned>(s.kind)] = *policy;
  }
  for (const combination &c : all_combinations())
    if (c.cpu == cpu.name && c.bare == wanted.bare && c.policies == names) {
      if (c.make == nullptr)
        return host::failure{std::string(c.refusal)};
      return &c;
    }
  return host::failure{
      "there is no such combination: --io paravirtual and --paging shadow_lazy go with --dispatch table "
      "alone here"};
}

std::vector<std::pair<std::string, std::string>> parts(const combination &c) {
  std::vector<std::pair<std::string, std::string>> all{{"cpu", c.cpu}};
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

} // namespace run
