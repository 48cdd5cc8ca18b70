// SPDX-License-Identifier: BSL-1.0
// Decides how an ATA drive's data go through its Data register, block by block. Knows no command.
#pragma once

#include <algorithm>
#include <array>

#include <hvkit/device/ata/identity.hpp>
#include <hvkit/device/ata/layout.hpp>
#include <hvkit/device/ata/task_file.hpp>
#include <hvkit/device/disk.hpp>
#include <hvkit/hardware/bus.hpp>

namespace hvkit::device::ata {

/// The transfers of a drive, and how commands end. One sector is in the buffer at a time.
///
///     data in:   open --> [DRQ, INTRQ] words of a block --> ... --> done
///     data out:  open --> [DRQ] words of a block --> [INTRQ; DRQ if there are more] --> ...
///
/// Source: ATA/ATAPI-7 volume 2, "PIO data-in command protocol", "PIO data-out command protocol".
class pio {
public:
  enum class transfer : u8 { none, in, out };

  /// All of the drive that is neither wiring nor on the disk.
  struct state_type {
    task_file registers;
    u8 status = drdy | dsc;
    u8 control = 0;
    bool interrupt = false; ///< pending; whether the wire shows it, nIEN and DEV decide
    settings now;
    transfer direction = transfer::none;
    bool ext = false; ///< the address is one of 48 bits
    u8 block = 1;     ///< sectors between two interrupts
    u64 sector = 0;   ///< that is in the buffer, or will be
    u32 left = 0;     ///< sectors to transfer, that one included
    u32 left_in_block = 0;
    u32 position = 0; ///< bytes of the buffer that were transferred
    std::array<u8, sector_size> buffer{};
    friend bool operator==(const state_type &, const state_type &) = default;
  };

  /// The Data register. Without data to transfer it reads as 0, and takes nothing.
  [[nodiscard]] u16 read_data() {
    if (state.direction != transfer::in || !selected())
      return 0;
    const u16 word = static_cast<u16>(state.buffer[state.position] | state.buffer[state.position + 1] << 8);
    advance_buffer();
    return word;
  }
  void write_data(u16 word) {
    if (state.direction != transfer::out || !selected())
      return;
    state.buffer[state.position] = static_cast<u8>(word);
    state.buffer[state.position + 1] = static_cast<u8>(word >> 8);
    advance_buffer();
  }
  /// Sets the wire to what it must be.
  void drive_line() const { line_.set(state.interrupt && selected() && (state.control & nien) == 0); }

  /// Whoever replaces it calls `drive_line` afterwards.
  state_type state;

protected:
  pio(disk &medium, hardware::interrupt_line line) : disk_(medium), line_(line) {}

  [[nodiscard]] bool selected() const noexcept { return (state.registers.device & dev) == 0; }

  void finish() noexcept {
    state.direction = transfer::none;
    state.status = drdy | dsc;
    state.interrupt = true;
  }
  void fail(u8 why, u8 more = 0) noexcept {
    finish();
    state.registers.error = why;
    state.status = static_cast<u8>(state.status | err | more);
  }
  void fail_at(u64 sector, u8 why, u8 more = 0) noexcept {
    state.registers.set_address(sector, state.ext);
    fail(why, more);
  }
  void finish_or_abort(bool done) noexcept { done ? finish() : fail(abrt); }

  /// Lets the host transfer the first block.
  void open(transfer direction, u32 count, u8 block) noexcept {
    state.direction = direction;
    state.left = count;
    state.block = block;
    state.left_in_block = std::min<u32>(count, block);
    state.position = 0;
    state.status = drdy | dsc | drq;
    state.interrupt = direction == transfer::in;
  }
  [[nodiscard]] bool fetch() {
    if (disk_.read(state.sector, state.buffer) == disk_outcome::done)
      return true;
    fail_at(state.sector, unc);
    return false;
  }
  /// Without a write cache each command's end means that its data are safe; here each sector's does.
  [[nodiscard]] bool store() {
    if (disk_.write(state.sector, state.buffer) == disk_outcome::done &&
        (state.now.write_cache || disk_.flush() == disk_outcome::done))
      return true;
    fail_at(state.sector, abrt, df);
    return false;
  }

  disk &disk_;

private:
  /// Two bytes of the buffer were transferred.
  void advance_buffer() {
    state.position += 2;
    if (state.position == sector_size) {
      state.position = 0;
      state.direction == transfer::in ? sector_read() : sector_written();
    }
    drive_line();
  }
  void sector_read() {
    if (!next_sector()) { // the host has it all: no interrupt tells what it knows
      state.direction = transfer::none;
      state.status = drdy | dsc;
    } else if (fetch() && state.left_in_block == 0) {
      next_block();
    }
  }
  void sector_written() {
    if (!store())
      return;
    if (!next_sector())
      finish();
    else if (state.left_in_block == 0)
      next_block();
  }
  /// False if that was the last one.
  [[nodiscard]] bool next_sector() noexcept {
    ++state.sector;
    --state.left;
    --state.left_in_block;
    return state.left != 0;
  }
  void next_block() noexcept {
    state.left_in_block = std::min<u32>(state.left, state.block);
    state.interrupt = true;
  }

  hardware::interrupt_line line_;
};

} // namespace hvkit::device::ata
