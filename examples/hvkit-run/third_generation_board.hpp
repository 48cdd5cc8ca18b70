// SPDX-License-Identifier: BSL-1.0
// Decides how a third-generation machine is put together with its timer and a console that prints, bare or in a VMM
// alike.
#pragma once

#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include <hvkit/cpu/third_generation/state.hpp>
#include <hvkit/cpu/third_generation/timer.hpp>
#include <hvkit/device/console.hpp>
#include <hvkit/device/timer_board.hpp>

namespace run {

using namespace hvkit;

/// The board of `Processor`, a hart or a virtual CPU: its timer, and the console to which SIO sends. It is asked after
/// each SIO, as after each SPT.
template <class Processor> class third_generation_board final
    : public device::timer_board<Processor, cpu::interval_timer<Processor>> {
  using base = device::timer_board<Processor, cpu::interval_timer<Processor>>;

public:
  /// Both must outlive the board.
  third_generation_board(Processor &processor, device::byte_sink &output)
      : base(processor), processor_(processor), output_(output) {}

  void advance(u64 now) override {
    const u64 console = processor_.system().get(cpu::generation3::fields::console);
    if (console != std::exchange(shown_, console))
      output_.put(static_cast<u8>(console));
    base::advance(now);
  }

private:
  Processor &processor_;
  device::byte_sink &output_;
  u64 shown_ = 0; ///< the console's state when the board last looked: how many were sent, and the last one
};

/// A `Machine` (hardware::bare_machine or single_guest) of a third-generation CPU with its board.
/// The output must outlive it.
template <class Machine> class third_generation_bench {
public:
  third_generation_bench(std::unique_ptr<Machine> machine, device::byte_sink &output)
      : machine_(std::move(machine)), board_(machine_->processor(), output) {
    machine_->attach(board_);
  }
  third_generation_bench(const third_generation_bench &) = delete;
  third_generation_bench &operator=(const third_generation_bench &) = delete;

  [[nodiscard]] Machine &machine() noexcept { return *machine_; }

  /// Copies `bytes` into the guest's storage. False, and nothing done, if they do not fit.
  [[nodiscard]] bool load(gpa at, std::span<const u8> bytes) { return machine_->write(at, bytes.data(), bytes.size()); }
  /// Puts the machine at reset: it starts at `entry`. True.
  [[nodiscard]] bool boot(gpa entry) {
    machine_->reset(gva{entry.value});
    return true;
  }

private:
  using processor = std::remove_reference_t<decltype(std::declval<Machine &>().processor())>;

  std::unique_ptr<Machine> machine_;
  third_generation_board<processor> board_;
};

} // namespace run
