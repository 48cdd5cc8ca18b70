// SPDX-License-Identifier: BSL-1.0
// Decides whether a CPU and policies make a VMM: one list of rules, asked softly (`legal`) or hard (`vmm`).
#pragma once

#include <string_view>
#include <type_traits>

#include <hvkit/hardware/engine/concept.hpp>
#include <hvkit/policy/classification/concept.hpp>
#include <hvkit/policy/clock/concept.hpp>
#include <hvkit/policy/hardware/concept.hpp>
#include <hvkit/policy/io/concept.hpp>
#include <hvkit/violation/composition.hpp>
#include <hvkit/violation/virtualizability.hpp>
#include <hvkit/vmm/composition.hpp>
#include <hvkit/vmm/guest_core.hpp>

namespace hvkit {

namespace detail {

/// Nothing is violated.
struct nothing {};

/// A rule and the composition (or what was meant as one) it was asked of.
template <class Rule, class C> struct violated {
  using rule = Rule;
  using subject = C;
};

template <template <class> class Over> struct engine_probe {};
/// There is something to make a hart of.
template <class Engine>
concept is_engine = requires {
  engine_probe<Engine::template over>{};
};

/// There is something to make hardware of.
template <class Hardware, class Cpu, class Engine>
concept is_hardware = requires {
  typename Hardware::template over<Cpu, Engine>::hart_type;
};

/// Whether the policy of that slot has the members the VMM calls, with the arguments and results it expects: those that
/// the slot's concept.hpp lists.
template <slot Slot, class C> [[nodiscard]] constexpr bool members_present() {
  using vm = guest_core<typename C::cpu, typename C::hart>;
  using virtual_cpu = typename vm::virtual_cpu;
  if constexpr (Slot == slot::dispatch)
    return requires { requires dispatch::dispatches<typename C::dispatch::template over<vm>, vm>; };
  else if constexpr (Slot == slot::paging)
    return requires { requires paging::translates<typename C::paging::template over<vm>>; };
  else if constexpr (Slot == slot::interrupt)
    return requires { requires interrupt::delivers<typename C::interrupt::template over<vm>, virtual_cpu>; };
  else if constexpr (Slot == slot::technique)
    return technique::says_what_runs<typename C::technique> && requires {
      requires technique::handles<typename C::technique::template over<vm>, vm>;
    };
  else if constexpr (Slot == slot::classification)
    return !C::technique::runs_user_code || classification::classifies<typename C::classification, typename C::cpu>;
  else if constexpr (Slot == slot::io)
    return io::attaches<typename C::io, virtual_cpu>;
  else if constexpr (Slot == slot::clock)
    return clock::attaches<typename C::clock, virtual_cpu>;
  else if constexpr (Slot == slot::scheduler)
    return requires { requires scheduler::schedules<typename C::scheduler::template over<vm>, vm>; };
  else if constexpr (Slot == slot::hardware)
    return hardware::platform<typename C::platform>;
  else
    return sizeof(typename C::hart) != 0 && requires {
      requires engine::runs < typename C::engine::template over<typename C::hart>,
      typename C::hart > ;
    };
}

/// The first of `Rules` that does not hold for C.
template <class C> constexpr auto first_of(rules<>) { return nothing{}; }
template <class C, class First, class... Rest> constexpr auto first_of(rules<First, Rest...>) {
  if constexpr (!First::template holds<C>())
    return violated<First, C>{};
  else
    return first_of<C>(rules<Rest...>{});
}

/// The first rule of one policy that does not hold. A policy without rules asks nothing.
template <class C, class Policy> constexpr auto first_of_policy() {
  if constexpr (requires { typename Policy::rules; })
    return first_of<C>(typename Policy::rules{});
  else
    return nothing{};
}
template <class C> constexpr auto first_of_policies() { return nothing{}; }
template <class C, class Policy, class... Rest> constexpr auto first_of_policies() {
  using found = decltype(first_of_policy<C, Policy>());
  if constexpr (std::is_same_v<found, nothing>)
    return first_of_policies<C, Rest...>();
  else
    return found{};
}

template <class C> constexpr auto first_missing() { return nothing{}; }
template <class C, slot Slot, slot... Rest> constexpr auto first_missing() {
  if constexpr (!members_present<Slot, C>())
    return violated<violation::has_members<Slot>, C>{};
  else
    return first_missing<C, Rest...>();
}

template <class... Policies> [[nodiscard]] constexpr bool distinct_slots() {
  bool seen[slot_count] = {};
  bool distinct = true;
  ((distinct = distinct && !seen[static_cast<unsigned>(Policies::kind)],
    seen[static_cast<unsigned>(Policies::kind)] = true),
   ...);
  return distinct;
}

template <class C> constexpr auto first_of_rules_and_members() {
  using by_rule =
      decltype(first_of_policies<C, typename C::classification, typename C::technique, typename C::paging,
                                 typename C::interrupt, typename C::dispatch, typename C::io, typename C::clock,
                                 typename C::scheduler, typename C::engine, typename C::hardware>());
  if constexpr (!std::is_same_v<by_rule, nothing>)
    return by_rule{};
  else
    return first_missing<C, slot::engine, slot::hardware, slot::dispatch, slot::interrupt, slot::paging, slot::io,
                         slot::clock, slot::scheduler>();
}

template <class Cpu, class... Policies> constexpr auto first_violation() {
  if constexpr (!violation::processor<Cpu>) {
    return violated<violation::is_processor, void>{};
  } else if constexpr (!(violation::policy<Policies> && ...)) {
    return violated<violation::are_policies, void>{};
  } else if constexpr (!distinct_slots<Policies...>()) {
    return violated<violation::are_distinct, void>{};
  } else if constexpr (!is_engine<choose_t<slot::engine, engine::step, Policies...>>) {
    return violated<violation::has_members<slot::engine>, void>{};
  } else if constexpr (!is_hardware<choose_t<slot::hardware, hardware::simulated, Policies...>, Cpu,
                                    choose_t<slot::engine, engine::step, Policies...>>) {
    return violated<violation::has_members<slot::hardware>, void>{};
  } else {
    using c = composition<Cpu, Policies...>;
    // Rules ask the technique, and members can be asked only of policies that fit the CPU.
    using technique = decltype(first_missing<c, slot::technique, slot::classification>());
    if constexpr (!std::is_same_v<technique, nothing>)
      return technique{};
    else
      return first_of_rules_and_members<c>();
  }
}

} // namespace detail

/// Satisfied when the policies make a VMM of `Cpu`.
template <class Cpu, class... Policies>
concept legal = std::is_same_v<decltype(detail::first_violation<Cpu, Policies...>()), detail::nothing>;

/// Why they do not; "" if they do. The same words as the compiler's.
template <class Cpu, class... Policies> [[nodiscard]] constexpr std::string_view refusal() {
  using found = decltype(detail::first_violation<Cpu, Policies...>());
  if constexpr (std::is_same_v<found, detail::nothing>)
    return "";
  else
    return violation::wording<typename found::rule>::template text<typename found::subject>();
}

} // namespace hvkit
