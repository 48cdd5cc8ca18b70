// SPDX-License-Identifier: BSL-1.0
// Decides what a VM is, and the one loop in which it runs: deliver, run the hardware until it traps, dispatch the exit.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <vector>

#include <hvkit/hardware/machine.hpp>
#include <hvkit/policy/dispatch/concept.hpp>
#include <hvkit/policy/paging/concept.hpp>
#include <hvkit/policy/technique/concept.hpp>
#include <hvkit/vmm/accounting.hpp>
#include <hvkit/vmm/virtual_cpu.hpp>

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
template <class Composition> class virtual_machine final : vcpu_listener {
public:
  using composition = Composition;
  using cpu = typename Composition::cpu;
  using virtual_cpu = hvkit::virtual_cpu<cpu>;
  using hart_type = typename Composition::hart;
  using technique = typename Composition::technique::template over<virtual_machine>;
  using paging = typename Composition::paging::template over<virtual_machine>;
  using interrupt = typename Composition::interrupt::template over<virtual_machine>;
  using dispatcher = typename Composition::dispatch::template over<virtual_machine>;
  using accounting = vm_accounting<Composition>;

  virtual_machine(hart_type &hart, hardware::frame_allocator &frames, gpa base, u64 size, std::size_t number = 0)
      : hart_(hart), frames_(frames), memory_(hart.memory(), frames, base, size, contiguous), cpu_(memory_),
        technique_(detail::made_for<technique>(*this)), paging_(detail::made_for<paging>(*this)),
        interrupt_(detail::made_for<interrupt>(*this)), dispatcher_(detail::made_for<dispatcher>(*this)),
        number_(number) {
    cpu_.set_listener(this);
  }
  virtual_machine(const virtual_machine &) = delete;
  virtual_machine &operator=(const virtual_machine &) = delete;
  ~virtual_machine() override { cpu_.set_listener(nullptr); }

  /// Wires the machine up. `around` must outlive the VM.
  void attach(hardware::board &around) {
    board_ = &around;
    Composition::io::attach(cpu_, around);
    Composition::clock::attach(cpu_, around);
  }

  /// Tells `who` of every exit from now on, or (null) nobody. It must outlive the VM or its turn.
  void observe(exit_observer *who) noexcept { observer_ = who; }

  /// Notes from now on after how many steps each interrupt is delivered; null ends it. `log` must outlive that.
  void record_deliveries(std::vector<u64> *log) noexcept { deliveries_ = log; }

  [[nodiscard]] virtual_cpu &vcpu() noexcept { return cpu_; }
  [[nodiscard]] const virtual_cpu &vcpu() const noexcept { return cpu_; }
  [[nodiscard]] guest_memory &memory() noexcept { return memory_; }
  [[nodiscard]] hardware::board &board() noexcept { return *board_; }
  [[nodiscard]] const vm_counters<cpu> &count() const noexcept { return count_; }
  [[nodiscard]] const paging &translation() const noexcept { return paging_; }
  [[nodiscard]] const interrupt &interrupts() const noexcept { return interrupt_; }
  /// There was enough memory for the guest and for what the VMM keeps of it.
  [[nodiscard]] bool complete() const noexcept { return memory_.complete() && paging_.complete(); }

  /// Puts the guest onto the hardware, or takes it off.
  void bind(bool onto_hardware) noexcept {
    cpu_.bind(onto_hardware ? &hart_.user() : nullptr);
    stale_ = true;
  }

  /// Runs the bound guest: like a hart's `run`, but no trap ever comes back. With `host` the guest was stopped because
  /// the hardware reported what no handler claims.
  exit_record run(u64 budget) {
    end_ = cpu_.steps() + budget;
    while (cpu_.steps() < end_) {
      if (cpu_.attention() != 0 || cpu_.now() >= interrupt_.deadline()) {
        bool delivered = false;
        if (const auto why = look_around(delivered))
          return *why;
        if (delivered)
          continue;
      }
      if (!technique_.direct(cpu_))
        interpret();
      else if (const exit_record exit = enter(turn()); exit.reason == exit_reason::host)
        return exit;
    }
    return {};
  }
  [[nodiscard]] u64 steps() const noexcept { return cpu_.steps(); }
  [[nodiscard]] u64 now() const { return cpu_.now(); }
  [[nodiscard]] bool wakes() const { return cpu_.wakes(); }
  void idle_until(u64 then) { cpu_.idle_until(then); }
  /// Makes `run` return with `exit_reason::host` before the next instruction.
  void interrupt_run() { cpu_.attend(hardware::attention::host); }

  /// Copies bytes into the guest's memory from outside, as a device by DMA does. All or nothing.
  [[nodiscard]] bool write(gpa at, const void *from, u64 size) {
    if (!memory_.write(at, from, size))
      return false;
    for (u64 n = 0; size != 0; at = at + n, size -= n) {
      n = std::min(size, frame_size - frame_offset(at.value));
      stored(at, n);
    }
    return true;
  }

  /// Takes every way to these guest frames from the hardware; they are found again when the guest uses them.
  void drop(hvkit::paging::frame_range frames) {
    paging_.drop(frames);
    stale_ = true;
  }

  // What policies ask.
  [[nodiscard]] hart_type &hart() noexcept { return hart_; }
  [[nodiscard]] hardware::physical_memory &hardware_memory() noexcept { return hart_.memory(); }
  [[nodiscard]] hardware::frame_allocator &frames() noexcept { return frames_; }
  [[nodiscard]] hpa hardware_frame(u64 guest_frame) const noexcept { return memory_.frame(guest_frame); }
  /// Makes the hardware translate by these tables, which `space` tells apart from others.
  void enter_root(hpa root, u64 space) {
    cpu::set_root(hart_.system(), root, space);
    hart_.changed(effect::context);
  }

  /// The technique's copy of a page that is to be executed, if it has one.
  [[nodiscard]] maybe<hpa> prepare(const hvkit::technique::code_page &page) { return technique_.prepare(page); }

  /// For dispatchers that go on after an exit: emulates the guest's next instruction if it would trap on the hardware,
  /// and if nothing is to be looked at before it. Answers whether it did.
  [[nodiscard]] bool emulate_next() {
    if (stale_ || cpu_.attention() != 0 || cpu_.steps() >= end_ || cpu_.now() >= interrupt_.deadline() ||
        !technique_.direct(cpu_))
      return false;
    const auto word = hart_.fetch_word();
    const auto d = word ? isa::decode<cpu>(*word) : isa::decoded<cpu>();
    if (!d || !accounting::traps_on_hardware(d))
      return false;
    ++count_.batched;
    run_row(*word, d, false);
    return true;
  }
  /// Which of the VMM's guests this is, counted from 0 in the order of creation.
  [[nodiscard]] std::size_t number() const noexcept { return number_; }

  /// The handlers of exits. Everything that is no fault of translation is emulated.
  [[nodiscard]] static constexpr auto handlers() {
    std::array<dispatch::entry<virtual_machine>, cpu::cause_count> all{};
    for (u64 cause = 0; cause < cpu::cause_count; ++cause)
      all[cause] = {cause, cpu::faulting_access(cause) ? &virtual_machine::on_fault : &virtual_machine::on_instruction};
    return all;
  }

private:
  /// A paging policy without page tables says that the guest's memory must lie in one piece.
  static constexpr bool contiguous = requires { requires Composition::paging::contiguous; };

  // What the virtual CPU tells.
  void changed(effect what) override {
    if (has(what, effect::protection))
      paging_.drop(hvkit::paging::every_frame);
    stale_ = stale_ || has(what, effect::context) || has(what, effect::protection);
  }
  void stored(gpa at, u64 size) override { paging_.table_written(at, size); }
  void fence(const fence_scope &scope) override {
    paging_.fence(scope);
    stale_ = true;
  }
  void line(unsigned number, bool level) override { level ? interrupt_.raise(number) : interrupt_.lower(number); }

  [[nodiscard]] maybe<exit_record> look_around(bool &delivered) {
    using hardware::attention;
    if (cpu_.settle(attention::host))
      return exit_record{exit_reason::host, {}};
    if (cpu_.settle(attention::events))
      return exit_record{exit_reason::events, {}};
    if (cpu_.settle(attention::wait))
      return exit_record{exit_reason::waiting, {}};
    static_cast<void>(cpu_.settle(attention::interrupts));
    const u64 when = cpu_.steps();
    delivered = interrupt_.deliver(cpu_);
    if (delivered && deliveries_ != nullptr)
      deliveries_->push_back(when);
    return {};
  }

  void interpret() {
    cpu_.emulate();
    ++count_.interpreted;
  }

  /// Steps that the hardware may make until it is asked for, or until the interrupt policy wants to be.
  [[nodiscard]] u64 turn() const {
    const u64 left = end_ - cpu_.steps();
    const u64 deadline = interrupt_.deadline();
    return deadline <= cpu_.now() ? left : std::min(left, deadline - cpu_.now());
  }

  exit_record enter(u64 budget) {
    if (stale_) {
      stale_ = false;
      paging_.enter({cpu_.translation_context(access::fetch), cpu_.translation_context(access::load)});
    }
    const u64 before = cpu_.user().retired;
    const exit_record exit = hart_.run(budget);
    count_.direct += cpu_.user().retired - before;
    if (exit.reason != exit_reason::trap) {
      ++count_.event_exits;
      return exit;
    }
    ++count_.exits;
    ++count_.by_cause[exit.what.cause % cpu::cause_count];
    if ((observer_ == nullptr ? dispatch(exit.what) : dispatch_seen(exit.what)) == answer::not_mine)
      return {exit_reason::host, exit.what};
    return {};
  }
  [[nodiscard]] answer dispatch(const trap &t) {
    return technique_.handle(*this, t) == answer::handled ? answer::handled : dispatcher_.dispatch(*this, t);
  }

  /// Dispatches an exit that somebody watches.
  [[nodiscard]] answer dispatch_seen(const trap &t) {
    exit_seen seen{cpu_.user().retired, gva{cpu_.user().pc}, cpu_.system().get(cpu::mode_word), t};
    if (cpu::faulting_access(t.cause) != access::fetch)
      seen.word = hart_.fetch_word();
    const auto before = count_.fates();
    const answer said = dispatch(t);
    seen.fate = count_.fate_since(before);
    observer_->seen(seen);
    return said;
  }

  static answer on_fault(virtual_machine &vm, const trap &t) {
    const access a = *cpu::faulting_access(t.cause);
    if (vm.paging_.fault(gva{t.value}, a) == hvkit::paging::outcome::mapped)
      ++vm.count_.hidden_faults;
    else
      vm.emulate(a == access::fetch, true);
    return answer::handled;
  }
  static answer on_instruction(virtual_machine &vm, const trap &) {
    vm.emulate(false, false);
    return answer::handled;
  }

  /// Runs the trapped instruction's row on the virtual CPU.
  void emulate(bool fetch_failed, bool memory_trap) {
    if (const auto word = fetch_failed ? maybe<u32>() : hart_.fetch_word())
      return run_row(*word, isa::decode<cpu>(*word), memory_trap);
    const u64 before = cpu_.user().retired;
    cpu_.set_instruction_bits(0); // what stands there if nothing can be fetched
    cpu_.emulate();
    count_.emulation(isa::decode<cpu>(static_cast<u32>(cpu_.instruction_bits())), cpu_.user().retired != before,
                     memory_trap);
  }
  void run_row(u32 word, const isa::decoded<cpu> &d, bool memory_trap) {
    const u64 before = cpu_.user().retired;
    cpu_.emulate(word, d);
    count_.emulation(d, cpu_.user().retired != before, memory_trap);
  }
  hart_type &hart_;
  hardware::frame_allocator &frames_;
  guest_memory memory_;
  virtual_cpu cpu_;
  technique technique_;
  paging paging_;
  interrupt interrupt_;
  dispatcher dispatcher_;
  u64 end_ = 0; ///< of the run that is on: steps the guest may have made then
  std::size_t number_;
  bool stale_ = true; ///< the hardware may translate otherwise than the virtual CPU does
  hardware::no_board none_;
  hardware::board *board_ = &none_;
  exit_observer *observer_ = nullptr;
  std::vector<u64> *deliveries_ = nullptr;
  accounting count_{};
};

} // namespace hvkit
