// SPDX-License-Identifier: BSL-1.0
// Decides when the timer of a third-generation machine asks for its interrupt. The part of it that is the board's.
#pragma once

#include <hvkit/core/bits.hpp>
#include <hvkit/cpu/third_generation/state.hpp>

namespace hvkit::cpu {

/// Drives the timer line of `Machine`, a hart or a virtual CPU, from the deadline in its state.
template <class Machine> class interval_timer {
public:
  explicit interval_timer(Machine &machine) : machine_(machine) {}

  /// On the machine's clock; all ones if no interrupt will come.
  [[nodiscard]] u64 next_event() const { return armed() ? deadline() : ~u64{0}; }
  /// Time has come to `now`. The timer asks once: its deadline is over then.
  void advance(u64 now) {
    if (!armed() || now < deadline())
      return;
    machine_.system().set(generation3::fields::deadline, 0);
    machine_.set_level(generation3::line::timer, true);
  }

private:
  [[nodiscard]] u64 deadline() const { return machine_.system().get(generation3::fields::deadline); }
  [[nodiscard]] bool armed() const { return deadline() != 0; }

  Machine &machine_;
};

} // namespace hvkit::cpu
