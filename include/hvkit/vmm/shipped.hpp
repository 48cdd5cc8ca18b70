// SPDX-License-Identifier: BSL-1.0
// Decides which policies come with the kit, by slot. Programs and tests that go through them take them from here.
#pragma once

#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/hardware/engine/step.hpp>
#include <hvkit/policy/clock/retired.hpp>
#include <hvkit/policy/dispatch/batched.hpp>
#include <hvkit/policy/dispatch/fold_switch.hpp>
#include <hvkit/policy/dispatch/hot_first.hpp>
#include <hvkit/policy/dispatch/table.hpp>
#include <hvkit/policy/interrupt/coalesced.hpp>
#include <hvkit/policy/interrupt/held_back.hpp>
#include <hvkit/policy/interrupt/posted.hpp>
#include <hvkit/policy/io/emulated.hpp>
#include <hvkit/policy/io/paravirtual.hpp>
#include <hvkit/policy/paging/nested.hpp>
#include <hvkit/policy/paging/relocation.hpp>
#include <hvkit/policy/paging/shadow.hpp>
#include <hvkit/policy/paging/shadow_lazy.hpp>
#include <hvkit/policy/scheduler/proportional.hpp>
#include <hvkit/policy/scheduler/round_robin.hpp>
#include <hvkit/policy/technique/hardware_assisted.hpp>
#include <hvkit/policy/technique/hybrid.hpp>
#include <hvkit/policy/technique/interpretation.hpp>
#include <hvkit/policy/technique/paravirtual.hpp>
#include <hvkit/policy/technique/trap_and_emulate.hpp>

namespace hvkit {

/// Types in a row: CPUs, or the policies of one slot.
template <class... T> struct shelf {};

/// One shelf for each slot, a composition's default first. A policy with numbers stands there with some that make
/// sense. Classifications are of one CPU.
namespace shipped {

using techniques = shelf<technique::trap_and_emulate, technique::hybrid, technique::interpretation,
                         technique::paravirtual, technique::hardware_assisted>;
using pagings = shelf<paging::shadow, paging::shadow_lazy, paging::relocation, paging::nested>;
using interrupts = shelf<interrupt::held_back, interrupt::coalesced<4>, interrupt::posted>;
using dispatches = shelf<dispatch::table, dispatch::fold_switch, dispatch::hot_first, dispatch::batched>;
using ios = shelf<io::emulated, io::paravirtual>;
using clocks = shelf<clock::retired>;
using schedulers = shelf<scheduler::round_robin, scheduler::proportional<>>;
using engines = shelf<engine::step, engine::blocks>;

} // namespace shipped

} // namespace hvkit
