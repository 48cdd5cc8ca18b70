// SPDX-License-Identifier: BSL-1.0
// Decides what a policy may ask of the CPU and of the other policies. How a refusal is worded is decided elsewhere.
//
// A rule is a type with `template <class Composition> static constexpr bool holds()`. The rules here get their wording
// from violation/; a rule of yours brings its own:
//
//     struct needs_two_stages {
//       template <class C> static constexpr bool holds() { return C::cpu::has_second_stage; }
//       static constexpr std::string_view text = "my[001]: paging::mine needs a CPU with two stages of translation";
//       template <bool Holds> static constexpr void complain() { static_assert(Holds, "my[001]: paging::mine ..."); }
//     };
#pragma once

#include <type_traits>

#include <hvkit/core/slot.hpp>

namespace hvkit {

/// The rules of a policy, in the order in which they are looked at.
template <class... Rules> struct rules {};

namespace rule {

/// The CPU has page tables in memory: `Cpu::page_format`.
struct needs_page_tables {
  template <class C> static constexpr bool holds() {
    return requires { typename C::cpu::page_format; };
  }
};
/// The CPU has a relocation-bounds register: `Cpu::relocation`.
struct needs_relocation_register {
  template <class C> static constexpr bool holds() {
    return requires { typename C::cpu::relocation; };
  }
};

/// What single policies ask; defined beside them.
struct needs_hypercalls;
template <u64 Together> struct waits_for_several;
template <u64... Shares> struct shares_count;

} // namespace rule

} // namespace hvkit
