// SPDX-License-Identifier: BSL-1.0
// Decides what a guest reaches of the `virt` board by calling.
#pragma once

#include <hvkit/core/hypercalls.hpp>
#include <hvkit/device/clint.hpp>
#include <hvkit/device/console.hpp>
#include <hvkit/device/guest_access.hpp>
#include <hvkit/device/shutdown.hpp>
#include <hvkit/hardware/bus.hpp>

namespace hvkit::device {

/// A timer by the board's clock, both sides of the serial port, and the power switch.
class virt_services final : public hypercall_services {
public:
  struct state_type {
    u64 served = 0;
    u64 deadline = hardware::never; ///< in ticks; never if no timer was set, or one for never
    friend bool operator==(const state_type &, const state_type &) = default;
  };

  /// All must outlive it. `timer` is up from the deadline on.
  virt_services(const clint &clock, hardware::interrupt_line timer, byte_sink &output, byte_source &input,
                power_switch &power, const guest_access &memory)
      : clock_(clock), timer_(timer), output_(output), input_(input), power_(power), memory_(memory) {}

  void set_timer(u64 ticks) override {
    deadline_ = ticks;
    timer_.set(false);
    advance();
  }
  void put(u8 byte) override { output_.put(byte); }
  [[nodiscard]] maybe<u8> get() override { return input_.get(); }
  void switch_off(u64 code) override {
    power_(code == 0 ? shutdown{shutdown::kind::pass, 0} : shutdown{shutdown::kind::fail, code});
  }
  void restart() override { power_({shutdown::kind::reset, 0}); }
  [[nodiscard]] bool read(gpa at, std::span<u8> to) const override { return memory_.read(at, to); }

  /// When the timer's line changes by itself, on the instruction clock.
  [[nodiscard]] u64 next_event() const { return clock_.next_change(deadline_); }
  /// Time has passed. A timer that was not set leaves the line to a CPU that has one of its own.
  void advance() const {
    if (deadline_ != hardware::never)
      timer_.set(clock_.ticks() >= deadline_);
  }

  [[nodiscard]] state_type state() const { return {served, deadline_}; }
  void restore(const state_type &to) {
    served = to.served;
    set_timer(to.deadline);
  }

private:
  const clint &clock_;
  hardware::interrupt_line timer_;
  byte_sink &output_;
  byte_source &input_;
  power_switch &power_;
  const guest_access &memory_;
  u64 deadline_ = hardware::never;
};

} // namespace hvkit::device
