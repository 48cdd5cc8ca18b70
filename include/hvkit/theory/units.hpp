// SPDX-License-Identifier: BSL-1.0
// Decides what is classified of a CPU whose system rows each have one class, whatever the operands.
#pragma once

#include <hvkit/theory/unit.hpp>

namespace hvkit::theory {

/// How many rows of `Cpu` see the whole machine: only these are classified by running them.
template <class Cpu> [[nodiscard]] constexpr std::size_t system_row_count() {
  std::size_t n = 0;
  for (const auto &f : isa::facts<Cpu>)
    n += f.needs == isa::capability::system ? 1 : 0;
  return n;
}

/// A unit for each system row. `specimens(row)` says how many operands are tried.
template <class Cpu, class F> [[nodiscard]] constexpr auto whole_rows(F specimens) {
  std::array<unit, system_row_count<Cpu>()> all{};
  std::size_t next = 0;
  for (isa::row_id row = 0; row < isa::row_count<Cpu>; ++row)
    if (isa::facts<Cpu>[row].needs == isa::capability::system)
      all[next++] = unit{row, {}, {}, 0, specimens(row)};
  return all;
}

} // namespace hvkit::theory
