// SPDX-License-Identifier: BSL-1.0
// Decides which parts of the `virt` board a guest reaches by calling.
#pragma once

#include <hvkit/core/hypercalls.hpp>
#include <hvkit/device/clint.hpp>
#include <hvkit/device/console.hpp>
#include <hvkit/device/guest_access.hpp>
#include <hvkit/device/shutdown.hpp>
#include <hvkit/hardware/bus.hpp>

namespace hvkit::device {

/// The CLINT's timer, the serial port's two sides, and the power switch.
class virt_services final : public hypercall_services {
public:
  /// All must outlive it.
  virt_services(clint &timer, const hardware::instruction_clock &clock, byte_sink &output, byte_source &input,
                power_switch &power, const guest_access &memory)
      : timer_(timer), clock_(clock), output_(output), input_(input), power_(power), memory_(memory) {}

  void set_timer(u64 ticks) override {
    timer_.state.compare = ticks;
    timer_.advance(clock_.now());
  }
  void put(u8 byte) override { output_.put(byte); }
  [[nodiscard]] maybe<u8> get() override { return input_.get(); }
  void switch_off(u64 code) override {
    power_(code == 0 ? shutdown{shutdown::kind::pass, 0} : shutdown{shutdown::kind::fail, code});
  }
  void restart() override { power_({shutdown::kind::reset, 0}); }
  [[nodiscard]] bool read(gpa at, std::span<u8> to) const override { return memory_.read(at, to); }

private:
  clint &timer_;
  const hardware::instruction_clock &clock_;
  byte_sink &output_;
  byte_source &input_;
  power_switch &power_;
  const guest_access &memory_;
};

} // namespace hvkit::device
