// SPDX-License-Identifier: BSL-1.0
// Decides where the devices of a RISC-V machine like QEMU's `virt` are, and what of it can be chosen.
#pragma once

#include <string>

#include <hvkit/core/address.hpp>
#include <hvkit/core/form.hpp>
#include <hvkit/device/disk.hpp>

namespace hvkit::device {

using hvkit::form;

/// Guest-physical addresses and wires of the board. Source: QEMU, hw/riscv/virt (memory map of the `virt` machine).
namespace virt_map {
inline constexpr gpa finisher{0x100000};
inline constexpr gpa clint{0x2000000};
inline constexpr gpa plic{0xc000000};
inline constexpr gpa uart{0x10000000};
inline constexpr gpa flash{0x20000000};
inline constexpr u64 flash_size = 0x4000000;
inline constexpr gpa ecam{0x30000000};
inline constexpr u64 ecam_size = 0x10000000;
inline constexpr gpa ram{0x80000000};
/// The PLIC source of the serial port.
inline constexpr unsigned uart_source = 10;
/// Where virtio devices are, virtio::slots::stride apart, and the PLIC source of the first.
inline constexpr gpa virtio{0x10001000};
inline constexpr unsigned virtio_slots = 8;
inline constexpr unsigned virtio_source = 1;
/// Which of them is what, if there is one at all.
inline constexpr unsigned disk_slot = 0, console_slot = 1, random_slot = 2;
/// Where the ATA drive is, and its PLIC source; QEMU's board has nothing there.
inline constexpr gpa ata{0x10200000};
inline constexpr unsigned ata_source = 12;
/// The CPU's interrupt lines, numbered as in `mip` (RISC-V Privileged, "Machine Interrupt Registers").
inline constexpr unsigned machine_software = 3, supervisor_timer = 5, machine_timer = 7, supervisor_external = 9,
                          machine_external = 11;
} // namespace virt_map

/// What of the board can be chosen. The device tree tells the guest all of it.
struct virt_board_options {
  u64 memory_size = u64{128} << 20; ///< bytes, from virt_map::ram on
  u64 timebase_frequency = 10'000'000;
  /// The clock's speed: with the timebase above, 2 make a CPU of 20 million instructions a second in the guest's eyes,
  /// so that countdowns of seconds stay short. Any value is exact.
  u64 instructions_per_tick = 2;
  std::string isa{}; ///< the CPU's instruction set, for the device tree; host::virt_machine knows it if this is empty
  std::string bootargs{};
  gpa initrd_start{}, initrd_end{}; ///< [start, end); equal where there is none

  /// The board serves the calls of a kernel that has no firmware: its timer is set by a call and not by registers, and
  /// the machine starts as such a kernel expects.
  bool hypercalls = false;

  /// The disk, if any. Two machines that are to be compared need one each.
  disk *storage = nullptr;
  form storage_form = form::paravirtual;
  /// In its paravirtual form the console has the serial port beside it, for firmware: what it sends goes the same way,
  /// and what is typed is had by the one that asks first.
  form console_form = form::emulated;
  /// Whether there is a device that gives random numbers, and which ones.
  bool random = false;
  u64 random_seed = 1;

  /// The same board with all its devices in that form, as an io policy names one. A paravirtual board has random
  /// numbers, too, for which there is no other form.
  [[nodiscard]] virt_board_options in_form(form devices) const {
    virt_board_options all = *this;
    all.storage_form = all.console_form = devices;
    all.random = random || devices == form::paravirtual;
    return all;
  }
};

} // namespace hvkit::device
