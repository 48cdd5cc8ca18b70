// SPDX-License-Identifier: BSL-1.0
// Decides at which addresses an ATA drive's registers are where there are no I/O ports. Knows nothing of what they
// mean.
#pragma once

#include <hvkit/device/ata/drive.hpp>
#include <hvkit/hardware/bus.hpp>

namespace hvkit::device::ata {

/// A drive in memory, as Linux's `ata-generic` expects one:
///
///     0x000 + 4 n   register n of the command block, n = 0 to 7
///     0x100         Alternate Status and Device Control
///
/// Data is accessed 2 bytes wide, or 4: that is two words, the first in the low half. All others are 1 byte wide;
/// wider accesses give and take the low byte. What is between the registers, or beyond, is an access fault.
/// Source: Linux, Documentation/devicetree/bindings/ata/ata-generic.yaml.
class platform final : public hardware::device {
public:
  static constexpr unsigned shift = 2; ///< the binding's reg-shift
  static constexpr u64 command_size = u64{command_block_size} << shift;
  static constexpr u64 control = 0x100, control_size = 4;
  static constexpr u64 window = control + control_size;

  platform(disk &medium, hardware::interrupt_line line) : inner(medium, line) {}

  [[nodiscard]] maybe<u64> read(u64 offset, unsigned size) override {
    if (offset == control)
      return inner.alternate_status();
    const auto reg = number(offset, size);
    if (!reg)
      return {};
    return *reg == data ? read_data(size) : inner.read(*reg);
  }
  [[nodiscard]] bool write(u64 offset, unsigned size, u64 value) override {
    const auto reg = number(offset, size);
    if (offset == control)
      inner.write_control(static_cast<u8>(value));
    else if (reg && *reg == data)
      write_data(size, value);
    else if (reg)
      inner.write(*reg, static_cast<u8>(value));
    return reg || offset == control;
  }
  void advance(u64) override { inner.drive_line(); }

  drive inner;

private:
  /// Of the command block; nothing where there is none, or it has another width.
  [[nodiscard]] static maybe<unsigned> number(u64 offset, unsigned size) noexcept {
    const u64 reg = offset >> shift;
    if (offset != reg << shift || reg >= command_block_size || (reg == data && size != 2 && size != 4))
      return {};
    return static_cast<unsigned>(reg);
  }
  [[nodiscard]] u64 read_data(unsigned size) {
    const u64 low = inner.read_data();
    return size == 4 ? low | u64{inner.read_data()} << 16 : low;
  }
  void write_data(unsigned size, u64 value) {
    inner.write_data(static_cast<u16>(value));
    if (size == 4)
      inner.write_data(static_cast<u16>(value >> 16));
  }
};

} // namespace hvkit::device::ata
