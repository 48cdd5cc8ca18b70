// SPDX-License-Identifier: BSL-1.0
// Decides how one instruction is tried out in whatever state: the state is set from outside, one step is made, and what
// is left is looked at. The same for the bare machine and for a VM of any composition.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include <hvkit/device/console.hpp>
#include <hvkit/device/virt_board.hpp>

#include "support/compositions.hpp"

namespace hvkit::tests {

/// A machine with a board in which nothing happens. Physical memory is open to all modes, and every trap goes to
/// machine mode, to `handler`, which is not executed.
template <class Any> class single_stepper {
public:
  static constexpr u64 ram = 0x80000000, handler = ram + 0x120000, memory_size = u64{8} << 20;

  explicit single_stepper(std::unique_ptr<Any> machine)
      : machine_(std::move(machine)), board_(options(), machine_->processor(), machine_->processor(), output_, input_) {
    using namespace cpu::riscv;
    machine_->attach(board_);
    machine_->reset(gva{handler});
    system().set(w_pmpcfg0, 0x1f);
    system().set(w_pmpaddr, low_bits(54));
    system().set(w_mtvec, handler);
    first_user_ = user();
    first_system_ = system();
  }
  template <class Machine> [[nodiscard]] static single_stepper of() {
    return single_stepper(make_any<Machine>(gpa{ram}, memory_size));
  }

  /// Makes one step from the first state as `prepare(user, system)` changes it. Answers whether it was a trap. What the
  /// machine remembers of translations stays, as far as it may.
  template <class F> bool step(F prepare) {
    const effect protection = same_protection() ? effect::none : effect::protection;
    user() = first_user_;
    system() = first_system_;
    prepare(user(), system());
    machine_->processor().changed(effect::context | effect::interrupts | protection);
    if (machine_->run(1).reason == exit_reason::waiting) // for what was a WFI the step before
      static_cast<void>(machine_->run(1));
    return system().get(cpu::riscv::w_traps) != first_system_.get(cpu::riscv::w_traps);
  }
  [[nodiscard]] auto &user() { return machine_->user(); }
  [[nodiscard]] auto &system() { return machine_->system(); }

  /// Writes memory where it does not hold that already.
  template <class T> void put(u64 at, T what) {
    T there{};
    static_cast<void>(machine_->read(gpa{at}, &there, sizeof there));
    if (there != what)
      static_cast<void>(machine_->write(gpa{at}, &what, sizeof what));
  }
  [[nodiscard]] u64 get(u64 at) const {
    u64 there = 0;
    static_cast<void>(machine_->read(gpa{at}, &there, sizeof there));
    return there;
  }

private:
  [[nodiscard]] bool same_protection() {
    using namespace cpu::riscv;
    for (unsigned w = w_pmpcfg0; w != w_pmpaddr + pmp_entries; ++w)
      if (system().get(static_cast<word>(w)) != first_system_.get(static_cast<word>(w)))
        return false;
    return true;
  }
  [[nodiscard]] static device::virt_board_options options() {
    device::virt_board_options o;
    o.memory_size = memory_size;
    return o;
  }

  device::collected_bytes output_;
  device::queued_bytes input_;
  std::unique_ptr<Any> machine_;
  device::virt_board board_;
  std::remove_cvref_t<decltype(std::declval<Any &>().user())> first_user_;
  std::remove_cvref_t<decltype(std::declval<Any &>().system())> first_system_;
};

} // namespace hvkit::tests
