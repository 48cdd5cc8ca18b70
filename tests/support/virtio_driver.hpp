// SPDX-License-Identifier: BSL-1.0
// Decides how a guest's driver uses a virtio device: by its registers and by rings in memory, and by nothing else.
#pragma once

#include <array>
#include <vector>

#include <hvkit/device/virtio/mmio.hpp>

#include "support/guest_bytes.hpp"

namespace hvkit::tests {

/// A piece of a request.
struct part {
  gpa at;
  u32 size = 0;
  bool writes = false; ///< by the device
};

/// A driver for one device. Its queues are in the first 64 KiB of memory, what is behind is free for buffers.
class virtio_driver {
public:
  static constexpr u64 queue_area = 0x8000; ///< of a queue: table, driver's ring, device's ring, indirect tables
  static constexpr u64 buffers = 2 * queue_area;

  virtio_driver(hardware::device &port, guest_bytes &memory) : port_(port), memory_(memory) {}

  void set(u64 reg, u64 value) { static_cast<void>(port_.write(reg, 4, value)); }
  [[nodiscard]] u64 get(u64 reg) { return port_.read(reg, 4).value(); }
  [[nodiscard]] u64 status() { return get(at::status); }
  [[nodiscard]] bool broken() { return (status() & device::virtio::needs_reset) != 0; }
  [[nodiscard]] gpa free(u64 offset = 0) const { return memory_.base() + buffers + offset; }

  [[nodiscard]] u64 offered() {
    u64 all = 0;
    for (u64 page = 0; page < 2; ++page) {
      set(at::device_features_sel, page);
      all |= get(at::device_features) << (32 * page);
    }
    return all;
  }
  void accept(u64 features) {
    for (u64 page = 0; page < 2; ++page) {
      set(at::driver_features_sel, page);
      set(at::driver_features, features >> (32 * page) & low_bits(32));
    }
  }
  /// From reset to DRIVER_OK, with `count` queues of `size`. True if the device took the features.
  bool begin(u64 features, unsigned count, u32 size = 8) {
    using namespace device::virtio;
    set(at::status, 0);
    set(at::status, acknowledge);
    set(at::status, acknowledge | driver);
    accept(features);
    set(at::status, acknowledge | driver | features_ok);
    if ((status() & features_ok) == 0)
      return false;
    for (unsigned n = 0; n < count; ++n)
      set_up(n, size);
    set(at::status, acknowledge | driver | features_ok | driver_ok);
    return true;
  }
  /// Takes a queue into use, with empty rings.
  void set_up(unsigned n, u32 size) {
    queues_[n] = {size, 0, 0, 0};
    memory_.put_bytes(table(n), std::vector<u8>(queue_area));
    set(at::queue_sel, n);
    set(at::queue_num, size);
    set(at::queue_desc_low, table(n).value);
    set(at::queue_desc_high, table(n).value >> 32);
    set(at::queue_driver_low, available(n).value);
    set(at::queue_driver_high, available(n).value >> 32);
    set(at::queue_device_low, used(n).value);
    set(at::queue_device_high, used(n).value >> 32);
    set(at::queue_ready, 1);
  }

  [[nodiscard]] gpa table(unsigned n) const { return memory_.base() + n * queue_area; }
  [[nodiscard]] gpa available(unsigned n) const { return table(n) + 0x2000; }
  [[nodiscard]] gpa used(unsigned n) const { return table(n) + 0x4000; }
  [[nodiscard]] gpa indirect_table(unsigned n) const { return table(n) + 0x6000; }

  void describe(gpa in, u16 number, const device::virtio::descriptor &d) { memory_.put(in + 16 * u64{number}, d); }
  /// Makes the chain that begins with `head` available.
  void offer(unsigned n, u16 head) {
    queue &q = queues_[n];
    memory_.put(available(n) + 4 + 2 * u64{q.available % q.size}, head);
    memory_.put(available(n) + 2, ++q.available);
  }
  /// Writes descriptors for the parts, one behind the other, and makes them available. The table is used round and
  /// round: no more requests than fit into it may be under way.
  u16 post(unsigned n, const std::vector<part> &parts) {
    queue &q = queues_[n];
    const u16 head = q.free;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const u16 here = q.free;
      q.free = static_cast<u16>((q.free + 1) % q.size);
      const bool more = i + 1 < parts.size();
      describe(table(n), here, {parts[i].at.value, parts[i].size, flags(parts[i], more), more ? q.free : u16{0}});
    }
    offer(n, head);
    return head;
  }
  /// The same by an indirect table, of which there is one a queue.
  u16 post_indirect(unsigned n, const std::vector<part> &parts) {
    for (std::size_t i = 0; i < parts.size(); ++i)
      describe(indirect_table(n), static_cast<u16>(i),
               {parts[i].at.value, parts[i].size, flags(parts[i], i + 1 < parts.size()), static_cast<u16>(i + 1)});
    queue &q = queues_[n];
    const u16 head = q.free;
    q.free = static_cast<u16>((q.free + 1) % q.size);
    describe(table(n), head,
             {indirect_table(n).value, static_cast<u32>(16 * parts.size()), device::virtio::desc_indirect, 0});
    offer(n, head);
    return head;
  }
  void notify(unsigned n) { set(at::queue_notify, n); }
  /// The next request that the device gave back, if there is one.
  [[nodiscard]] maybe<device::virtio::used_element> completed(unsigned n) {
    queue &q = queues_[n];
    if (memory_.get<u16>(used(n) + 2) == q.used)
      return {};
    return memory_.get<device::virtio::used_element>(used(n) + 4 + 8 * u64{q.used++ % q.size});
  }
  [[nodiscard]] u16 used_index(unsigned n) const { return memory_.get<u16>(used(n) + 2); }
  /// After which of the device's entries there is to be an interrupt, and of the driver's a notification.
  void set_used_event(unsigned n, u16 index) { memory_.put(available(n) + 4 + 2 * u64{queues_[n].size}, index); }
  [[nodiscard]] u16 avail_event(unsigned n) const { return memory_.get<u16>(used(n) + 4 + 8 * u64{queues_[n].size}); }
  /// What the device asks for, acknowledged.
  u64 interrupts() {
    const u64 why = get(at::interrupt_status);
    set(at::interrupt_ack, why);
    return why;
  }

private:
  struct at {
    static constexpr u64 device_features = 0x10, device_features_sel = 0x14, driver_features = 0x20,
                         driver_features_sel = 0x24, queue_sel = 0x30, queue_num = 0x38, queue_ready = 0x44,
                         queue_notify = 0x50, interrupt_status = 0x60, interrupt_ack = 0x64, status = 0x70,
                         queue_desc_low = 0x80, queue_desc_high = 0x84, queue_driver_low = 0x90,
                         queue_driver_high = 0x94, queue_device_low = 0xa0, queue_device_high = 0xa4;
  };
  struct queue {
    u32 size = 8;
    u16 available = 0, used = 0, free = 0;
  };
  [[nodiscard]] static u16 flags(const part &p, bool more) {
    return static_cast<u16>((p.writes ? device::virtio::desc_write : 0) | (more ? device::virtio::desc_next : 0));
  }

  hardware::device &port_;
  guest_bytes &memory_;
  std::array<queue, 2> queues_{};
};

} // namespace hvkit::tests
