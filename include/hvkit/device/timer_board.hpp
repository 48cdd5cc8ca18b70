// SPDX-License-Identifier: BSL-1.0
// Decides what is around a CPU that brings its own timer and console: an empty bus, and the timer's deadline.
#pragma once

#include <hvkit/hardware/machine.hpp>

namespace hvkit::device {

/// The board of a third-generation machine. `Timer` drives the lines of `Machine`, a hart or a virtual CPU:
/// `next_event()` and `advance(now)` as boards have them.
template <class Machine, class Timer> class timer_board final : public hardware::board {
public:
  /// `machine` must outlive the board.
  explicit timer_board(Machine &machine) : timer_(machine) {}

  [[nodiscard]] const hardware::bus &devices() const override { return bus_; }
  [[nodiscard]] u64 next_event() const override { return timer_.next_event(); }
  void advance(u64 now) override { timer_.advance(now); }
  [[nodiscard]] bool finished() const override { return false; }
  [[nodiscard]] const hardware::tick_source *ticks() const override { return nullptr; }

private:
  hardware::bus bus_;
  Timer timer_;
};

} // namespace hvkit::device
