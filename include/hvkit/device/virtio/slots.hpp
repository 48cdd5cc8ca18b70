// SPDX-License-Identifier: BSL-1.0
// Decides what a guest finds in a row of places for virtio devices, of which some are empty. Knows no device type.
#pragma once

#include <algorithm>
#include <array>

#include <hvkit/device/virtio/mmio.hpp>

namespace hvkit::device::virtio {

/// Places one behind the other. In an empty one there is a device of type 0, which drivers leave alone.
/// Behind a device's registers there is nothing. Source: Virtio 1.2, "MMIO Device Register Layout" (DeviceID).
template <unsigned Count> class slots final : public hardware::device {
public:
  static constexpr u64 stride = 0x1000;
  static constexpr u64 window = Count * stride;

  /// Puts `d`, which must outlive it, into slot `n`.
  void put(unsigned n, mmio &d) noexcept { devices_[n] = &d; }
  [[nodiscard]] bool empty() const noexcept {
    return std::all_of(devices_.begin(), devices_.end(), [](const mmio *d) { return d == nullptr; });
  }

  [[nodiscard]] maybe<u64> read(u64 offset, unsigned size) override {
    if (mmio *d = at(offset))
      return inside(offset, size) ? d->read(offset % stride, size) : maybe<u64>();
    return inside(offset, size) ? maybe<u64>(read_empty(offset % stride, size)) : maybe<u64>();
  }
  [[nodiscard]] bool write(u64 offset, unsigned size, u64 value) override {
    mmio *d = at(offset);
    return inside(offset, size) && (d == nullptr || d->write(offset % stride, size, value));
  }
  void advance(u64 now) override {
    for (mmio *d : devices_)
      if (d != nullptr)
        d->advance(now);
  }

private:
  [[nodiscard]] mmio *at(u64 offset) const noexcept { return devices_[offset / stride]; }
  [[nodiscard]] static bool inside(u64 offset, unsigned size) noexcept {
    return offset % stride + size <= mmio::window;
  }
  [[nodiscard]] static u64 read_empty(u64 offset, unsigned size) noexcept {
    if (size != 4)
      return 0;
    return offset == mmio_register::magic_value ? mmio::magic : offset == mmio_register::version ? 2 : 0;
  }

  std::array<mmio *, Count> devices_{};
};

} // namespace hvkit::device::virtio
