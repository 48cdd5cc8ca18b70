// SPDX-License-Identifier: BSL-1.0
// Decides how random numbers are handed out in requests of the virtio entropy device. Knows no transport.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include <hvkit/device/random.hpp>
#include <hvkit/device/virtio/model.hpp>

namespace hvkit::device::virtio {

/// virtio-rng with one queue. A request is a buffer to be filled: at most `largest` bytes of it are. One without a
/// writable byte, or with readable ones, is no request, and makes the device fail.
/// Source: Virtio 1.2, "Entropy Device".
class entropy final : public model {
public:
  static constexpr u64 largest = 4096;

  explicit entropy(u64 seed) : source(seed) {}

  [[nodiscard]] device_type type() const override { return device_type::entropy; }
  [[nodiscard]] u64 features() const override { return 0; }
  [[nodiscard]] unsigned queues() const override { return 1; }
  [[nodiscard]] u8 config(u64) const override { return 0; }
  void serve(unsigned, split_queue &queue, guest_access &memory) override {
    while (const auto request = queue.take()) {
      std::array<u8, largest> bytes;
      const auto part = std::span(bytes).first(std::min(request->writable(), largest));
      if (part.empty() || request->readable() != 0)
        return queue.fail();
      source.fill(part);
      if (!request->write(memory, 0, part))
        return queue.fail();
      queue.give_back(*request, static_cast<u32>(part.size()));
    }
  }

  random_source source;
};

} // namespace hvkit::device::virtio
