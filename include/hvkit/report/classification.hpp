// SPDX-License-Identifier: BSL-1.0
// Decides how the classes of a CPU's instructions, and what the theorems make of them, are shown to people.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <range/v3/algorithm/find_if.hpp>

#include <hvkit/report/table.hpp>
#include <hvkit/theory/explain.hpp>

namespace hvkit::report {

namespace detail {

/// The classes of `Cpu`, derived as the program runs: they are what the compiler derives, but compile in no time.
template <class Cpu> [[nodiscard]] auto derive_classes() {
  std::array<theory::classified, theory::units<Cpu>.size()> all{};
  for (std::size_t n = 0; n < all.size(); ++n) {
    const theory::unit &u = theory::units<Cpu>[n];
    all[n] = theory::classify<Cpu>(u, theory::examiner<Cpu>(u).examine());
  }
  return all;
}

/// Rows of which the same groups of operands have the same class.
struct class_line {
  std::vector<std::string> rows;
  std::vector<std::string> operands; ///< empty where rows are classified as a whole
  std::string what;                  ///< the class
};

/// A line for each row and class.
template <class Cpu> [[nodiscard]] std::vector<class_line> lines_by_row() {
  std::vector<class_line> lines;
  for (const theory::classified &c : derive_classes<Cpu>()) {
    const std::string row(isa::facts<Cpu>[c.what.row].name);
    constexpr theory::resource judged = theory::verdict_resources<Cpu>;
    const bool lent = c.sensitive() && !c.sensitive(judged);
    const std::string what = theory::describe(c, judged) + (lent ? ", but for what is lent to the guest" : "");
    auto at = ranges::find_if(lines, [&](const class_line &l) { return l.rows.front() == row && l.what == what; });
    if (at == lines.end())
      at = lines.insert(lines.end(), class_line{{row}, {}, what});
    if (!c.what.group.empty())
      at->operands.push_back(theory::unit_name<Cpu>(c.what).substr(row.size() + 1));
  }
  return lines;
}
/// The same, rows that have all in common in one line.
template <class Cpu> [[nodiscard]] std::vector<class_line> class_lines() {
  std::vector<class_line> lines;
  for (class_line &one : lines_by_row<Cpu>()) {
    const auto at =
        ranges::find_if(lines, [&](const class_line &l) { return l.operands == one.operands && l.what == one.what; });
    if (at == lines.end())
      lines.push_back(std::move(one));
    else
      at->rows.push_back(one.rows.front());
  }
  return lines;
}

/// Words with "; " between them, in lines of about `width` characters; at least one line.
[[nodiscard]] inline std::vector<std::string> wrap(const std::vector<std::string> &words, std::size_t width) {
  std::vector<std::string> lines{""};
  for (const std::string &word : words) {
    if (!lines.back().empty()) {
      lines.back() += ";";
      if (lines.back().size() + word.size() < width)
        lines.back() += " ";
      else
        lines.emplace_back();
    }
    lines.back() += word;
  }
  return lines;
}

/// What stands in a theorem's way, with the witness that shows it.
template <class Cpu, std::size_t N> [[nodiscard]] std::string
offenders(const theory::verdict<Cpu, N> &v, const std::array<theory::classified, N> &classes) {
  std::string text;
  for (u16 i = 0; i < v.offender_count; ++i)
    text += fmt::format("    {}\n", theory::explain<Cpu>(v.theorem, classes[v.offenders[i]], v.resources));
  return text;
}

} // namespace detail

/// The class of every system instruction of `Cpu`, as derived from its semantics. All others are innocuous by their
/// type, and are counted.
template <class Cpu> [[nodiscard]] std::string class_table() {
  table lines;
  for (const detail::class_line &l : detail::class_lines<Cpu>()) {
    const auto rows = detail::wrap(l.rows, 32);
    const auto operands = detail::wrap(l.operands, 48);
    for (std::size_t i = 0; i < std::max(rows.size(), operands.size()); ++i)
      lines.row({i < rows.size() ? rows[i] : "", i < operands.size() ? operands[i] : "", i == 0 ? l.what : ""});
  }
  std::size_t innocuous = 0;
  for (const auto &f : isa::facts<Cpu>)
    innocuous += f.needs != isa::capability::system && f.needs != isa::capability::fp ? 1 : 0;
  return lines.text(2) +
         fmt::format("  and {} instructions that cannot name system state: innocuous by their type\n", innocuous);
}

/// What theorems 1, 2 and 3 say of `Cpu`; each offender with a pair of states that shows it.
template <class Cpu> [[nodiscard]] std::string verdicts() {
  const auto classes = detail::derive_classes<Cpu>();
  std::string text;
  auto before = theory::judge<Cpu>(1, classes).offenders;
  for (const unsigned theorem : {1U, 2U, 3U}) {
    const auto v = theory::judge<Cpu>(theorem, classes);
    text += fmt::format("  {}\n", theory::sentence(v));
    if (theorem == 1 || v.offenders != std::exchange(before, v.offenders))
      text += detail::offenders(v, classes);
  }
  return text;
}

} // namespace hvkit::report
