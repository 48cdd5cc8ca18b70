// SPDX-License-Identifier: BSL-1.0
// Decides how the classes of a whole CPU are asked for: derived when first used, one unit an evaluation.
#pragma once

#include <utility>

#include <hvkit/theory/derive.hpp>

namespace hvkit::theory {

/// What a verdict is about if nothing else is said: every resource but those that the VMM lends to the guest. Such a
/// one is the guest's for real while it runs, and what became of it is folded back at each exit, so that to change it
/// without a trap is no harm. A CPU that has some says which in `lent_resources`, and how by `lend` and `fold`.
template <class Cpu> inline constexpr resource verdict_resources = [] {
  if constexpr (requires { Cpu::lent_resources; })
    return static_cast<resource>(static_cast<u16>(isa::all_resources) & ~static_cast<unsigned>(Cpu::lent_resources));
  else
    return isa::all_resources;
}();

/// What is classified of `Cpu`.
template <class Cpu> inline constexpr auto units = examination<Cpu>::units();

/// One variable for each unit, so that each has the compiler's whole budget of evaluation steps.
template <class Cpu, std::size_t N> inline constexpr findings findings_of = examiner<Cpu>(units<Cpu>[N]).examine();

/// A unit of `Cpu` with its class, from whatever findings.
template <class Cpu> [[nodiscard]] constexpr classified classify(const unit &u, const findings &found) {
  return {u, found, examiner<Cpu>::user_mode, false};
}

/// The class of every unit, in the order of `units<Cpu>`. Nothing is derived before this is named.
template <class Cpu> inline constexpr auto classes = []<std::size_t... N>(std::index_sequence<N...>) {
  return std::array<classified, sizeof...(N)>{classify<Cpu>(units<Cpu>[N], findings_of<Cpu, N>)...};
}
(std::make_index_sequence<units<Cpu>.size()>{});

inline constexpr std::size_t no_unit = ~std::size_t{0};

namespace detail {
/// By row, its first unit: the units of a row stand together.
template <class Cpu> inline constexpr auto first_unit = [] {
  std::array<u16, isa::row_count<Cpu>> first{};
  for (std::size_t n = units<Cpu>.size(); n-- > 0;)
    first[units<Cpu>[n].row] = static_cast<u16>(n);
  return first;
}();
} // namespace detail

/// The unit that an instruction belongs to, or no_unit: then it is innocuous by its row's type.
template <class Cpu> [[nodiscard]] constexpr std::size_t unit_of(isa::row_id row, const typename Cpu::operands &o) {
  const isa::capability needs = isa::facts<Cpu>[row].needs;
  if (needs != isa::capability::system && needs != isa::capability::fp)
    return no_unit;
  const u16 key = examination<Cpu>::unit_key(row, o);
  for (std::size_t n = detail::first_unit<Cpu>[row]; n < units<Cpu>.size() && units<Cpu>[n].row == row; ++n)
    if (units<Cpu>[n].key == key)
      return n;
  return no_unit;
}

/// Whether `name` is that of a unit: "popf", or row and group: "csrrs time".
template <class Cpu> [[nodiscard]] constexpr bool is_named(const unit &u, std::string_view name) {
  const std::string_view row = isa::facts<Cpu>[u.row].name;
  if (u.group.empty())
    return name == row;
  return name.size() == row.size() + 1 + u.group.size() && name.starts_with(row) && name[row.size()] == ' ' &&
         name.ends_with(u.group);
}

/// The first unit of that name, or no_unit. "csrrs sstatus" is the one that is not written.
template <class Cpu> [[nodiscard]] constexpr std::size_t find_unit(std::string_view name) {
  for (std::size_t n = 0; n < units<Cpu>.size(); ++n)
    if (is_named<Cpu>(units<Cpu>[n], name))
      return n;
  return no_unit;
}

} // namespace hvkit::theory
