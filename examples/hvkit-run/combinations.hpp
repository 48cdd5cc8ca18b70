// SPDX-License-Identifier: BSL-1.0
// Decides which policies can be named on the command line. There is no other list: options, the table of combinations
// and the machines themselves are made from this one.
#pragma once

#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/hardware/engine/step.hpp>
#include <hvkit/policy/clock/retired.hpp>
#include <hvkit/policy/dispatch/table.hpp>
#include <hvkit/policy/interrupt/held_back.hpp>
#include <hvkit/policy/io/emulated.hpp>
#include <hvkit/policy/paging/relocation.hpp>
#include <hvkit/policy/paging/shadow.hpp>
#include <hvkit/policy/technique/hybrid.hpp>
#include <hvkit/policy/technique/trap_and_emulate.hpp>

#include "machine.hpp"

namespace run {

/// Types in a row: CPUs, or the policies of one slot, the default first.
template <class... T> struct shelf {};

using cpus = shelf<cpu::rv64>;
using engines = shelf<engine::blocks, engine::step>;
/// One shelf for each of the other slots.
using policies = shelf<shelf<technique::trap_and_emulate, technique::hybrid>, shelf<paging::shadow, paging::relocation>,
                       shelf<interrupt::held_back>, shelf<dispatch::table>, shelf<io::emulated>, shelf<clock::retired>>;

using make_function = std::unique_ptr<machine> (*)(const device::virt_board_options &, host::typist &);

/// One way to fill the slots.
struct combination {
  std::string_view cpu;
  std::array<std::string_view, slot_count> policies; ///< by slot; "" where none can be named
  bool bare = false;
  std::string_view refusal;     ///< why it is no VMM; "" if it is one
  make_function make = nullptr; ///< null if it was refused
};

/// The bare machine and all combinations with that CPU and engine. Defined in a file of its own for each pair, so that
/// they compile side by side.
template <class Cpu, class Engine> [[nodiscard]] std::vector<combination> combinations_with();

} // namespace run
