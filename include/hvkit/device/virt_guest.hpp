// SPDX-License-Identifier: BSL-1.0
// Decides what a guest with the `virt` board and a console of text is as one object. Knows no VMM by name.
#pragma once

#include <new>
#include <string>
#include <string_view>

#include <hvkit/core/exit.hpp>
#include <hvkit/device/console.hpp>
#include <hvkit/device/guest_access.hpp>
#include <hvkit/device/virt_board.hpp>

namespace hvkit::device {

/// Satisfied by a VMM that can exist. One that was refused has guests without a CPU.
template <class Vmm>
concept has_guests = requires(typename Vmm::guest &guest) {
  guest.vcpu();
};

/// A guest of `Vmm` (`hvkit::vmm<...>` of an RV64 CPU) with memory, the board's devices in the form that the VMM's io
/// policy names, a screen and a keyboard. What else a board can be connected to, and how firmware is booted, is
/// host::virt_machine's.
template <class Vmm> class virt_guest {
public:
  /// Creates the guest in `vmm`, with `options.memory_size` bytes from virt_map::ram on and that share of the hardware.
  /// `vmm` must outlive this, and this must outlive whatever `vmm` runs, or be destroyed in it before. Throws
  /// std::bad_alloc where `vmm` has no such memory left.
  explicit virt_guest(Vmm &vmm, const virt_board_options &options = {}, u64 share = 1)
      : vmm_(vmm), guest_(created(vmm.create({.memory = options.memory_size, .base = virt_map::ram, .share = share}))),
        memory_(guest_), board_(options.in_form(Vmm::composition::io::devices), guest_.vcpu(), guest_.vcpu(), screen_,
                                keyboard_, &memory_) {
    guest_.attach(board_);
  }
  virt_guest(const virt_guest &) = delete;
  virt_guest &operator=(const virt_guest &) = delete;

  /// Copies `program` (isa::image, isa::program) to its base, and resets the CPU to its first byte; in supervisor mode
  /// where the board serves hypercalls. False, and nothing done, if the guest's memory does not hold it.
  template <class Program> [[nodiscard]] bool start(const Program &program) {
    if (!guest_.write(gpa{program.base}, program.bytes().data(), program.bytes().size()))
      return false;
    guest_.vcpu().reset(gva{program.base});
    if (board_.options().hypercalls) {
      Vmm::cpu::enter_kernel(guest_.vcpu().system());
      guest_.vcpu().changed(effect::context | effect::interrupts | effect::protection);
    }
    return true;
  }
  /// Runs it alone for an exact number of steps (retired instructions plus traps it took), as `hardware::run_with`
  /// says.
  exit_record run(u64 budget) { return vmm_.run(guest_, budget); }

  /// All that the guest sent to its serial port.
  [[nodiscard]] const std::string &screen() const noexcept { return screen_.text(); }
  /// More for the guest to read from its serial port.
  void type(std::string_view text) {
    keyboard_.push(text);
    board_.poll();
  }
  /// What user programs see: registers, pc, the count of retired instructions.
  [[nodiscard]] auto &user() noexcept { return guest_.vcpu().user(); }
  /// What the guest cost the VMM.
  [[nodiscard]] const auto &count() const noexcept { return guest_.count(); }

  [[nodiscard]] typename Vmm::guest &vm() noexcept { return guest_; }
  [[nodiscard]] virt_board &board() noexcept { return board_; }

private:
  [[nodiscard]] static typename Vmm::guest &created(typename Vmm::guest *guest) {
    if (guest == nullptr)
      throw std::bad_alloc();
    return *guest;
  }

  Vmm &vmm_;
  typename Vmm::guest &guest_;
  machine_access<typename Vmm::guest> memory_;
  collected_bytes screen_;
  queued_bytes keyboard_;
  virt_board board_;
};

/// A guest of a VMM that was refused: inert, so that the refusal is the only error.
template <class Vmm>
requires(!has_guests<Vmm>) class virt_guest<Vmm> {
public:
  explicit virt_guest(Vmm &, const virt_board_options & = {}, u64 = 1) {}
  template <class Program> [[nodiscard]] bool start(const Program &) { return false; }
  exit_record run(u64) { return {}; }
  [[nodiscard]] std::string screen() const { return {}; }
  void type(std::string_view) {}
  [[nodiscard]] auto user() const { return retired_only{}; }
  [[nodiscard]] auto count() const { return costs{}; }

private:
  struct retired_only {
    u64 retired = 0;
  };
  struct costs {
    u64 direct = 0, exits = 0, emulated = 0;
  };
};

} // namespace hvkit::device
