// SPDX-License-Identifier: BSL-1.0
// Decides how rows make an instruction set, and how arrays over all rows are projected from it. Knows no CPU.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include <boost/hana/tuple.hpp>
#include <boost/hana/unpack.hpp>

#include <hvkit/isa/row.hpp>

namespace hvkit::isa {

namespace hana = boost::hana;

/// Rows that belong together, an extension for instance. `Rows` is a hana::tuple.
template <class Rows> struct group {
  std::string_view name;
  Rows rows;
};

/// The rows as a group. `name` is a literal: the extension's name in its manual.
template <class... Row> [[nodiscard]] constexpr auto make_group(std::string_view name, Row... row) {
  return group<hana::tuple<Row...>>{name, hana::make_tuple(row...)};
}

/// An instruction set is a list of groups. Adding a group never copies the tuples of the others.
template <class... Groups> struct instruction_set {
  hana::tuple<Groups...> groups;

  /// This set and one more group behind it: numbers of rows stay.
  template <class Rows> [[nodiscard]] constexpr auto operator+(group<Rows> more) const {
    return hana::unpack(groups, [&](const auto &...each) {
      return instruction_set<Groups..., group<Rows>>{hana::make_tuple(each..., more)};
    });
  }
};

/// The groups as one set, in this order. Nothing is checked yet: isa/checks.hpp does when a CPU is named.
template <class... Groups> [[nodiscard]] constexpr auto make_instruction_set(Groups... g) {
  return instruction_set<Groups...>{hana::make_tuple(g...)};
}

/// The number of a row in its instruction set, counted through all groups.
using row_id = u16;
inline constexpr row_id no_row = 0xffff;

namespace detail {
template <class T, std::size_t... N> [[nodiscard]] constexpr auto join(const std::array<T, N> &...parts) {
  std::array<T, (N + ... + 0)> all{};
  std::size_t next = 0;
  const auto append = [&](const auto &part) {
    for (const auto &element : part)
      all[next++] = element;
  };
  (append(parts), ...);
  return all;
}
} // namespace detail

/// An array of `f(row)` over all rows, in order. `f` gives the same type T for every row.
template <class T, class Set, class F> [[nodiscard]] constexpr auto project(const Set &set, F f) {
  return hana::unpack(set.groups, [&](const auto &...each) {
    return detail::join(
        hana::unpack(each.rows, [&](const auto &...one) { return std::array<T, sizeof...(one)>{f(one)...}; })...);
  });
}

/// What is known of every row, without its semantics, where instructions are words with fixed bits.
template <class Operands> struct row_facts {
  std::string_view name;
  std::string_view syntax;
  pattern code;
  capability needs = capability::pure;
  u32 operand_bits = 0;
  Operands (*decode)(u32 word) = nullptr;
  u32 (*encode)(const Operands &) = nullptr;
  bool (*fits)(const Operands &) = nullptr;

  template <class Row> [[nodiscard]] static constexpr row_facts of(const Row &r) {
    using form = typename Row::form;
    return {r.name,
            form::syntax,
            r.code,
            form::needs,
            form::layout::mask,
            &form::layout::decode,
            &form::layout::encode,
            &form::layout::fits};
  }
};

namespace detail {
template <class Cpu> [[nodiscard]] constexpr auto facts_of() {
  if constexpr (requires { typename Cpu::row_facts; })
    return std::type_identity<typename Cpu::row_facts>{};
  else
    return std::type_identity<row_facts<typename Cpu::operands>>{};
}
} // namespace detail

/// The facts of all rows of `Cpu`, indexed by row_id. A CPU whose instructions are not words names a type of its own,
/// `row_facts`, with at least name and needs, and `of(row)`.
template <class Cpu> inline constexpr auto facts = [] {
  using type = typename decltype(detail::facts_of<Cpu>())::type;
  return project<type>(Cpu::instructions, [](const auto &r) { return type::of(r); });
}();

/// How many rows `Cpu` has in all groups.
template <class Cpu> inline constexpr std::size_t row_count = facts<Cpu>.size();

/// The row of that name, or no_row.
template <class Cpu> [[nodiscard]] constexpr row_id find_row(std::string_view name) {
  for (std::size_t i = 0; i < row_count<Cpu>; ++i)
    if (facts<Cpu>[i].name == name)
      return static_cast<row_id>(i);
  return no_row;
}

/// One function pointer for each row: `&Maker::template call<Row>`. An engine's dispatch table.
template <class Cpu, class Function, class Maker>
inline constexpr auto handlers = project<Function>(Cpu::instructions, [](const auto &r) -> Function {
  return &Maker::template call<std::decay_t<decltype(r)>>;
});

} // namespace hvkit::isa
