// SPDX-License-Identifier: BSL-1.0
// Decides how SiFive's test finisher is spoken to. Does not know who acts on the guest's verdict.
#pragma once

#include <hvkit/device/shutdown.hpp>
#include <hvkit/hardware/bus.hpp>

namespace hvkit::device {

/// One register at offset 0: bits 15:0 say how, bits 31:16 the exit code of a failure. It reads as 0.
/// Written 2 or 4 bytes wide; other widths are access faults. Words without a meaning are ignored.
/// Source: QEMU, "sifive_test" device (docs/system/riscv/virt); Linux, syscon-poweroff binding.
class finisher final : public hardware::device {
public:
  static constexpr u64 window = 0x1000;
  static constexpr u64 pass = 0x5555;
  static constexpr u64 fail = 0x3333;
  static constexpr u64 reset = 0x7777;

  /// `power` must outlive the finisher.
  explicit finisher(power_switch &power) : power_(power) {}

  [[nodiscard]] maybe<u64> read(u64, unsigned size) override { return accepts(size) ? maybe<u64>(0) : maybe<u64>(); }
  [[nodiscard]] bool write(u64 offset, unsigned size, u64 value) override {
    if (!accepts(size))
      return false;
    if (offset == 0)
      command(bits(value, 15, 0), size == 4 ? bits(value, 31, 16) : 0);
    return true;
  }

private:
  [[nodiscard]] static bool accepts(unsigned size) noexcept { return size == 2 || size == 4; }
  void command(u64 how, u64 code) {
    if (how == pass)
      power_({shutdown::kind::pass, 0});
    else if (how == fail)
      power_({shutdown::kind::fail, code});
    else if (how == reset)
      power_({shutdown::kind::reset, 0});
  }

  power_switch &power_;
};

} // namespace hvkit::device
