// SPDX-License-Identifier: BSL-1.0
// Decides how the combinations are listed, for people and for programs.
#include "listing.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <hvkit/report/table.hpp>

#include "combinations.hpp"
#include "selection.hpp"

namespace run {

namespace {

std::string_view policy_of(const combination &c, slot s) { return c.policies[static_cast<unsigned>(s)]; }

/// The slots that leave a choice; the others, in words.
std::vector<slot> chosen_slots() {
  std::vector<slot> all;
  for (const known_slot &s : known_slots())
    if (s.names.size() > 1)
      all.push_back(s.kind);
  return all;
}
std::string constant_slots() {
  std::vector<std::string> all;
  for (const known_slot &s : known_slots())
    if (s.names.size() == 1)
      all.push_back(fmt::format("{} {}", slot_name(s.kind), s.names.front()));
  return fmt::format("{}", fmt::join(all, ", "));
}

/// Every reason once; combinations refer to them by number.
std::vector<std::string_view> all_refusals() {
  std::vector<std::string_view> all;
  for (const combination &c : all_combinations())
    if (!c.refusal.empty() && std::ranges::find(all, c.refusal) == all.end())
      all.push_back(c.refusal);
  return all;
}

std::string outcome(const combination &c, const std::vector<std::string_view> &refusals) {
  if (c.refusal.empty())
    return c.bare ? "bare machine" : fmt::format("legal, {}", c.grade);
  return fmt::format("refused [{}]", std::ranges::find(refusals, c.refusal) - refusals.begin() + 1);
}

nlohmann::ordered_json describe_json(const combination &c) {
  nlohmann::ordered_json one;
  one["cpu"] = c.cpu;
  one["bare"] = c.bare;
  one["legal"] = c.make != nullptr;
  one["refusal"] = c.refusal;
  one["grade"] = c.grade;
  std::vector<std::string> options{"--cpu", c.cpu};
  if (c.bare)
    options.emplace_back("--bare");
  for (const known_slot &s : known_slots())
    if (const auto policy = policy_of(c, s.kind); !policy.empty()) {
      one["policies"][std::string(slot_name(s.kind))] = policy;
      options.push_back(fmt::format("--{}", slot_name(s.kind)));
      options.emplace_back(policy);
    }
  one["options"] = options;
  return one;
}

using line = std::vector<std::string>;

/// `all`, with one line in place of those that differ in nothing but that column, if every choice is among them.
std::vector<line> joined(const std::vector<line> &all, std::size_t column) {
  const auto choices = [&](const line &like) {
    std::set<std::string> found;
    for (const line &l : all)
      if (l.front() == like.front() && (l[column] == "-") == (like[column] == "-"))
        found.insert(l[column]);
    return found.size();
  };
  std::map<line, std::size_t> alike;
  const auto without = [&](line l) {
    l[column] = l[column] == "-" ? "-" : "any";
    return l;
  };
  for (const line &l : all)
    ++alike[without(l)];
  std::vector<line> kept;
  for (const line &l : all) {
    const line short_form = without(l);
    const bool all_there = alike[short_form] > 1 && alike[short_form] == choices(l);
    if (!all_there)
      kept.push_back(l);
    else if (std::ranges::find(kept, short_form) == kept.end())
      kept.push_back(short_form);
  }
  return kept;
}

} // namespace

std::string list_combinations() {
  const auto slots = chosen_slots();
  const auto refusals = all_refusals();
  report::table lines;
  std::vector<std::string> head{"cpu"};
  for (const slot s : slots)
    head.emplace_back(slot_name(s));
  lines.row(head);
  std::vector<line> all;
  for (const combination &c : all_combinations()) {
    line cells{c.cpu};
    for (const slot s : slots)
      cells.emplace_back(policy_of(c, s).empty() ? "-" : policy_of(c, s));
    cells.push_back(outcome(c, refusals));
    all.push_back(cells);
  }
  for (std::size_t column = slots.size(); column != 0; --column)
    all = joined(all, column);
  for (const line &cells : all)
    lines.row(cells);
  std::string text = fmt::format("{}\nEvery VMM here has {}.\n", lines.text(), constant_slots());
  for (std::size_t n = 0; n < refusals.size(); ++n)
    text += fmt::format("[{}] {}\n", n + 1, refusals[n]);
  return text;
}

std::string list_combinations_json() {
  auto all = nlohmann::ordered_json::array();
  for (const combination &c : all_combinations())
    all.push_back(describe_json(c));
  return all.dump(2) + "\n";
}

} // namespace run
