// SPDX-License-Identifier: BSL-1.0
// Decides how the policies of a composition make a VM, and the one loop in which it runs: deliver, run the hardware
// until it traps, dispatch the exit.
#pragma once

#include <algorithm>
#include <concepts>

#include <hvkit/vmm/guest_core.hpp>

namespace hvkit {

namespace detail {
/// A policy for one VM: made from the VM, if it wants to know it.
template <class Over, class Vm> [[nodiscard]] Over made_for(Vm &vm) {
  if constexpr (std::constructible_from<Over, Vm &>)
    return Over(vm);
  else
    return Over();
}
} // namespace detail

/// One guest of a VMM composed as `Composition`. Made by `vmm<...>::create`.
template <class Composition> class virtual_machine final
    : public guest_core<typename Composition::cpu, typename Composition::hart> {
public:
  using composition = Composition;
  using cpu = typename Composition::cpu;
  /// What policies see of this VM.
  using core = guest_core<cpu, typename Composition::hart>;
  using technique_type = typename Composition::technique::template over<core>;
  using paging_type = typename Composition::paging::template over<core>;
  using interrupt_type = typename Composition::interrupt::template over<core>;
  using dispatch_type = typename Composition::dispatch::template over<core>;

  virtual_machine(typename core::hart_type &hart, hardware::frame_allocator &frames,
                  const hardware::device_allocator &devices, gpa base, u64 size, std::size_t number = 0)
      : core(hart, frames, devices, base, size, contiguous, number, classes()),
        technique_(detail::made_for<technique_type>(as_core())), paging_(detail::made_for<paging_type>(as_core())),
        interrupt_(detail::made_for<interrupt_type>(as_core())),
        dispatcher_(detail::made_for<dispatch_type>(as_core())) {}

  /// Wires the machine up. `around` must outlive the VM.
  void attach(hardware::board &around) {
    this->board_ = &around;
    Composition::io::attach(this->cpu_, around);
    Composition::clock::attach(this->cpu_, around);
    this->cpu_.set_hypercalls(around.hypercalls());
  }

  [[nodiscard]] const paging_type &translation() const noexcept { return paging_; }
  [[nodiscard]] const interrupt_type &interrupts() const noexcept { return interrupt_; }
  [[nodiscard]] const paging::counters &paging_count() const override { return paging_.count(); }
  [[nodiscard]] const interrupt::counters &interrupt_count() const override { return interrupt_.count(); }
  /// There was enough memory for the guest and for what the VMM keeps of it.
  [[nodiscard]] bool complete() const noexcept { return this->memory_.complete() && paging_.complete(); }

  exit_record run(u64 budget) override {
    this->end_ = this->steps() + budget;
    while (this->steps() < this->end_) {
      if (this->cpu_.attention() != 0 || this->now() >= interrupt_.deadline()) {
        if (const auto why = this->attended())
          return *why;
        if (deliver())
          continue;
      }
      if (!technique_.direct(this->cpu_))
        this->interpret();
      else if (const exit_record exit = enter(turn()); exit.reason == exit_reason::host)
        return exit;
    }
    return {};
  }

  /// Takes every way to these guest frames from the hardware; they are found again when the guest uses them.
  void drop(paging::frame_range frames) {
    paging_.drop(frames);
    this->stale_ = true;
  }
  /// The composition can map pages of registers for its guests.
  static constexpr bool maps_devices = Composition::technique::runs_user_code && requires(paging_type & p) {
    p.drop_devices();
  };
  /// Takes every way to registers from the hardware.
  void drop_devices() override {
    if constexpr (maps_devices)
      paging_.drop_devices();
  }
  [[nodiscard]] maybe<hpa> prepare(const technique::code_page &page) override { return technique_.prepare(page); }
  [[nodiscard]] bool prepares() const override { return technique::prepares<technique_type>; }

private:
  /// A paging policy without page tables says that the guest's memory must lie in one piece.
  static constexpr bool contiguous = requires { requires Composition::paging::contiguous; };

  [[nodiscard]] core &as_core() noexcept { return *this; }
  [[nodiscard]] static constexpr const theory::classified *classes() {
    if constexpr (Composition::technique::runs_user_code)
      return Composition::classification::template classes<cpu>().data();
    else
      return nullptr;
  }

  // What the virtual CPU tells.
  void changed(effect what) override {
    if (has(what, effect::protection))
      paging_.drop(paging::every_frame);
    this->stale_ = this->stale_ || has(what, effect::context) || has(what, effect::protection);
  }
  void stored(gpa at, u64 size) override { paging_.table_written(at, size); }
  void fence(const fence_scope &scope) override {
    paging_.fence(scope);
    this->stale_ = true;
  }
  void line(unsigned number, bool level) override {
    level ? interrupt_.raise(number) : interrupt_.lower(number);
    if (this->waits() && this->lines_changed_ != nullptr)
      *this->lines_changed_ = true;
  }

  // Parts of the loop, inlined whatever their size: composing is to cost what writing it by hand does.
  [[nodiscard]] [[gnu::always_inline]] bool deliver() {
    const u64 when = this->steps();
    const bool delivered = interrupt_.deliver(this->cpu_);
    if (delivered && this->deliveries_ != nullptr)
      this->deliveries_->push_back(when);
    return delivered;
  }

  /// Steps that the hardware may make until it is asked for, or until the interrupt policy wants to be.
  [[nodiscard]] u64 turn() const {
    const u64 left = this->end_ - this->steps(), now = this->now(), deadline = interrupt_.deadline();
    return deadline <= now ? left : std::min(left, deadline - now);
  }
  [[gnu::always_inline]] exit_record enter(u64 budget) {
    if (this->stale_ || core::is_assisted) {
      this->stale_ = false;
      paging_.enter({this->cpu_.translation_context(access::fetch), this->cpu_.translation_context(access::load)});
    }
    const exit_record exit = this->run_hardware(budget);
    if (exit.reason == exit_reason::events) // a device that the guest has directly
      this->cpu_.attend(hardware::attention::events);
    if (exit.reason != exit_reason::trap)
      return exit;
    const auto dispatch = [this](const trap &t) {
      return technique_.handle(as_core(), t) == answer::handled ? answer::handled : dispatcher_.dispatch(as_core(), t);
    };
    if ((this->observer_ == nullptr ? dispatch(exit.what) : this->watched(exit.what, dispatch)) == answer::not_mine)
      return {exit_reason::host, exit.what};
    return {};
  }

  [[nodiscard]] paging::outcome fault(gva at, access a) override { return paging_.fault(at, a); }
  [[nodiscard]] bool undisturbed() const override {
    return this->now() < interrupt_.deadline() && technique_.direct(this->cpu_);
  }

  technique_type technique_;
  paging_type paging_;
  interrupt_type interrupt_;
  dispatch_type dispatcher_;
};

} // namespace hvkit
