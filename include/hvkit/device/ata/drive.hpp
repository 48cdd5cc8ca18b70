// SPDX-License-Identifier: BSL-1.0
// Decides how a disk is spoken to through the task file of an ATA drive, by PIO. Knows no bus: registers have numbers.
#pragma once

#include <algorithm>

#include <hvkit/device/ata/identity.hpp>
#include <hvkit/device/ata/layout.hpp>
#include <hvkit/device/ata/pio.hpp>
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
class drive final : public pio {
public:
  /// `medium` must outlive it.
  drive(disk &medium, hardware::interrupt_line line) : pio(medium, line) {}

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

private:
  void begin_reset() noexcept {
    state.direction = transfer::none;
    state.interrupt = false;
    state.status = bsy;
  }
  void sign() noexcept {
    state.registers.sign();
    state.status = drdy | dsc;
  }

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
  void verify(u32 count) {
    for (; count != 0; --count, ++state.sector)
      if (!fetch())
        return;
    finish();
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
};

} // namespace hvkit::device::ata
