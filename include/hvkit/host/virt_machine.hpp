// SPDX-License-Identifier: BSL-1.0
// Decides how a machine with the `virt` board is put together and how firmware is started on it, bare or in a VMM
// alike.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <hvkit/device/console.hpp>
#include <hvkit/device/guest_access.hpp>
#include <hvkit/device/virt_board.hpp>
#include <hvkit/host/device_tree.hpp>

namespace hvkit::host {

/// Where a device tree of `size` bytes lies in `memory` bytes from virt_map::ram on. As QEMU does it: at the last 2 MiB
/// boundary that leaves room, so that firmware which moves itself to the end of memory finds it untouched. Small
/// memories have it in their last pages.
[[nodiscard]] inline gpa tree_address(u64 memory, u64 size) {
  const u64 end = device::virt_map::ram.value + memory;
  const u64 unit = memory >= u64{16} << 20 ? u64{2} << 20 : frame_size;
  return gpa{(end - std::min(size, memory)) & ~(unit - 1)};
}

/// A `Machine` (hardware::bare_machine or single_guest) of an RV64 CPU with its board. Both sides of the console must
/// outlive it.
template <class Machine> class virt_machine {
public:
  virt_machine(const device::virt_board_options &options, device::byte_sink &output, device::byte_source &input)
      : virt_machine(make<Machine>(options), options, output, input) {}
  /// Around a machine that is there: `make<M>(options)`, where `Machine` does not say of which composition it is.
  virt_machine(std::unique_ptr<Machine> machine, const device::virt_board_options &options, device::byte_sink &output,
               device::byte_source &input)
      : machine_(std::move(machine)), memory_(*machine_),
        board_(with_isa(options), machine_->processor(), machine_->processor(), output, input, &memory_) {
    machine_->attach(board_);
  }
  /// An `M` with memory as the options say.
  template <class M> [[nodiscard]] static std::unique_ptr<M> make(const device::virt_board_options &options) {
    return std::make_unique<M>(device::virt_map::ram, options.memory_size);
  }
  virt_machine(const virt_machine &) = delete;
  virt_machine &operator=(const virt_machine &) = delete;

  [[nodiscard]] Machine &machine() noexcept { return *machine_; }
  [[nodiscard]] device::virt_board &board() noexcept { return board_; }
  [[nodiscard]] const device::virt_board &board() const noexcept { return board_; }

  /// Copies `bytes` into the guest's memory. False, and nothing done, if they do not fit.
  [[nodiscard]] bool load(gpa at, std::span<const u8> bytes) { return machine_->write(at, bytes.data(), bytes.size()); }

  /// Puts the machine at reset, with the device tree in memory: the hart starts at `entry` with its number, 0, in a0
  /// and the tree's address in a1; in supervisor mode, as a kernel does, where the board serves hypercalls. False if
  /// memory does not hold the tree.
  [[nodiscard]] bool boot(gpa entry) {
    const std::vector<u8> tree = make_device_tree(board_.options());
    const gpa at = tree_address(machine_->memory_size(), tree.size());
    machine_->reset(gva{entry.value});
    machine_->user().x[10] = 0;
    machine_->user().x[11] = at.value;
    if (board_.options().hypercalls) {
      Machine::cpu::enter_kernel(machine_->system());
      machine_->processor().changed(effect::context | effect::interrupts | effect::protection);
    }
    return load(at, tree);
  }

private:
  [[nodiscard]] static device::virt_board_options with_isa(device::virt_board_options options) {
    if (options.isa.empty())
      options.isa = Machine::cpu::isa_name();
    return options;
  }

  std::unique_ptr<Machine> machine_;
  device::machine_access<Machine> memory_;
  device::virt_board board_;
};

} // namespace hvkit::host
