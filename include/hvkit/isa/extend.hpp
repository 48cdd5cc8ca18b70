// SPDX-License-Identifier: BSL-1.0
// Decides how a CPU gets further instructions: a type that is the CPU plus groups of rows, checked where it is named.
//
//     inline constexpr auto counting = isa::make_group("counting", cpu::riscv::make<...>("cpop", ...));
//     struct my_cpu : isa::with_rows<cpu::rv64, counting> {};
#pragma once

#include <type_traits>

#include <hvkit/isa/checks.hpp>

namespace hvkit::isa {

namespace detail {
/// `Base` with the rows of `Groups` behind its own, whose numbers stay.
template <class Base, const auto &...Groups> struct extended : Base {
  static constexpr auto instructions = (Base::instructions + ... + Groups);
};
template <class Base, const auto &...Groups> [[nodiscard]] constexpr auto checked_extension() {
  static_cast<void>(sound<extended<Base, Groups...>>);
  return std::type_identity<extended<Base, Groups...>>{};
}
} // namespace detail

/// The CPU `Base` and the instructions of `Groups`, which are constants made by make_group. Everything that takes a CPU
/// takes it. Does not compile if the instruction set is not sound (checks.hpp).
template <class Base, const auto &...Groups> using with_rows =
    typename decltype(detail::checked_extension<Base, Groups...>())::type;

} // namespace hvkit::isa
