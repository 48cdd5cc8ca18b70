// SPDX-License-Identifier: BSL-1.0
// Decides what is said when policies do not make a VMM: HV0xx. docs/errors.md has an entry for each.
#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/classification/rules.hpp>
#include <hvkit/policy/rules.hpp>
#include <hvkit/violation/wording.hpp>

namespace hvkit::violation {

/// Satisfied when `P` says which slot it fills and what it is called.
template <class P>
concept policy = requires {
  { P::kind } -> std::convertible_to<slot>;
  { P::name } -> std::convertible_to<std::string_view>;
};

/// Satisfied when `Cpu` has what every machine needs of one.
template <class Cpu>
concept processor = requires {
  typename Cpu::user_state;
  typename Cpu::system_state;
  typename Cpu::operands;
  Cpu::instructions;
  { Cpu::name } -> std::convertible_to<std::string_view>;
};

// HVKIT_WORDING(rule, text) defines the wording of a rule of the kit: the same literal as text and as error.
#define HVKIT_WORDING(RULE, TEXT)                                                                                      \
  template <> struct wording<RULE> {                                                                                   \
    template <class C> [[nodiscard]] static constexpr std::string_view text() { return TEXT; }                         \
    template <class C, bool Holds = false> static constexpr void complain() { static_assert(Holds, TEXT); }            \
  };

HVKIT_WORDING(rule::needs_hypercalls,
              "hvkit[HV006]: technique::paravirtual serves the calls of an operating system below the most privileged "
              "mode, and this CPU has no mode there that could call. Use technique::trap_and_emulate or "
              "technique::interpretation, or cpu::rv64")

HVKIT_WORDING(
    rule::needs_assist,
    "hvkit[HV007]: technique::hardware_assisted has the hardware run guests in modes of their own, and there is "
    "no such hardware for this CPU (no `assisted`). Use technique::trap_and_emulate or technique::hybrid")

HVKIT_WORDING(rule::needs_page_tables,
              "hvkit[HV201]: paging::shadow and paging::shadow_lazy build page tables, and this CPU has no page-table "
              "format. Use paging::relocation, or give the CPU a page_format")
HVKIT_WORDING(rule::needs_relocation_register,
              "hvkit[HV202]: paging::relocation composes base and bounds, and this CPU has no relocation-bounds "
              "register. Use paging::shadow")

HVKIT_WORDING(
    rule::reaches_supervisor_pages,
    "hvkit[HV203]: paging::nested has the hardware walk the guest's own tables, and this technique runs the "
    "guest's supervisor in user mode: pages that those tables give to supervisor mode alone cannot be reached. "
    "Use technique::hardware_assisted, or paging::shadow")
HVKIT_WORDING(
    rule::needs_second_stage,
    "hvkit[HV204]: paging::nested needs hardware that walks a second stage of tables, and this technique does "
    "without. Use technique::hardware_assisted, or paging::shadow")
HVKIT_WORDING(rule::roots_are_seen,
              "hvkit[HV205]: paging::shadow follows each change of the guest's page-table root, and under "
              "technique::hardware_assisted the guest changes it without an exit. Use paging::nested")

HVKIT_WORDING(rule::unmasking_is_seen,
              "hvkit[HV303]: under technique::hardware_assisted the guest unmasks interrupts without an exit, so that "
              "the VMM cannot hold any back. Use interrupt::posted")
HVKIT_WORDING(rule::needs_assisted_delivery,
              "hvkit[HV304]: interrupt::posted leaves delivery to the hardware's modes for guests, and this technique "
              "does without. Use technique::hardware_assisted, or interrupt::held_back")

HVKIT_WORDING(
    rule::unmasking_exits,
    "hvkit[HV301]: the interrupt policy needs every instruction that can unmask interrupts to exit, and one of "
    "this CPU's does not trap in user mode. Use technique::hybrid, or a CPU without it")

// HVKIT_WORDING_OF(parameters, rule, text): the same for a rule with parameters.
#define HVKIT_WORDING_OF(PARAMETER, RULE, TEXT)                                                                        \
  template <PARAMETER> struct wording<RULE> {                                                                          \
    template <class C> [[nodiscard]] static constexpr std::string_view text() { return TEXT; }                         \
    template <class C, bool Holds = false> static constexpr void complain() { static_assert(Holds, TEXT); }            \
  };
HVKIT_WORDING_OF(u64 Together, rule::waits_for_several<Together>,
                 "hvkit[HV302]: interrupt::coalesced waits for two interrupts or more. Use interrupt::held_back, which "
                 "waits for none")
HVKIT_WORDING_OF(u64... Shares, rule::shares_count<Shares...>,
                 "hvkit[HV005]: a share of scheduler::proportional is 0, so that its VM would never run, or above "
                 "1,000,000, so that no other would. Give each VM 1 to 1,000,000 shares")
#undef HVKIT_WORDING_OF

/// Each slot's policy has the members that the VMM calls.
template <slot Slot> struct has_members;
struct is_processor;
struct are_policies;
struct are_distinct;

HVKIT_WORDING(is_processor, "hvkit[HV001]: the first argument of vmm is no CPU: it lacks user_state, system_state, "
                            "operands, instructions or name. cpu::rv64 is one")
HVKIT_WORDING(are_policies,
              "hvkit[HV002]: one of the arguments of vmm is no policy: a policy is a struct that says its "
              "slot (`kind`) and its `name`")
HVKIT_WORDING(are_distinct, "hvkit[HV003]: two policies fill the same slot. Name one policy for each slot at most; the "
                            "others get their defaults")
HVKIT_WORDING(
    has_members<slot::classification>,
    "hvkit[HV026]: the classification lacks `template <class Cpu> classes()`, which gives the class of each unit")
HVKIT_WORDING(has_members<slot::io>, "hvkit[HV027]: the io policy lacks `devices`, the form in which "
                                     "the board shows them, or what io::basics would bring: attach(virtual CPU, board)")
HVKIT_WORDING(has_members<slot::clock>, "hvkit[HV028]: the clock policy lacks attach(virtual CPU, board)")
HVKIT_WORDING(has_members<slot::dispatch>,
              "hvkit[HV021]: the dispatch policy lacks `template <class Vm> class over` with dispatch(vm, trap)")
HVKIT_WORDING(has_members<slot::paging>,
              "hvkit[HV022]: the paging policy lacks `template <class Vm> class over` with enter(contexts), fault(gva, "
              "access), drop(frames), or what paging::basics would bring: table_written(gpa, size), fence(scope), "
              "complete(), count()")
HVKIT_WORDING(has_members<slot::interrupt>,
              "hvkit[HV023]: the interrupt policy lacks `template <class Vm> class over` with deliver(virtual CPU), or "
              "what interrupt::basics would bring: raise(line), lower(line), deadline(), count()")
HVKIT_WORDING(has_members<slot::technique>,
              "hvkit[HV024]: the technique lacks runs_privileged_code, runs_user_code or `template <class Vm> struct "
              "over` with direct(virtual CPU), or what technique::basics would bring: prepare(page), handle(vm, trap)")
HVKIT_WORDING(has_members<slot::engine>,
              "hvkit[HV025]: the engine lacks `template <class Hart> class over` with run(hart, budget), "
              "code_changed(hart, hpa) or contexts_changed(hart)")
HVKIT_WORDING(has_members<slot::scheduler>,
              "hvkit[HV029]: the scheduler lacks `template <class Vm> class over` with next(ready VMs), which gives a "
              "scheduler::turn, or what scheduler::basics would bring: ran(vm, steps), gone(vm)")
HVKIT_WORDING(
    has_members<slot::hardware>,
    "hvkit[HV030]: the hardware lacks `template <class Cpu, class Engine> class over` with a constructor from "
    "its memory's size, hart_type, memory(), frames(), devices() or hart()")

#undef HVKIT_WORDING

} // namespace hvkit::violation
