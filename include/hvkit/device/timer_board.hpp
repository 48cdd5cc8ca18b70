// SPDX-License-Identifier: BSL-1.0
// Decides what is around a machine whose CPU brings its own timer: that timer's deadline, and a bus that is empty at
// first. Knows no CPU.
#pragma once

#include <algorithm>
#include <concepts>

#include <hvkit/hardware/machine.hpp>

namespace hvkit::device {

/// Satisfied when `T` is a timer as boards know one: it says when it is due, on its machine's clock, and is told the
/// time.
template <class T>
concept timer = requires(T &t, const T &asked, u64 now) {
  { asked.next_event() } -> std::same_as<u64>;
  t.advance(now);
};

/// The board of a `Machine`, a hart or a virtual CPU, with a `Timer` made of it.
template <class Machine, timer Timer> class timer_board : public hardware::board {
public:
  /// `machine` must outlive the board.
  explicit timer_board(Machine &machine) : timer_(machine) {}

  [[nodiscard]] const hardware::bus &devices() const override { return bus_; }
  /// For attaching some.
  [[nodiscard]] hardware::bus &devices() noexcept { return bus_; }
  [[nodiscard]] u64 next_event() const override { return std::min(timer_.next_event(), bus_.next_event()); }
  void advance(u64 now) override {
    timer_.advance(now);
    bus_.advance(now);
  }
  [[nodiscard]] bool finished() const override { return false; }
  /// Null: the CPU's clock is its own.
  [[nodiscard]] const hardware::tick_source *ticks() const override { return nullptr; }
  [[nodiscard]] hypercall_services *hypercalls() override { return nullptr; }

private:
  hardware::bus bus_;
  Timer timer_;
};

} // namespace hvkit::device
