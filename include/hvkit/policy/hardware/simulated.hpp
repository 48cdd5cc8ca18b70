// SPDX-License-Identifier: BSL-1.0
// Decides that a VMM runs on hardware of hvkit's own: one hart, run by the engine, memory from address 0 on, and a
// bus for devices.
#pragma once

#include <string_view>

#include <hvkit/core/slot.hpp>
#include <hvkit/hardware/devices.hpp>
#include <hvkit/hardware/frames.hpp>
#include <hvkit/hardware/hart.hpp>

namespace hvkit::hardware {

struct simulated {
  static constexpr slot kind = slot::hardware;
  static constexpr std::string_view name = "simulated";

  template <class Cpu, class Engine> class over {
  public:
    using hart_type = hardware::hart<Cpu, Engine::template over>;

    /// With `size` bytes of memory. Throws std::bad_alloc where the host has no such range of addresses.
    explicit over(u64 size)
        : memory_(hpa{0}, size), frames_(memory_), devices_([this] { hart_.attend(attention::events); }, hpa{0}, size),
          hart_(memory_, &devices_.devices()) {}
    over(const over &) = delete;
    over &operator=(const over &) = delete;

    [[nodiscard]] physical_memory &memory() noexcept { return memory_; }
    [[nodiscard]] frame_allocator &frames() noexcept { return frames_; }
    [[nodiscard]] device_allocator &devices() noexcept { return devices_; }
    [[nodiscard]] hart_type &hart() noexcept { return hart_; }

  private:
    physical_memory memory_;
    frame_allocator frames_;
    device_allocator devices_;
    hart_type hart_;
  };
};

} // namespace hvkit::hardware
