// SPDX-License-Identifier: BSL-1.0
// Decides how a control and status register is found by its number: the rows in arrays, with the H extension or
// without.
#pragma once

#include <array>
#include <string_view>
#include <type_traits>

#include <boost/hana/tuple.hpp>
#include <boost/hana/unpack.hpp>

#include <hvkit/cpu/rv64/csr.hpp>
#include <hvkit/cpu/rv64/csr_hypervisor.hpp>

namespace hvkit::cpu::riscv {

/// What is known of a CSR row without its semantics.
struct csr_facts {
  u16 first;
  u16 count;
  std::string_view name;
  gate guard;
  effect effects;
};

namespace csrs {
/// An array of `f(row)` over the rows of several tables.
template <class T, class F, class... Tables> [[nodiscard]] constexpr auto project(F f, const Tables &...tables) {
  const auto part = [&](const auto &rows) {
    return boost::hana::unpack(rows, [&](const auto &...r) { return std::array<T, sizeof...(r)>{f(r)...}; });
  };
  const auto join = [](const auto &...parts) {
    std::array<T, (std::tuple_size_v<std::decay_t<decltype(parts)>> + ...)> all{};
    std::size_t next = 0;
    const auto append = [&](const auto &one) {
      for (const auto &x : one)
        all[next++] = x;
    };
    (append(parts), ...);
    return all;
  };
  return join(part(tables)...);
}
} // namespace csrs

/// An array of `f(row)` over all CSR rows of a hart with the H extension, or of one without. Those of the extension
/// come last, so that a row has the same number in both.
template <bool Hypervisor, class T, class F> [[nodiscard]] constexpr auto project_csrs(F f) {
  if constexpr (Hypervisor)
    return csrs::project<T>(f, csrs::supervisor, csrs::machine, csrs::counters, csrs::floating_point, csrs::hypervisor);
  else
    return csrs::project<T>(f, csrs::supervisor, csrs::machine, csrs::counters, csrs::floating_point);
}

template <bool Hypervisor> inline constexpr auto csr_table = project_csrs<Hypervisor, csr_facts>([](const auto &r) {
  return csr_facts{r.first, r.count, r.name, r.guard, r.effects};
});

inline constexpr u8 no_csr = 0xff;

/// For each of the 4096 numbers its row in csr_table, or no_csr.
template <bool Hypervisor> inline constexpr auto csr_index = [] {
  std::array<u8, 4096> index{};
  for (auto &i : index)
    i = no_csr;
  for (std::size_t row = 0; row < csr_table<Hypervisor>.size(); ++row)
    for (unsigned n = 0; n < csr_table<Hypervisor>[row].count; ++n)
      index[csr_table<Hypervisor>[row].first + n] = static_cast<u8>(row);
  return index;
}();

/// How machine M reads, modifies and writes each row of csr_table.
template <class M> struct csr_functions {
  u64 (*read)(const M &, unsigned);
  u64 (*base)(const M &, unsigned);
  void (*write)(M &, unsigned, u64);
};
/// Those functions, in the order of csr_table.
template <class M, bool Hypervisor>
inline constexpr auto csr_access = project_csrs<Hypervisor, csr_functions<M>>([](const auto &r) {
  using row = std::decay_t<decltype(r)>;
  return csr_functions<M>{[](const M &m, unsigned n) -> u64 { return typename row::read{}(m, n); },
                          [](const M &m, unsigned n) -> u64 { return typename row::base{}(m, n); },
                          [](M &m, unsigned n, u64 v) { typename row::write{}(m, n, v); }};
});

} // namespace hvkit::cpu::riscv
