// SPDX-License-Identifier: BSL-1.0
// Decides what all VMs of a CPU on the same kind of hardware have in common, whatever their policies: what policies see
// of a VM. It depends on CPU and engine alone, so that a further composition costs the compiler next to nothing.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include <hvkit/hardware/devices.hpp>
#include <hvkit/hardware/machine.hpp>
#include <hvkit/policy/dispatch/concept.hpp>
#include <hvkit/policy/interrupt/concept.hpp>
#include <hvkit/policy/paging/concept.hpp>
#include <hvkit/policy/technique/concept.hpp>
#include <hvkit/vmm/accounting.hpp>
#include <hvkit/vmm/virtual_cpu.hpp>

namespace hvkit {

/// One guest without its policies: memory, virtual CPU, board, counters. `Hart` is what it runs on.
template <class Cpu, class Hart> class guest_core : protected vcpu_listener {
public:
  using cpu = Cpu;
  using hart_type = Hart;
  using virtual_cpu = hvkit::virtual_cpu<Cpu>;

  guest_core(const guest_core &) = delete;
  guest_core &operator=(const guest_core &) = delete;
  ~guest_core() override { cpu_.set_listener(nullptr); }

  [[nodiscard]] virtual_cpu &vcpu() noexcept { return cpu_; }
  [[nodiscard]] const virtual_cpu &vcpu() const noexcept { return cpu_; }
  [[nodiscard]] guest_memory &memory() noexcept { return memory_; }
  [[nodiscard]] hardware::board &board() noexcept { return *board_; }
  /// Which of the VMM's guests this is, counted from 0: the lowest number that was free when it was created.
  [[nodiscard]] std::size_t number() const noexcept { return number_; }

  [[nodiscard]] const vm_counters<cpu> &count() const noexcept { return count_; }
  [[nodiscard]] virtual const paging::counters &paging_count() const = 0;
  [[nodiscard]] virtual const interrupt::counters &interrupt_count() const = 0;
  /// Tells `who` of every exit from now on, or (null) nobody. It must outlive the VM or its turn.
  void observe(exit_observer *who) noexcept { observer_ = who; }
  /// Notes from now on after how many steps each interrupt is delivered; null ends it. `log` must outlive that.
  void record_deliveries(std::vector<u64> *log) noexcept { deliveries_ = log; }

  /// Puts the guest onto the hardware, or takes it off.
  void bind(bool onto_hardware) noexcept {
    cpu_.bind(onto_hardware ? &hart_.user() : nullptr);
    stale_ = true;
  }
  /// Runs the bound guest: like a hart's `run`, but no trap ever comes back. With `host` the guest was stopped because
  /// the hardware reported what no handler claims.
  virtual exit_record run(u64 budget) = 0;
  [[nodiscard]] u64 steps() const noexcept { return cpu_.steps(); }
  [[nodiscard]] u64 now() const { return cpu_.now(); }
  [[nodiscard]] bool wakes() const { return cpu_.wakes(); }
  /// The guest waits for an interrupt, until `go_on`, or until its CPU is reset.
  void wait() noexcept { cpu_.wait(); }
  [[nodiscard]] bool waits() const noexcept { return cpu_.attends(hardware::attention::wait); }
  void go_on() noexcept { static_cast<void>(cpu_.settle(hardware::attention::wait)); }
  void idle_until(u64 then) { cpu_.idle_until(then); }
  [[nodiscard]] u64 timer_event() const { return hardware::own_event(cpu_); }
  void drive_timer() { hardware::drive_own(cpu_); }

  // What shares of the hardware it has, beside other guests.
  /// Set once, by whoever creates it.
  void set_share(u64 share) noexcept { share_ = share; }
  [[nodiscard]] u64 share() const noexcept { return share_; }
  /// No turn goes beyond that many steps of the guest; it has none any more then.
  void stop_at(u64 steps) noexcept { last_step_ = steps; }
  [[nodiscard]] u64 steps_left() const noexcept { return last_step_ - std::min(steps(), last_step_); }
  /// How many turns it had.
  [[nodiscard]] u64 turns() const noexcept { return turns_; }
  void begin_turn() noexcept { ++turns_; }
  /// Sets `flag` whenever a line of the guest's CPU changes while it waits; null ends it.
  void report_lines(bool *flag) noexcept { lines_changed_ = flag; }

  /// Makes `run` return with `exit_reason::host` before the next instruction.
  void interrupt_run() { cpu_.attend(hardware::attention::host); }

  /// The guest's physical memory: where it begins, how many bytes it has.
  [[nodiscard]] gpa memory_base() const noexcept { return memory_.base(); }
  [[nodiscard]] u64 memory_size() const noexcept { return memory_.size(); }
  /// Copies bytes out of it, all or nothing.
  [[nodiscard]] bool read(gpa at, void *to, u64 size) const { return memory_.read(at, to, size); }
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

  // What policies ask.
  [[nodiscard]] hart_type &hart() noexcept { return hart_; }
  [[nodiscard]] hardware::physical_memory &hardware_memory() noexcept { return hart_.memory(); }
  [[nodiscard]] hardware::frame_allocator &frames() noexcept { return frames_; }
  [[nodiscard]] hpa hardware_frame(u64 guest_frame) const noexcept { return memory_.frame(guest_frame); }
  /// Where the page of registers at `at` is in the hardware, if the guest may have it mapped.
  [[nodiscard]] maybe<hpa> device_page(gpa at) const { return devices_.page(number_, at); }
  /// Makes the hardware translate by these tables, which `space` tells apart from others.
  void enter_root(hpa root, u64 space) {
    cpu::set_root(hart_.system(), root, space);
    hart_.changed(effect::context);
  }
  virtual void drop_devices() = 0;
  /// The same for the second stage, on hardware that has one.
  void enter_second_root(hpa root, u64 space) {
    hart_type::cpu::set_second_root(hart_.system(), root, space);
    hart_.changed(effect::context);
  }
  /// The technique's copy of a page that is to be executed, if it has one.
  [[nodiscard]] virtual maybe<hpa> prepare(const technique::code_page &page) = 0;
  /// It may have one: it wants to be asked of each page.
  [[nodiscard]] virtual bool prepares() const = 0;
  /// For techniques: serves the guest's hypercall, if the exit is one and the guest's board serves them. It is a trap
  /// that the guest would have taken on the bare machine, too.
  [[nodiscard]] bool serve(const trap &t) {
    if constexpr (requires { cpu::is_hypercall(t, cpu_.system()); }) {
      if (cpu_.hypercalls() == nullptr || !cpu::is_hypercall(t, cpu_.system()))
        return false;
      cpu_.serve(*cpu_.hypercalls());
      ++count_.guest_traps;
      return true;
    }
    return false;
  }
  /// For dispatchers that go on after an exit: emulates the guest's next instruction if it would trap on the hardware,
  /// and if nothing is to be looked at before it. Answers whether it did.
  [[nodiscard]] bool emulate_next() {
    if (stale_ || cpu_.attention() != 0 || cpu_.steps() >= end_ || !undisturbed())
      return false;
    if constexpr (is_assisted)
      if (!hart_type::cpu::in_user_mode(hart_.system())) // its classes are those of user mode
        return false;
    const auto word = hart_.fetch_word();
    const auto d = word ? isa::decode<cpu>(*word) : isa::decoded<cpu>();
    if (!d || !count_.traps_on_hardware(d))
      return false;
    ++count_.batched;
    run_row(*word, d, false);
    return true;
  }

  /// The handlers of exits. Everything that is no fault of translation is emulated.
  [[nodiscard]] static constexpr auto handlers() {
    std::array<dispatch::entry<guest_core>, cpu::cause_count> all{};
    for (u64 cause = 0; cause < cpu::cause_count; ++cause)
      all[cause] = {cause, cpu::faulting_access(cause) ? &guest_core::on_fault : &guest_core::on_instruction};
    return all;
  }

protected:
  /// The hardware runs the guest in modes of its own, and so knows the guest's state while it does.
  static constexpr bool is_assisted = !std::is_same_v<typename hart_type::cpu, cpu>;

  /// `classes` are those of the CPU's units; null where no guest code runs on the hardware.
  guest_core(hart_type &hart, hardware::frame_allocator &frames, const hardware::device_allocator &devices, gpa base,
             u64 size, bool contiguous, std::size_t number, const theory::classified *classes)
      : hart_(hart), frames_(frames), devices_(devices), memory_(hart.memory(), frames, base, size, contiguous),
        cpu_(memory_), count_(classes), number_(number) {
    cpu_.set_listener(this);
  }

  /// Paging's word on a fault of the hardware.
  [[nodiscard]] virtual paging::outcome fault(gva at, access a) = 0;
  /// The technique lets the hardware run what comes next, and no deadline of interrupts has come.
  [[nodiscard]] virtual bool undisturbed() const = 0;

  /// What is to be looked at before the next instruction, but for interrupts.
  [[nodiscard]] maybe<exit_record> attended() {
    using hardware::attention;
    if (cpu_.settle(attention::host))
      return exit_record{exit_reason::host, {}};
    if (cpu_.settle(attention::events))
      return exit_record{exit_reason::events, {}};
    if (cpu_.settle(attention::wait))
      return exit_record{exit_reason::waiting, {}};
    static_cast<void>(cpu_.settle(attention::interrupts));
    return {};
  }
  void interpret() {
    cpu_.emulate();
    ++count_.interpreted;
  }
  /// Runs the hardware. A trap is counted; the caller dispatches it.
  [[nodiscard]] [[gnu::always_inline]] exit_record run_hardware(u64 budget) {
    const u64 before = cpu_.user().retired;
    const u64 walked = hart_.walk_references();
    give();
    const exit_record exit = hart_.run(budget);
    take_back();
    count_.walk_references += hart_.walk_references() - walked;
    count_.direct += cpu_.user().retired - before;
    if (exit.reason == exit_reason::waiting)
      cpu_.wait();
    if (exit.reason == exit_reason::trap) {
      ++count_.exits;
      ++count_.by_cause[exit.what.cause % cpu::cause_count];
    } else {
      ++count_.event_exits;
    }
    return exit;
  }
  /// Dispatches an exit by `dispatch(trap)`, and tells whoever watches.
  template <class F> [[nodiscard]] answer watched(const trap &t, F dispatch) {
    exit_seen seen{cpu_.user().retired, gva{cpu_.user().pc}, cpu_.system().get(cpu::mode_word), t};
    if (cpu::faulting_access(t.cause) != access::fetch)
      seen.word = hart_.fetch_word();
    const auto before = count_.fates();
    const answer said = dispatch(t);
    seen.fate = count_.fate_since(before);
    observer_->seen(seen);
    return said;
  }

  /// Gives the hardware what it has of the guest's state while it runs, and takes it back.
  void give() {
    if constexpr (is_assisted) {
      hart_.system().set(cpu::traps_word, 0);
      hart_type::cpu::enter_guest(cpu_, hart_.system());
      hart_.changed(effect::context | effect::interrupts);
    } else if constexpr (requires { cpu::lent_resources; }) {
      cpu::lend(cpu_.system(), hart_.system());
    }
  }
  void take_back() {
    if constexpr (is_assisted) {
      count_.inside += hart_.system().get(cpu::traps_word);
      hart_type::cpu::leave_guest(hart_.system(), cpu_);
    } else if constexpr (requires { cpu::lent_resources; }) {
      cpu::fold(hart_.system(), cpu_.system());
    }
  }

  hart_type &hart_;
  hardware::frame_allocator &frames_;
  const hardware::device_allocator &devices_;
  guest_memory memory_;
  virtual_cpu cpu_;
  vm_accounting<cpu> count_;
  bool stale_ = true; ///< the hardware may translate otherwise than the virtual CPU does
  u64 end_ = 0;       ///< of the run that is on: steps the guest may have made then
  bool *lines_changed_ = nullptr;
  exit_observer *observer_ = nullptr;
  std::vector<u64> *deliveries_ = nullptr;
  hardware::board *board_ = &none_;

private:
  static answer on_fault(guest_core &vm, const trap &t) {
    const access a = *cpu::faulting_access(t.cause);
    if (vm.fault(gva{t.value}, a) == paging::outcome::mapped)
      ++vm.count_.hidden_faults;
    else
      vm.emulate(a == access::fetch, true);
    return answer::handled;
  }
  static answer on_instruction(guest_core &vm, const trap &) {
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
  [[gnu::always_inline]] void run_row(u32 word, const isa::decoded<cpu> &d, bool memory_trap) {
    const u64 before = cpu_.user().retired;
    cpu_.emulate(word, d);
    count_.emulation(d, cpu_.user().retired != before, memory_trap);
  }

  hardware::no_board none_;
  std::size_t number_;
  u64 share_ = 1;
  u64 last_step_ = ~u64{0};
  u64 turns_ = 0;
};

} // namespace hvkit
