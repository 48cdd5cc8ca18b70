// SPDX-License-Identifier: BSL-1.0
// Decides what makes a virtio device the device it is, apart from the transport through which it is reached.
#pragma once

#include <hvkit/device/guest_access.hpp>
#include <hvkit/device/virtio/layout.hpp>
#include <hvkit/device/virtio/split_queue.hpp>

namespace hvkit::device::virtio {

/// What a transport asks of a device. Between two calls there is no request in flight.
struct model {
  virtual ~model() = default;
  [[nodiscard]] virtual device_type type() const = 0;
  /// Features of the device type that are offered (bits 0 to 23 and from 50 on).
  [[nodiscard]] virtual u64 features() const = 0;
  /// At most most_queues.
  [[nodiscard]] virtual unsigned queues() const = 0;
  /// A byte of the device's configuration; behind its end there is 0. It is read only, and never changes.
  [[nodiscard]] virtual u8 config(u64 offset) const = 0;
  /// Does what is to be done in queue `number`.
  virtual void serve(unsigned number, split_queue &queue, guest_access &memory) = 0;
  /// A queue in which something may be done though no driver notified; nothing if there is none.
  [[nodiscard]] virtual maybe<unsigned> wakes() const { return {}; }
};

} // namespace hvkit::device::virtio
