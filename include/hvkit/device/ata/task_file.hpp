// SPDX-License-Identifier: BSL-1.0
// Decides what the registers of an ATA drive hold and mean. Knows neither the commands nor the bus.
#pragma once

#include <array>

#include <hvkit/device/ata/layout.hpp>

namespace hvkit::device::ata {

/// The registers that carry a command's parameters. Count and address are two bytes deep: what is written pushes what
/// was written before, so that 48-bit commands find both.
struct task_file {
  u16 features = 0; ///< the newest byte in bits 7:0, the one before in bits 15:8; so are the next ones
  u16 count = 1;
  std::array<u16, 3> lba{1, 0, 0};
  u8 device = 0;
  u8 error = 1;
  friend bool operator==(const task_file &, const task_file &) = default;

  /// As a drive leaves them after reset and diagnosis. Source: ATA/ATAPI-7 volume 2, "Signature and persistence".
  void sign() noexcept { *this = {}; }

  void write(unsigned reg, u8 value) noexcept {
    if (reg == device_register)
      device = value;
    else if (u16 *at = deep(reg))
      *at = static_cast<u16>(*at << 8 | value);
  }
  /// `previous`: what HOB shows.
  [[nodiscard]] u8 read(unsigned reg, bool previous) noexcept {
    if (reg == error_register)
      return error;
    if (const u16 *at = deep(reg))
      return static_cast<u8>(bits(*at, previous ? 15 : 7, previous ? 8 : 0));
    return device;
  }

  /// Sectors to transfer; 0 means all that fit into the field and one more.
  [[nodiscard]] u32 sectors(bool ext) const noexcept {
    const u32 n = ext ? count : count & 0xffU;
    return n != 0 ? n : ext ? 0x10000U : 0x100U;
  }
  [[nodiscard]] u64 address(bool ext) const noexcept {
    u64 at = 0;
    for (unsigned i = 0; i < 3; ++i)
      at |= bits(lba[i], 7, 0) << (8 * i) | (ext ? u64{lba[i]} >> 8 << (24 + 8 * i) : 0);
    return ext ? at : at | bits(device, 3, 0) << 24;
  }
  /// The sector at which a command went wrong, where the command's address was.
  void set_address(u64 at, bool ext) noexcept {
    for (unsigned i = 0; i < 3; ++i)
      lba[i] = static_cast<u16>(bits(at, 8 * i + 7, 8 * i) | (ext ? bits(at, 8 * i + 31, 8 * i + 24) << 8 : 0));
    if (!ext)
      device = static_cast<u8>((device & ~lba_top) | bits(at, 27, 24));
  }

private:
  static constexpr unsigned error_register = ata::error;
  [[nodiscard]] u16 *deep(unsigned reg) noexcept {
    return reg == ata::features                ? &features
           : reg == sector_count               ? &count
           : reg >= lba_low && reg <= lba_high ? &lba[reg - lba_low]
                                               : nullptr;
  }
};

} // namespace hvkit::device::ata
