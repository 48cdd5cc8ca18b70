// SPDX-License-Identifier: BSL-1.0
// Decides what a bare machine is as one object: memory, a hart and the board around them, without any VMM.
#pragma once

#include <hvkit/hardware/hart.hpp>
#include <hvkit/hardware/instances.hpp>
#include <hvkit/hardware/machine.hpp>

namespace hvkit::hardware {

/// The machine every VMM is compared with. Its interface is the one a VM has, too.
template <class Cpu, class Engine> class bare_machine {
public:
  using cpu = Cpu;
  /// Itself: nothing of it is hidden. See guest_machine.
  using any = bare_machine;
  using hart_type = hart<Cpu, Engine::template over>;

  /// `size` bytes of memory from `base` on. Throws std::bad_alloc where the host has no such range of addresses.
  bare_machine(gpa base, u64 size) : memory_(hpa{base.value}, size), hart_(memory_) {}

  /// Wires the machine up. `around` must outlive it.
  void attach(board &around) {
    board_ = &around;
    hart_.set_devices(&around.devices());
    hart_.set_tick_source(around.ticks());
    hart_.set_hypercalls(around.hypercalls());
    hart_.set_ports(around.ports());
    hart_.set_vectors(around.vectors());
  }
  /// Runs for an exact number of steps, as `run_with` says.
  exit_record run(u64 budget) { return run_with(hart_, *board_, budget); }
  /// The CPU's reset, with its first instruction at `entry`. Memory and board stay as they are.
  void reset(gva entry) { hart_.reset(entry); }

  /// Retired instructions plus traps taken.
  [[nodiscard]] u64 steps() const noexcept { return hart_.steps(); }
  [[nodiscard]] auto &user() noexcept { return hart_.user(); }
  [[nodiscard]] auto &system() noexcept { return hart_.system(); }
  /// What a board takes as clock and as interrupt sink.
  [[nodiscard]] hart_type &processor() noexcept { return hart_; }
  [[nodiscard]] physical_memory &memory() noexcept { return memory_; }

  [[nodiscard]] gpa memory_base() const noexcept { return gpa{memory_.base().value}; }
  [[nodiscard]] u64 memory_size() const noexcept { return memory_.size(); }
  /// Copies guest-physical memory in or out, all or nothing.
  [[nodiscard]] bool write(gpa at, const void *from, u64 size) {
    return memory_.write(hart_type::hardware_address(at), from, size);
  }
  [[nodiscard]] bool read(gpa at, void *to, u64 size) const {
    return memory_.read(hart_type::hardware_address(at), to, size);
  }

private:
  physical_memory memory_;
  hart_type hart_;
  no_board none_;
  board *board_ = &none_;
};

} // namespace hvkit::hardware
