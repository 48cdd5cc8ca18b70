// SPDX-License-Identifier: BSL-1.0
// Decides nothing of its own: registers, bits and commands of an ATA drive, under the standard's names.
#pragma once

#include <hvkit/core/bits.hpp>

namespace hvkit::device::ata {

/// The command block, by number. Source: ATA/ATAPI-7 volume 2, "I/O register descriptions".
enum command_block : unsigned {
  data = 0,  ///< 16 bits wide, all others 8
  error = 1, ///< for writing: Features
  sector_count = 2,
  lba_low = 3,
  lba_mid = 4,
  lba_high = 5,
  device_register = 6,
  status = 7 ///< for writing: Command
};
inline constexpr unsigned features = error, command = status, command_block_size = 8;

enum status_bits : u8 { bsy = 0x80, drdy = 0x40, df = 0x20, dsc = 0x10, drq = 0x08, err = 0x01 };
/// What is wrong when ERR is set: uncorrectable data, no such sector, or command aborted.
enum error_bits : u8 { unc = 0x40, idnf = 0x10, abrt = 0x04 };
/// Device Control, which is where Alternate Status is read.
enum control_bits : u8 { hob = 0x80, srst = 0x04, nien = 0x02 };
/// The Device register: LBA addressing, which of two drives, and the highest bits of a 28-bit address.
enum device_bits : u8 { lba = 0x40, dev = 0x10, lba_top = 0x0f };

/// Source: ATA/ATAPI-7 volume 1, "Command descriptions".
enum class opcode : u8 {
  nop = 0x00,
  read_sectors = 0x20,
  read_sectors_ext = 0x24,
  read_multiple_ext = 0x29,
  write_sectors = 0x30,
  write_sectors_ext = 0x34,
  write_multiple_ext = 0x39,
  read_verify = 0x40,
  read_verify_ext = 0x42,
  execute_device_diagnostic = 0x90,
  read_multiple = 0xc4,
  write_multiple = 0xc5,
  set_multiple_mode = 0xc6,
  standby_immediate = 0xe0,
  idle_immediate = 0xe1,
  standby = 0xe2,
  idle = 0xe3,
  check_power_mode = 0xe5,
  sleep = 0xe6,
  flush_cache = 0xe7,
  flush_cache_ext = 0xea,
  identify_device = 0xec,
  set_features = 0xef
};

/// Subcommands of SET FEATURES.
enum feature : u8 {
  enable_write_cache = 0x02,
  set_transfer_mode = 0x03,
  disable_look_ahead = 0x55,
  keep_settings = 0x66,
  disable_write_cache = 0x82,
  enable_look_ahead = 0xaa,
  forget_settings = 0xcc
};

/// Most sectors in a block of READ MULTIPLE and WRITE MULTIPLE.
inline constexpr unsigned most_multiple = 16;

} // namespace hvkit::device::ata
