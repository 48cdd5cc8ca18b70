// SPDX-License-Identifier: BSL-1.0
// Decides how those devices of the `virt` board are wired that it has only if its options say so.
#pragma once

#include <hvkit/device/ata/platform.hpp>
#include <hvkit/device/console.hpp>
#include <hvkit/device/guest_access.hpp>
#include <hvkit/device/virt_options.hpp>
#include <hvkit/device/virtio/block.hpp>
#include <hvkit/device/virtio/console.hpp>
#include <hvkit/device/virtio/entropy.hpp>
#include <hvkit/device/virtio/mmio.hpp>
#include <hvkit/device/virtio/slots.hpp>
#include <hvkit/hardware/bus.hpp>

namespace hvkit::device {

/// The devices that were chosen. Without any, nothing of it is on the bus.
class virt_chosen {
public:
  /// What a guest can see of them; nothing stands for a device that is not there.
  struct state_type {
    maybe<virtio::mmio::state_type> block, console, random;
    maybe<random_source::state_type> numbers;
    maybe<ata::drive::state_type> drive;
    friend bool operator==(const state_type &, const state_type &) = default;
  };

  /// All must outlive it.
  virt_chosen(const virt_board_options &options, guest_access &memory, hardware::interrupt_sink &interrupts,
              byte_sink &output, byte_source &input) {
    const auto fit = [&](auto &device, unsigned slot, auto &...parts) {
      device.emplace(memory, hardware::interrupt_line{interrupts, virt_map::virtio_source + slot}, parts...);
      slots_.put(slot, device->port);
    };
    if (options.storage != nullptr && options.storage_form == form::paravirtual)
      fit(block_, virt_map::disk_slot, *options.storage);
    else if (options.storage != nullptr)
      drive_.emplace(*options.storage, hardware::interrupt_line{interrupts, virt_map::ata_source});
    if (options.console_form == form::paravirtual)
      fit(console_, virt_map::console_slot, output, input);
    if (options.random)
      fit(random_, virt_map::random_slot, options.random_seed);
  }
  virt_chosen(const virt_chosen &) = delete;
  virt_chosen &operator=(const virt_chosen &) = delete;

  /// Puts them onto the board's bus, where their ranges are free.
  void attach(hardware::bus &bus) {
    if (!slots_.empty())
      static_cast<void>(bus.attach(virt_map::virtio, virtio_row::window, slots_));
    if (drive_)
      static_cast<void>(bus.attach(virt_map::ata, ata::platform::window, *drive_));
  }
  /// Looks what the host has for them.
  void advance(u64 now) { slots_.advance(now); }

  /// Whether the guest has a console that wants input, beside the serial port.
  [[nodiscard]] bool wants_input() const { return console_ && console_->port.in_use(virtio::console::receive_queue); }

  [[nodiscard]] state_type state() const {
    const auto port = [](const auto &d) { return d ? maybe<virtio::mmio::state_type>(d->port.state) : std::nullopt; };
    return {port(block_), port(console_), port(random_),
            random_ ? maybe<random_source::state_type>(random_->model.source.state) : std::nullopt,
            drive_ ? maybe<ata::drive::state_type>(drive_->inner.state) : std::nullopt};
  }
  /// Whoever calls it has the board's bus advance afterwards.
  void restore(const state_type &to) {
    const auto set = [](auto &d, const maybe<virtio::mmio::state_type> &s) {
      if (d)
        d->port.state = s.value_or(virtio::mmio::state_type{});
    };
    set(block_, to.block);
    set(console_, to.console);
    set(random_, to.random);
    if (random_ && to.numbers)
      random_->model.source.state = *to.numbers;
    if (drive_)
      drive_->inner.state = to.drive.value_or(ata::drive::state_type{});
  }

private:
  using virtio_row = virtio::slots<virt_map::virtio_slots>;
  /// A model with the registers through which it is reached.
  template <class Model> struct reachable {
    template <class... Parts> reachable(guest_access &memory, hardware::interrupt_line line, Parts &...parts)
        : model(parts...), port(model, memory, line) {}
    Model model;
    virtio::mmio port;
  };

  virtio_row slots_;
  maybe<reachable<virtio::block>> block_;
  maybe<reachable<virtio::console>> console_;
  maybe<reachable<virtio::entropy>> random_;
  maybe<ata::platform> drive_;
};

} // namespace hvkit::device
