// SPDX-License-Identifier: BSL-1.0
// Decides when a RISC-V hart's timer and software interrupts are pending. Knows time by the instruction clock alone.
#pragma once

#include <algorithm>

#include <hvkit/hardware/bus.hpp>

namespace hvkit::device {

/// SiFive's core-local interruptor for one hart.
///
///     0x0000  msip      bit 0: software interrupt; 4 bytes
///     0x4000  mtimecmp  timer interrupt while mtime >= mtimecmp, unsigned; 8 bytes
///     0xbff8  mtime     8 bytes; counts one for each `instructions_per_tick` on the instruction clock
///
/// Accesses are 4 or 8 bytes wide and aligned, others are access faults. Other offsets read 0 and ignore writes.
/// Source: SiFive FU540-C000 manual, "Core-Local Interruptor"; RISC-V Privileged, "Machine Timer Registers".
class clint final : public hardware::device, public hardware::tick_source {
public:
  static constexpr u64 window = 0x10000;
  static constexpr u64 msip = 0x0;
  static constexpr u64 mtimecmp = 0x4000;
  static constexpr u64 mtime = 0xbff8;

  /// All of the device that is not wiring. mtime itself follows from the clock.
  struct state_type {
    u64 compare = ~u64{0};
    u64 time_offset = 0; ///< mtime less the clock's ticks, modulo 2^64: what the guest set mtime by
    bool software = false;
    friend bool operator==(const state_type &, const state_type &) = default;
  };

  /// `clock` must outlive the device. A ratio of 0 counts as 1.
  clint(const hardware::instruction_clock &clock, u64 instructions_per_tick, hardware::interrupt_line software,
        hardware::interrupt_line timer)
      : clock_(clock), ratio_(std::max<u64>(instructions_per_tick, 1)), software_(software), timer_(timer) {}

  [[nodiscard]] maybe<u64> read(u64 offset, unsigned size) override {
    if (!accepts(offset, size))
      return {};
    return (word(offset & ~u64{7}) >> shift(offset)) & low_bits(8 * size);
  }
  [[nodiscard]] bool write(u64 offset, unsigned size, u64 value) override {
    if (!accepts(offset, size))
      return false;
    const u64 at = offset & ~u64{7};
    const u64 now = clock_.now();
    set_word(at, deposit(word(at), low_bits(8 * size) << shift(offset), value), now);
    drive(now);
    return true;
  }

  [[nodiscard]] u64 next_event() const override { return next_change(state.compare); }
  void advance(u64 now) override { drive(now); }

  /// mtime, as `rdtime` shows it too.
  [[nodiscard]] u64 ticks() const override { return time_at(clock_.now()); }
  /// Beyond the clock's own range: never.
  [[nodiscard]] u64 next_change(u64 value) const override {
    const u64 ticks_now = clock_.now() / ratio_;
    const u64 time = ticks_now + state.time_offset;
    // Once mtime got there, all that can change it is mtime's wrap to 0.
    const u64 distance = time < value ? value - time : value == 0 ? 0 : ~time + 1;
    if (distance == 0 || distance > hardware::never / ratio_ - ticks_now)
      return hardware::never;
    return (ticks_now + distance) * ratio_;
  }

  /// Whoever replaces it calls `advance` afterwards.
  state_type state;

private:
  [[nodiscard]] static bool accepts(u64 offset, unsigned size) noexcept {
    return (size == 4 || size == 8) && offset % size == 0;
  }
  [[nodiscard]] static unsigned shift(u64 offset) noexcept { return static_cast<unsigned>(8 * (offset & 7)); }
  [[nodiscard]] u64 time_at(u64 now) const noexcept { return now / ratio_ + state.time_offset; }

  [[nodiscard]] u64 word(u64 at) const {
    return at == msip ? u64{state.software} : at == mtimecmp ? state.compare : at == mtime ? ticks() : 0;
  }
  void set_word(u64 at, u64 value, u64 now) noexcept {
    if (at == msip)
      state.software = (value & 1) != 0;
    else if (at == mtimecmp)
      state.compare = value;
    else if (at == mtime)
      state.time_offset = value - now / ratio_;
  }
  void drive(u64 now) const {
    software_.set(state.software);
    timer_.set(time_at(now) >= state.compare);
  }

  const hardware::instruction_clock &clock_;
  u64 ratio_;
  hardware::interrupt_line software_;
  hardware::interrupt_line timer_;
};

} // namespace hvkit::device
