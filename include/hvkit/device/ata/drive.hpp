// SPDX-License-Identifier: BSL-1.0
// Decides how a disk is spoken to through the task file of an ATA drive, by PIO. Knows no bus: registers have numbers.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include <hvkit/device/ata/identity.hpp>
#include <hvkit/device/ata/layout.hpp>
#include <hvkit/device/ata/task_file.hpp>
#include <hvkit/device/disk.hpp>
#include <hvkit/hardware/bus.hpp>

namespace hvkit::device::ata {

/// Drive 0 of a cable on which there is no drive 1. Commands take no time: it is busy only during a software reset.
///
///     data in:   command --> [DRQ, INTRQ] words of a block --> ... --> done
///     data out:  command --> [DRQ] words of a block --> [INTRQ; DRQ if there are more] --> ...
///     no data:   command --> [INTRQ] done
///
/// A block is a sector, or as many as SET MULTIPLE MODE said. INTRQ falls when Status is read (not by Alternate Status)
/// or a command is written; nIEN keeps it off the wire. For drive 1 drive 0 answers: with a status of 0. While there
/// are data to transfer, registers other than Data and Device Control are not written. Addresses are LBA, others abort.
/// A transfer that would go beyond the last sector transfers nothing: IDNF, at the first sector that is not there.
/// Source: ATA/ATAPI-7 volume 2, "Parallel interface protocols", and volume 1, "Command descriptions".
class drive {
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

  /// `medium` must outlive it.
  drive(disk &medium, hardware::interrupt_line line) : disk_(medium), line_(line) {}

  /// A register of the command block but Data, by its number.
  [[nodiscard]] u8 read(unsigned reg) {
    if (reg != ata::status)
      return state.registers.read(reg, (state.control & hob) != 0);
    if (selected())
      state.interrupt = false;
    drive_line();
    return alternate_status();
  }
  void write(unsigned reg, u8 value) {
    if ((state.status & (bsy | drq)) != 0)
      return;
    state.control &= static_cast<u8>(~hob);
    if (reg == command)
      execute(static_cast<opcode>(value));
    else
      state.registers.write(reg, value);
    drive_line();
  }
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
  /// Status without the side effect.
  [[nodiscard]] u8 alternate_status() const noexcept {
    return selected() || (state.status & bsy) != 0 ? state.status : u8{0};
  }
  /// Device Control. A software reset takes as long as SRST is set.
  void write_control(u8 value) {
    const bool was = (state.control & srst) != 0;
    state.control = value & (hob | srst | nien);
    if ((value & srst) != 0)
      begin_reset();
    else if (was)
      sign();
    drive_line();
  }
  /// Sets the wire to what it must be.
  void drive_line() const { line_.set(state.interrupt && selected() && (state.control & nien) == 0); }

  /// Whoever replaces it calls `drive_line` afterwards.
  state_type state;

private:
  [[nodiscard]] bool selected() const noexcept { return (state.registers.device & dev) == 0; }

  void begin_reset() noexcept {
    state.direction = transfer::none;
    state.interrupt = false;
    state.status = bsy;
  }
  void sign() noexcept {
    state.registers.sign();
    state.status = drdy | dsc;
  }

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

  void execute(opcode what) {
    if (!selected() && what != opcode::execute_device_diagnostic)
      return;
    state.interrupt = false;
    state.registers.error = 0;
    const u8 multiple = state.now.multiple;
    switch (what) {
    case opcode::read_sectors:
    case opcode::read_sectors_ext:
      return begin(transfer::in, what == opcode::read_sectors_ext, 1);
    case opcode::read_multiple:
    case opcode::read_multiple_ext:
      return begin(transfer::in, what == opcode::read_multiple_ext, multiple);
    case opcode::write_sectors:
    case opcode::write_sectors_ext:
      return begin(transfer::out, what == opcode::write_sectors_ext, 1);
    case opcode::write_multiple:
    case opcode::write_multiple_ext:
      return begin(transfer::out, what == opcode::write_multiple_ext, multiple);
    case opcode::read_verify:
    case opcode::read_verify_ext:
      return begin(transfer::none, what == opcode::read_verify_ext, 1);
    default:
      return execute_other(what);
    }
  }
  /// The commands that transfer no sectors of the disk.
  void execute_other(opcode what) {
    switch (what) {
    case opcode::identify_device:
      state.buffer = identity(disk_.sectors(), state.now).bytes();
      return open(transfer::in, 1, 1);
    case opcode::execute_device_diagnostic:
      finish();
      return sign();
    case opcode::flush_cache:
    case opcode::flush_cache_ext:
      return finish_or_abort(disk_.flush() == disk_outcome::done);
    case opcode::set_multiple_mode:
      return finish_or_abort(set_multiple(state.registers.count & 0xffU));
    case opcode::set_features:
      return finish_or_abort(set_feature(state.registers.features & 0xffU));
    case opcode::check_power_mode:
      state.registers.count = 0xff; // active or idle
      return finish();
    case opcode::standby_immediate:
    case opcode::idle_immediate:
    case opcode::standby:
    case opcode::idle:
    case opcode::sleep:
      return finish();
    default: // NOP, too, is defined to abort
      return fail(abrt);
    }
  }

  /// Begins to transfer sectors, `block` of them between two interrupts. `none` only looks whether they can be read.
  void begin(transfer direction, bool ext, u8 block) {
    const u64 first = state.registers.address(ext);
    const u32 count = state.registers.sectors(ext);
    state.ext = ext;
    if (block == 0 || (state.registers.device & ata::lba) == 0 || (direction == transfer::out && disk_.read_only()))
      return fail(abrt);
    if (!disk_.holds(first, count))
      return fail_at(std::max(first, disk_.sectors()), idnf);
    state.sector = first;
    if (direction == transfer::none)
      return verify(count);
    if (direction == transfer::in && !fetch())
      return;
    open(direction, count, block);
  }
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
  void verify(u32 count) {
    for (; count != 0; --count, ++state.sector)
      if (!fetch())
        return;
    finish();
  }

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

  [[nodiscard]] bool set_multiple(u32 count) noexcept {
    if (count > most_multiple || (count & (count - 1)) != 0)
      return false;
    state.now.multiple = static_cast<u8>(count);
    return true;
  }
  /// Of the transfer modes there are only those of PIO: by default, with IORDY or without, or 0 to 4 with it.
  [[nodiscard]] bool set_feature(u32 which) noexcept {
    const u32 mode = state.registers.count & 0xffU;
    switch (which) {
    case enable_write_cache:
    case disable_write_cache:
      state.now.write_cache = which == enable_write_cache;
      return true;
    case enable_look_ahead:
    case disable_look_ahead:
      state.now.look_ahead = which == enable_look_ahead;
      return true;
    case set_transfer_mode:
      return mode <= 1 || (mode >= 8 && mode <= 12);
    case keep_settings:
    case forget_settings:
      return true;
    default:
      return false;
    }
  }

  disk &disk_;
  hardware::interrupt_line line_;
};

} // namespace hvkit::device::ata
