// SPDX-License-Identifier: BSL-1.0
// Decides how a driver finds, configures and notifies a virtio device through registers in memory. Knows no device
// type.
#pragma once

#include <array>
#include <bit>

#include <hvkit/device/guest_access.hpp>
#include <hvkit/device/virtio/layout.hpp>
#include <hvkit/device/virtio/model.hpp>
#include <hvkit/device/virtio/split_queue.hpp>
#include <hvkit/hardware/bus.hpp>

namespace hvkit::device::virtio {

/// The names of the standard, with offsets. Source: Virtio 1.2, "MMIO Device Register Layout".
namespace mmio_register {
inline constexpr u64 magic_value = 0x000, version = 0x004, device_id = 0x008, vendor_id = 0x00c;
inline constexpr u64 device_features = 0x010, device_features_sel = 0x014;
inline constexpr u64 driver_features = 0x020, driver_features_sel = 0x024;
inline constexpr u64 queue_sel = 0x030, queue_num_max = 0x034, queue_num = 0x038, queue_ready = 0x044;
inline constexpr u64 queue_notify = 0x050, interrupt_status = 0x060, interrupt_ack = 0x064, status = 0x070;
inline constexpr u64 queue_desc_low = 0x080, queue_desc_high = 0x084, queue_driver_low = 0x090,
                     queue_driver_high = 0x094, queue_device_low = 0x0a0, queue_device_high = 0x0a4;
inline constexpr u64 shm_len_low = 0x0b0, shm_base_high = 0x0bc;
inline constexpr u64 queue_reset = 0x0c0, config_generation = 0x0fc, config = 0x100;
} // namespace mmio_register

/// The transport "virtio over MMIO", version 2. Registers are read and written 4 bytes wide and aligned, the device's
/// configuration from 0x100 on in any width; all else is an access fault. What a driver may not do has no effect; what
/// it may not put into its queues makes the device fail: DEVICE_NEEDS_RESET, with a configuration interrupt.
/// Requests are complete when the write to QueueNotify is.
/// Source: Virtio 1.2, "Virtio Over MMIO", "Device Initialization", "Device Status Field".
class mmio final : public hardware::device {
public:
  static constexpr u64 window = 0x200;
  static constexpr u32 magic = 0x74726976;  ///< "virt"
  static constexpr u32 vendor = 0x746b7668; ///< "hvkt"
  enum interrupt_bits : u32 { used_buffer = 1, configuration_change = 2 };

  /// All of the device that is neither wiring nor the model's own.
  struct state_type {
    u32 status = 0;
    u32 interrupts = 0;
    u32 device_features_page = 0, driver_features_page = 0, selected = 0;
    u64 driver_features = 0;
    std::array<queue_state, most_queues> queues{};
    friend bool operator==(const state_type &, const state_type &) = default;
  };

  /// `what` and `memory` must outlive the device.
  mmio(model &what, guest_access &memory, hardware::interrupt_line line) : model_(what), memory_(memory), line_(line) {}

  [[nodiscard]] maybe<u64> read(u64 offset, unsigned size) override {
    if (offset >= mmio_register::config)
      return read_config(offset - mmio_register::config, size);
    return size == 4 && offset % 4 == 0 ? maybe<u64>(read_register(offset)) : maybe<u64>();
  }
  [[nodiscard]] bool write(u64 offset, unsigned size, u64 value) override {
    if (offset >= mmio_register::config)
      return offset + size <= window;
    if (size != 4 || offset % 4 != 0)
      return false;
    write_register(offset, static_cast<u32>(value));
    line_.set(state.interrupts != 0);
    return true;
  }
  /// Looks whether the model has something for the driver, and drives the interrupt line.
  void advance(u64) override {
    if (const auto queue = model_.wakes())
      serve(*queue);
    line_.set(state.interrupts != 0);
  }

  /// Whether the driver uses that queue: a request may come in it, or be in it already.
  [[nodiscard]] bool in_use(u32 queue) const {
    return has(driver_ok) && !has(needs_reset) && exists(queue) && state.queues[queue].ready;
  }
  /// What the driver may accept.
  [[nodiscard]] u64 offered() const {
    return model_.features() | version_1 | ring_indirect_desc | ring_event_idx | ring_reset;
  }

