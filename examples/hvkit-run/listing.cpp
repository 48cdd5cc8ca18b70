// SPDX-License-Identifier: BSL-1.0
// Decides how the combinations are listed, for people and for programs.
#include "listing.hpp"

#include <algorithm>

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
    return c.bare ? "bare machine" : "legal";
  return fmt::format("refused [{}]", std::ranges::find(refusals, c.refusal) - refusals.begin() + 1);
}

nlohmann::ordered_json describe_json(const combination &c) {
  nlohmann::ordered_json one;
  one["cpu"] = c.cpu;
  one["bare"] = c.bare;
  one["legal"] = c.make != nullptr;
  one["refusal"] = c.refusal;
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

} // namespace

std::string list_combinations() {
  const auto slots = chosen_slots();
  const auto refusals = all_refusals();
  report::table lines;
  std::vector<std::string> cells{"cpu"};
  for (const slot s : slots)
    cells.emplace_back(slot_name(s));
  lines.row(cells);
  for (const combination &c : all_combinations()) {
    cells = {c.cpu};
    for (const slot s : slots)
      cells.emplace_back(policy_of(c, s).empty() ? "-" : policy_of(c, s));
    cells.push_back(outcome(c, refusals));
    lines.row(cells);
  }
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
