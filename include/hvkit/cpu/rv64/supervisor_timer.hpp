// SPDX-License-Identifier: BSL-1.0
// Decides when supervisor mode's own timer asks for its interrupt: the Sstc extension.
// Source: RISC-V "Sstc" Extension for Supervisor-mode Timer Interrupts, version 1.0.0.
#pragma once

#include <hvkit/core/bits.hpp>
#include <hvkit/cpu/rv64/state.hpp>

namespace hvkit::cpu::riscv {

/// Mixed into a machine `D`, with the extension or without. A machine that runs with devices around it supplies
///   ticks_change(u64)     when, on its clock, `ticks() >= value` changes next; all ones for never,
///   set_level(line, bool).
template <class D, bool Present> struct supervisor_timer {
  static constexpr bool has_supervisor_timer = Present;

  /// stimecmp is in force: STIP follows the comparator and software cannot write it.
  [[nodiscard]] constexpr bool timer_in_force() const { return Present && self().system().get(fields::stce) != 0; }

  /// On the machine's clock, when STIP changes by itself next; all ones for never.
  [[nodiscard]] u64 timer_event() const requires Present {
    return timer_in_force() ? self().ticks_change(self().system().get(w_stimecmp)) : ~u64{0};
  }
  /// Sets STIP by the time it is now. To be called after time passed, or whatever STIP depends on was written.
  void drive_timer() requires Present {
    constexpr unsigned line = 5;
    static_assert(irq::sti == bit(line));
    const bool due = timer_in_force() && self().ticks() >= self().system().get(w_stimecmp);
    if (due != ((self().system().get(w_lines) & irq::sti) != 0))
      self().set_level(line, due);
  }

private:
  [[nodiscard]] constexpr D &self() { return static_cast<D &>(*this); }
  [[nodiscard]] constexpr const D &self() const { return static_cast<const D &>(*this); }
};

} // namespace hvkit::cpu::riscv
