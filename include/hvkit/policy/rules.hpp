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

/// The technique has the hardware run the guest in modes of its own.
template <class Technique> inline constexpr bool is_assisted = requires { requires Technique::assisted; };

/// Where the guest's tables are walked, its privileged modes have the rights of privileged modes.
struct reaches_supervisor_pages {
  template <class C> static constexpr bool holds() {
    return is_assisted<typename C::technique> || !C::technique::runs_privileged_code;
  }
};
/// The hardware walks a second stage of tables.
struct needs_second_stage {
  template <class C> static constexpr bool holds() { return is_assisted<typename C::technique>; }
};
/// The hardware delivers to the guest what is posted to it.
struct needs_assisted_delivery {
  template <class C> static constexpr bool holds() { return is_assisted<typename C::technique>; }
};
/// The guest cannot accept interrupts again without the VMM, nor translate otherwise.
struct unmasking_is_seen {
  template <class C> static constexpr bool holds() { return !is_assisted<typename C::technique>; }
};
struct roots_are_seen {
  template <class C> static constexpr bool holds() { return !is_assisted<typename C::technique>; }
};

/// What single policies ask; defined beside them.
struct needs_assist;
struct needs_hypercalls;
template <u64 Together> struct waits_for_several;
template <u64... Shares> struct shares_count;

} // namespace rule

} // namespace hvkit