  /// Whoever replaces it calls `advance` afterwards.
  state_type state;

private:
  [[nodiscard]] static u32 half(u64 word, bool high) noexcept { return static_cast<u32>(word >> (high ? 32 : 0)); }
  static void set_half(u64 &word, bool high, u32 value) noexcept {
    word = deposit(word, high ? ~low_bits(32) : low_bits(32), value);
  }
  /// Features are shown 32 at a time; there are two pages of them.
  [[nodiscard]] static u32 page_of(u64 features, u32 page) noexcept { return page < 2 ? half(features, page == 1) : 0; }
  [[nodiscard]] bool has(u32 bits) const noexcept { return (state.status & bits) != 0; }
  [[nodiscard]] bool exists(u32 queue) const { return queue < model_.queues(); }

  [[nodiscard]] maybe<u64> read_config(u64 offset, unsigned size) const {
    if (mmio_register::config + offset + size > window)
      return {};
    u64 value = 0;
    for (unsigned i = 0; i < size; ++i)
      value |= u64{model_.config(offset + i)} << (8 * i);
    return value;
  }
  [[nodiscard]] u32 read_register(u64 offset) const {
    namespace at = mmio_register;
    switch (offset) {
    case at::magic_value:
      return magic;
    case at::version:
      return 2;
    case at::device_id:
      return static_cast<u32>(model_.type());
    case at::vendor_id:
      return vendor;
    case at::device_features:
      return page_of(offered(), state.device_features_page);
    case at::queue_num_max:
      return exists(state.selected) ? queue_limit : 0;
    case at::queue_ready:
      return exists(state.selected) && state.queues[state.selected].ready ? 1 : 0;
    case at::interrupt_status:
      return state.interrupts;
    case at::status:
      return state.status;
    default: // there is no shared memory: its length and its base are -1
      return offset >= at::shm_len_low && offset <= at::shm_base_high ? ~u32{0} : 0;
    }
  }

  void write_register(u64 offset, u32 value) {
    namespace at = mmio_register;
    switch (offset) {
    case at::device_features_sel:
      state.device_features_page = value;
      return;
    case at::driver_features_sel:
      state.driver_features_page = value;
      return;
    case at::driver_features:
      if (!has(features_ok) && state.driver_features_page < 2)
        set_half(state.driver_features, state.driver_features_page == 1, value);
      return;
    case at::queue_sel:
      state.selected = value;
      return;
    case at::queue_notify:
      return serve(value);
    case at::interrupt_ack:
      state.interrupts &= ~value;
      return;
    case at::status:
      return write_status(value);
    default:
      if (exists(state.selected))
        write_queue(state.queues[state.selected], offset, value);
    }
  }
  /// A queue stays as it is while it is in use.
  void write_queue(queue_state &q, u64 offset, u32 value) const {
    namespace at = mmio_register;
    if (offset == at::queue_ready)
      return set_ready(q, value);
    if (offset == at::queue_reset && (state.driver_features & ring_reset) != 0 && value == 1)
      q = {};
    if (q.ready)
      return;
    const bool high = (offset & 4) != 0;
    switch (offset) {
    case at::queue_num:
      q.size = std::has_single_bit(value) && value <= queue_limit ? value : q.size;
      return;
    case at::queue_desc_low:
    case at::queue_desc_high:
      return set_half(q.table.value, high, value);
    case at::queue_driver_low:
    case at::queue_driver_high:
      return set_half(q.available.value, high, value);
    case at::queue_device_low:
    case at::queue_device_high:
      return set_half(q.used.value, high, value);
    default:
      return;
    }
  }
  /// A queue that is taken into use begins at its first entry.
  static void set_ready(queue_state &q, u32 value) noexcept {
    const bool ready = (value & 1) != 0;
    if (ready && !q.ready)
      q.next_available = q.next_used = 0;
    q.ready = ready;
  }

  /// 0 resets. Else bits are only added, and only in the order that the standard demands.
  void write_status(u32 value) {
    if (value == 0) {
      state = {};
      return;
    }
    u32 more = value & (acknowledge | driver | driver_failed);
    const bool acceptable = (state.driver_features & ~offered()) == 0 && (state.driver_features & version_1) != 0;
    if ((value & features_ok) != 0 && acceptable)
      more |= features_ok;
    if ((value & driver_ok) != 0 && ((state.status | more) & features_ok) != 0)
      more |= driver_ok;
    state.status |= more;
  }

  /// Nothing happens in queues of a device that is not ready for it.
  void serve(u32 number) {
    if (!in_use(number))
      return;
    split_queue queue(state.queues[number], memory_, state.driver_features);
    if (!queue.failed())
      model_.serve(number, queue, memory_);
    if (queue.finish())
      state.interrupts |= used_buffer;
    if (queue.failed()) {
      state.status |= needs_reset;
      state.interrupts |= configuration_change;
    }
  }

  model &model_;
  guest_access &memory_;
  hardware::interrupt_line line_;
};

} // namespace hvkit::device::virtio
