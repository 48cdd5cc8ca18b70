// SPDX-License-Identifier: BSL-1.0
// Decides which devices stand where on a RISC-V machine like QEMU's `virt`. Knows neither CPU nor memory, only wires.
#pragma once

#include <algorithm>

#include <hvkit/device/clint.hpp>
#include <hvkit/device/console.hpp>
#include <hvkit/device/finisher.hpp>
#include <hvkit/device/guest_access.hpp>
#include <hvkit/device/plic.hpp>
#include <hvkit/device/uart_16550a.hpp>
#include <hvkit/device/virt_chosen.hpp>
#include <hvkit/device/virt_options.hpp>
#include <hvkit/device/virt_services.hpp>
#include <hvkit/device/zero_window.hpp>
#include <hvkit/hardware/machine.hpp>

namespace hvkit::device {

/// All devices of the board but memory.
class virt_board final : public hardware::board {
public:
  /// Everything a guest can see of the board, save bytes not yet taken out of the console's source. As a value: equal
  /// boards behave equally, whatever composition runs them.
  struct state_type {
    power_switch::state_type power;
    clint::state_type timer;
    plic::state_type interrupts;
    uart_16550a::state_type serial;
    virt_chosen::state_type chosen;
    virt_services::state_type services;
    friend bool operator==(const state_type &, const state_type &) = default;
  };

  /// `clock`, `cpu` (which takes virt_map's lines), `output`, `input`, the options' disk and `memory` must outlive the
  /// board. Without `memory`, a device that needs the guest's memory finds none.
  virt_board(const virt_board_options &options, const hardware::instruction_clock &clock, hardware::interrupt_sink &cpu,
             byte_sink &output, byte_source &input, guest_access *memory = nullptr)
      : options_(options), clock_(clock),
        plic_({cpu, virt_map::machine_external}, {cpu, virt_map::supervisor_external}),
        clint_(clock, options.instructions_per_tick, {cpu, virt_map::machine_software}, {cpu, virt_map::machine_timer}),
        uart_(output, input, {plic_, virt_map::uart_source}),
        chosen_(options, memory != nullptr ? *memory : no_memory_, plic_, output, input),
        services_(clint_, {cpu, virt_map::supervisor_timer}, output, input, power_,
                  memory != nullptr ? *memory : no_memory_) {
    // The map's ranges do not overlap: attaching them can't fail.
    static_cast<void>(bus_.attach(virt_map::uart, uart_16550a::window, uart_));
    if (!options.hypercalls)
      static_cast<void>(bus_.attach(virt_map::clint, clint::window, clint_));
    static_cast<void>(bus_.attach(virt_map::plic, plic::window, plic_));
    static_cast<void>(bus_.attach(virt_map::finisher, finisher::window, finisher_));
    static_cast<void>(bus_.attach(virt_map::flash, virt_map::flash_size, empty_));
    static_cast<void>(bus_.attach(virt_map::ecam, virt_map::ecam_size, empty_));
    chosen_.attach(bus_);
  }
  virt_board(const virt_board &) = delete;
  virt_board &operator=(const virt_board &) = delete;

  [[nodiscard]] const virt_board_options &options() const noexcept { return options_; }

  [[nodiscard]] const hardware::bus &devices() const override { return bus_; }
  /// For attaching more.
  [[nodiscard]] hardware::bus &devices() noexcept { return bus_; }
  /// A further device's wire to PLIC source `source`.
  [[nodiscard]] hardware::interrupt_line line(unsigned source) noexcept { return {plic_, source}; }

  [[nodiscard]] u64 next_event() const override {
    const u64 next = bus_.next_event();
    return options_.hypercalls ? std::min(next, services_.next_event()) : next;
  }
  void advance(u64 now) override {
    bus_.advance(now);
    if (options_.hypercalls)
      services_.advance();
  }
  [[nodiscard]] bool finished() const override { return power_.off(); }
  [[nodiscard]] const hardware::tick_source *ticks() const override { return &clint_; }
  [[nodiscard]] hypercall_services *hypercalls() override { return options_.hypercalls ? &services_ : nullptr; }

  /// How the guest switched the machine off, once it did.
  [[nodiscard]] maybe<shutdown> verdict() const noexcept { return power_.state; }
  /// For other ways to switch off, such as HTIF.
  [[nodiscard]] power_switch &power() noexcept { return power_; }
  /// The console's source may have something new; call from the thread that runs the machine.
  void poll() {
    uart_.poll();
    chosen_.advance(clock_.now());
  }

  /// Whether the guest is told of input as soon as there is some.
  [[nodiscard]] bool wants_input() const {
    return (uart_.state.ier & uart_16550a::ier_received) != 0 || chosen_.wants_input();
  }

  [[nodiscard]] state_type state() const {
    return {power_.state, clint_.state, plic_.state, uart_.state, chosen_.state(), services_.state()};
  }
  /// Afterwards all lines are as `to` has them. Of a device that this board does not have nothing is
  /// restored; what is on the disk is not the board's. The clock is the CPU's and is restored first.
  void restore(const state_type &to) {
    power_.state = to.power;
    clint_.state = to.timer;
    plic_.state = to.interrupts;
    uart_.state = to.serial;
    chosen_.restore(to.chosen);
    if (options_.hypercalls)
      services_.restore(to.services);
    advance(clock_.now());
  }

private:
  virt_board_options options_;
  const hardware::instruction_clock &clock_;
  hardware::bus bus_;
  power_switch power_;
  plic plic_;
  clint clint_;
  uart_16550a uart_;
  finisher finisher_{power_};
  no_guest_access no_memory_;
  virt_chosen chosen_;
  virt_services services_;
  zero_window empty_;
};

} // namespace hvkit::device
