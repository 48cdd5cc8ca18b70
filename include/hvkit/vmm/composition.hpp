// SPDX-License-Identifier: BSL-1.0
// Decides which policy fills which slot of a VMM, defaults included. Whether the result may exist is decided elsewhere.
#pragma once

#include <type_traits>

#include <hvkit/core/agreement.hpp>
#include <hvkit/core/slot.hpp>
#include <hvkit/hardware/engine/step.hpp>
#include <hvkit/policy/classification/derived.hpp>
#include <hvkit/policy/clock/retired.hpp>
#include <hvkit/policy/dispatch/table.hpp>
#include <hvkit/policy/hardware/simulated.hpp>
#include <hvkit/policy/interrupt/held_back.hpp>
#include <hvkit/policy/io/emulated.hpp>
#include <hvkit/policy/paging/shadow.hpp>
#include <hvkit/policy/scheduler/round_robin.hpp>
#include <hvkit/policy/technique/trap_and_emulate.hpp>

namespace hvkit {

namespace detail {
/// The first policy of that slot, or the default.
template <slot Slot, class Default, class... Policies> struct choose { using type = Default; };
template <slot Slot, class Default, class First, class... Rest> struct choose<Slot, Default, First, Rest...>
    : std::conditional_t<First::kind == Slot, std::type_identity<First>, choose<Slot, Default, Rest...>> {};
template <slot Slot, class Default, class... Policies> using choose_t =
    typename choose<Slot, Default, Policies...>::type;
} // namespace detail

namespace detail {
template <class Policy> [[nodiscard]] constexpr hvkit::agreement grade_of() {
  if constexpr (requires { Policy::grade; })
    return Policy::grade;
  else
    return hvkit::agreement::exact;
}
/// Where no guest code runs on the hardware, nothing is translated by what the paging policy made.
template <class Paging, class Technique> [[nodiscard]] constexpr hvkit::agreement grade_of_paging() {
  return Technique::runs_user_code ? grade_of<Paging>() : hvkit::agreement::exact;
}
} // namespace detail

namespace detail {
/// The default of a slot: the technique's, if it has one of its own.
template <class Technique, class Usual> struct default_paging { using type = Usual; };
template <class Technique, class Usual>
requires requires { typename Technique::default_paging; }
struct default_paging<Technique, Usual> {
  using type = typename Technique::default_paging;
};
template <class Technique, class Usual> struct default_interrupt { using type = Usual; };
template <class Technique, class Usual>
requires requires { typename Technique::default_interrupt; }
struct default_interrupt<Technique, Usual> {
  using type = typename Technique::default_interrupt;
};

/// The hardware's CPU: the guest's, with the assist if the technique wants one and there is one.
template <class Cpu, class Technique> struct hardware_cpu { using type = Cpu; };
template <class Cpu, class Technique>
requires rule::is_assisted<Technique> && requires { typename Cpu::assisted; }
struct hardware_cpu<Cpu, Technique> {
  using type = typename Cpu::assisted;
};
} // namespace detail

/// A CPU and one policy for each slot, whatever the order they were named in.
template <class Cpu, class... Policies> struct composition {
  using cpu = Cpu;
  using classification = detail::choose_t<slot::classification, classification::derived, Policies...>;
  using technique = detail::choose_t<slot::technique, technique::trap_and_emulate, Policies...>;
  using dispatch = detail::choose_t<slot::dispatch, dispatch::table, Policies...>;
  using interrupt =
      detail::choose_t<slot::interrupt, typename detail::default_interrupt<technique, interrupt::held_back>::type,
                       Policies...>;
  using paging =
      detail::choose_t<slot::paging, typename detail::default_paging<technique, paging::shadow>::type, Policies...>;
  using io = detail::choose_t<slot::io, io::emulated, Policies...>;
  using clock = detail::choose_t<slot::clock, clock::retired, Policies...>;
  using engine = detail::choose_t<slot::engine, engine::step, Policies...>;
  using scheduler = detail::choose_t<slot::scheduler, scheduler::round_robin, Policies...>;
  using hardware = detail::choose_t<slot::hardware, hardware::simulated, Policies...>;
  using platform = typename hardware::template over<typename detail::hardware_cpu<Cpu, technique>::type, engine>;
  using hart = typename platform::hart_type;

  /// How far its guests agree with their reference.
  static constexpr agreement grade = detail::grade_of<classification>() | detail::grade_of<technique>() |
                                     detail::grade_of<interrupt>() | detail::grade_of_paging<paging, technique>() |
                                     detail::grade_of<io>() | detail::grade_of<clock>();
};

} // namespace hvkit
