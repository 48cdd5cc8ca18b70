// SPDX-License-Identifier: BSL-1.0
// Decides what an ATA drive says of itself. Knows what it can do, not how it is asked.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include <hvkit/device/ata/layout.hpp>
#include <hvkit/device/disk.hpp>

namespace hvkit::device::ata {

/// What of it can change.
struct settings {
  u8 multiple = 0; ///< sectors in a block; 0: READ MULTIPLE and WRITE MULTIPLE are off
  bool write_cache = true;
  bool look_ahead = true;
  friend bool operator==(const settings &, const settings &) = default;
};

/// The 256 words that IDENTIFY DEVICE gives, little-endian. Nothing of DMA is in it: this drive transfers by PIO only.
/// Source: ATA/ATAPI-7 volume 1, "IDENTIFY DEVICE"; the words are numbered as in its table.
class identity {
public:
  identity(u64 sectors, const settings &now) {
    geometry(sectors);
    text(10, 20, "HVKIT0");
    text(23, 8, "1.0");
    text(27, 40, "hvkit disk");
    word(47, 0x8000 | most_multiple);
    word(49, lba_supported | iordy_supported | iordy_may_be_disabled);
    word(50, 0x4000);
    word(53, 0x0003); // words 54 to 58 and 64 to 70 are valid
    word(59, now.multiple != 0 ? 0x0100U | now.multiple : 0U);
    wide(60, 2, std::min<u64>(sectors, low_bits(28)));
    word(64, 0x0003); // PIO modes 3 and 4
    word(67, 120);    // nanoseconds a transfer, without and with IORDY
    word(68, 120);
    word(80, 0x00f0); // ATA-4 to ATA/ATAPI-7
    command_sets(now);
    word(93, 0x6001);
    wide(100, 4, sectors);
    seal();
  }
  [[nodiscard]] const std::array<u8, sector_size> &bytes() const noexcept { return bytes_; }

private:
  static constexpr unsigned lba_supported = 1 << 9, iordy_may_be_disabled = 1 << 10, iordy_supported = 1 << 11;

  void word(unsigned n, u64 value) noexcept {
    bytes_[2 * n] = static_cast<u8>(value);
    bytes_[2 * n + 1] = static_cast<u8>(value >> 8);
  }
  void wide(unsigned n, unsigned words, u64 value) noexcept {
    for (unsigned i = 0; i < words; ++i)
      word(n + i, value >> (16 * i));
  }
  /// Filled up with blanks; the first character of a word is in its high byte.
  void text(unsigned n, unsigned size, std::string_view what) noexcept {
    for (unsigned i = 0; i < size; ++i)
      bytes_[2 * n + (i ^ 1)] = i < what.size() ? static_cast<u8>(what[i]) : u8{' '};
  }
  /// For those who still ask: 16 heads, 63 sectors a track. Addresses are never given so.
  void geometry(u64 sectors) noexcept {
    const u64 cylinders = std::min<u64>(sectors / (16 * 63), 16383);
    word(0, 0x0040);
    word(1, cylinders);
    word(3, 16);
    word(6, 63);
    word(54, cylinders);
    word(55, 16);
    word(56, 63);
    wide(57, 2, cylinders * 16 * 63);
  }
  void command_sets(const settings &now) noexcept {
    constexpr unsigned nop = 1 << 14, look_ahead = 1 << 6, write_cache = 1 << 5, power = 1 << 3;
    constexpr unsigned flush_ext = 1 << 13, flush = 1 << 12, lba48 = 1 << 10, valid = 1 << 14;
    word(82, nop | look_ahead | write_cache | power);
    word(83, valid | flush_ext | flush | lba48);
    word(84, valid);
    word(85, nop | (now.look_ahead ? look_ahead : 0) | (now.write_cache ? write_cache : 0) | power);
    word(86, flush_ext | flush | lba48);
    word(87, valid);
  }
  /// The last word: a signature, and what makes the sum of all bytes 0.
  void seal() noexcept {
    bytes_[510] = 0xa5;
    u8 sum = 0;
    for (const u8 byte : bytes_)
      sum = static_cast<u8>(sum + byte);
    bytes_[511] = static_cast<u8>(0x100 - sum);
  }

  std::array<u8, sector_size> bytes_{};
};

} // namespace hvkit::device::ata
