// SPDX-License-Identifier: BSL-1.0
// Decides how a machine runs with the devices and deadlines around it. The bare machine and a VM go the same way.
#pragma once

#include <algorithm>
#include <utility>

#include <hvkit/core/exit.hpp>
#include <hvkit/core/hypercalls.hpp>
#include <hvkit/hardware/bus.hpp>

namespace hvkit::hardware {

/// What a machine is wired to: devices by address, deadlines by time, services by call. Lines go straight to the CPU's
/// interrupt_sink.
struct board {
  virtual ~board() = default;
  [[nodiscard]] virtual const bus &devices() const = 0;
  /// When something happens by itself next; after `advance(now)` it lies beyond `now`.
  [[nodiscard]] virtual u64 next_event() const = 0;
  /// Time has come to `now`: devices do what is due, and lines are set.
  virtual void advance(u64 now) = 0;
  /// The guest switched the machine off.
  [[nodiscard]] virtual bool finished() const = 0;
  /// What the CPU reads as its clock; null where it has only its own count.
  [[nodiscard]] virtual const tick_source *ticks() const = 0;
  /// What serves the guest's hypercalls; null where it makes none, as it has firmware of its own.
  [[nodiscard]] virtual hypercall_services *hypercalls() = 0;
  /// The devices in an address space of their own, for CPUs with instructions that reach one; null where there is none.
  [[nodiscard]] virtual const bus *ports() const { return nullptr; }
  /// What a CPU asks for the number of an interrupt; null where it need not.
  [[nodiscard]] virtual vector_source *vectors() { return nullptr; }
};

/// Nothing but CPU and memory.
struct no_board final : board {
  [[nodiscard]] const bus &devices() const override { return none; }
  [[nodiscard]] u64 next_event() const override { return never; }
  void advance(u64) override {}
  [[nodiscard]] bool finished() const override { return false; }
  [[nodiscard]] const tick_source *ticks() const override { return nullptr; }
  [[nodiscard]] hypercall_services *hypercalls() override { return nullptr; }
  bus none;
};

/// When a CPU's own timer has something to do next, on its clock. Not every CPU brings one.
template <class Processor> [[nodiscard]] u64 own_event(const Processor &cpu) {
  if constexpr (requires { cpu.timer_event(); })
    return cpu.timer_event();
  else
    return never;
}
/// Tells a CPU's own timer that time has passed.
template <class Processor> void drive_own(Processor &cpu) {
  if constexpr (requires { cpu.drive_timer(); })
    cpu.drive_timer();
}

/// Whether the guest said, since this was asked last, that it does not want the rest of its turn.
[[nodiscard]] inline bool gave_turn_up(board &around) {
  hypercall_services *const services = around.hypercalls();
  return services != nullptr && std::exchange(services->yielded, false);
}

/// When something happens by itself next, on the machine's clock.
template <class Machine> [[nodiscard]] u64 next_event(const Machine &machine, const board &around) {
  return std::min(around.next_event(), own_event(machine));
}
/// Time has come to what the machine's clock says: devices, and its own timer, do what is due.
template <class Machine> void advance(Machine &machine, board &around) {
  around.advance(machine.now());
  drive_own(machine);
}

/// What a machine does with the time it waits.
enum class idling : u8 {
  alone, ///< time goes on to the next event at once
  shared ///< others have the hardware meanwhile: the run ends there
};

/// Runs a machine (a bare hart, or a VM) with its board for an exact number of steps; or, if the hardware is shared,
/// for fewer if the guest gives the rest of its turn up.
///
/// Returns `budget` when the steps are done, `host` when the board has finished or the host interrupted, `waiting` when
/// the CPU waits and nothing is due any more, or others are to have the time.
template <class Machine> exit_record run_with(Machine &machine, board &around, u64 budget, idling how = idling::alone) {
  const u64 end = machine.steps() + budget;
  advance(machine, around);
  static_cast<void>(gave_turn_up(around)); // the one before this
  while (machine.steps() < end && !around.finished()) {
    const u64 left = end - machine.steps();
    const u64 due = next_event(machine, around);
    const exit_record exit = machine.run(due == never ? left : std::min(left, due - machine.now()));
    advance(machine, around);
    if (exit.reason == exit_reason::host)
      return exit;
    if (how == idling::shared && gave_turn_up(around))
      break;
    while (exit.reason == exit_reason::waiting && !machine.wakes()) {
      const u64 then = next_event(machine, around);
      if (then == never || how == idling::shared)
        return exit;
      machine.idle_until(then);
      advance(machine, around);
    }
  }
  return {around.finished() ? exit_reason::host : exit_reason::budget, {}};
}

} // namespace hvkit::hardware
