// SPDX-License-Identifier: BSL-1.0
// Decides what a VMM is: hardware, the guests on it, and which of them has it now.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include <hvkit/core/units.hpp>
#include <hvkit/vmm/composition.hpp>
#include <hvkit/vmm/legality.hpp>
#include <hvkit/vmm/run_queue.hpp>
#include <hvkit/vmm/virtual_machine.hpp>

namespace hvkit {

/// What a VMM is given.
struct vmm_options {
  u64 memory = 512_MiB; ///< bytes of the hardware's memory; guests and the VMM's own tables share it
};

/// What a guest is given.
struct vm_options {
  u64 memory = 128_MiB; ///< bytes, a multiple of 4 KiB
  gpa base{0x80000000}; ///< where they lie in the guest's physical address space
  u64 share = 1;        ///< of the hardware's time, for schedulers that give shares: 1 to scheduler::largest_share
};

/// Where a guest finds a device that is given to it.
struct place_for_device {
  hardware::bus &bus; ///< the guest's board's
  gpa at{};
  hardware::interrupt_line line{}; ///< an input of the guest's controller
  hardware::passage how = hardware::passage::trapped;
};

/// A VMM of the given composition. Guests are created in it, and have its hardware in turn.
template <class Composition> class monitor {
public:
  using composition = Composition;
  using cpu = typename Composition::cpu;
  using guest = virtual_machine<Composition>;
  using core = typename guest::core;
  using device_id = hvkit::hardware::device_allocator::id;

  explicit monitor(const vmm_options &options = {}) : hardware_(options.memory) {
    Composition::hart::cpu::deprivilege(hart().system());
    hart().set_hosted(true);
    hart().changed(effect::context);
  }

  monitor(const monitor &) = delete;
  monitor &operator=(const monitor &) = delete;
  ~monitor() { hardware_.frames().retire(); }

  /// A new guest, or null where the hardware's memory does not hold it, where size or base are no whole frames, or
  /// where there is no such share.
  [[nodiscard]] guest *create(const vm_options &options = {}) {
    if (frame_offset(options.memory) != 0 || frame_offset(options.base.value) != 0 || options.share == 0 ||
        options.share > scheduler::largest_share)
      return nullptr;
    auto vm = std::make_unique<guest>(hart(), hardware_.frames(), hardware_.devices(), options.base, options.memory,
                                      free_number());
    if (!vm->complete())
      return nullptr;
    vm->set_share(options.share);
    guest *made = vm.get();
    queue_.add(*made);
    guests_.push_back(std::move(vm));
    return made;
  }
  /// Ends a guest of this VMM, which must not be running just now. All it had is the VMM's again.
  void destroy(core &vm) {
    if (on_hardware_ == &vm) {
      vm.bind(false);
      on_hardware_ = nullptr;
    }
    for (device_id which = 0; which < devices().size(); ++which)
      if (devices().owner(which) == vm.number())
        withdraw(which);
    queue_.remove(vm);
    scheduler_.gone(vm);
    std::erase_if(guests_, [&](const auto &one) { return one.get() == &vm; });
  }

  /// The hardware's devices: for adding some, and for looking who has which.
  [[nodiscard]] hvkit::hardware::device_allocator &devices() noexcept { return hardware_.devices(); }
  /// Gives a device to a guest, on whose bus it is at `to` from now on. Directly, the guest's accesses are made by the
  /// hardware: no exit but one for each page that is mapped, and for interrupts. Why it is refused, or none.
  [[nodiscard]] hvkit::hardware::refusal assign(device_id which, core &vm, const place_for_device &to) {
    using hvkit::hardware::refusal;
    if (to.how == hvkit::hardware::passage::direct && !guest::maps_devices)
      return refusal::no_pages;
    if (const refusal why = devices().check(which, vm.number(), to.at, to.how); why != refusal::none)
      return why;
    withdraw(which);
    const u64 last = to.at.value + (devices().at(which).size - 1);
    if (last < to.at.value || vm.memory().contains(to.at) || vm.memory().contains(gpa{last}) ||
        (to.at < vm.memory_base() && vm.memory_base() <= gpa{last}))
      return refusal::occupied;
    return devices().assign(which, vm.number(), to.bus, to.at, to.line, to.how);
  }
  /// Takes a device from the guest that has it, if one does, and resets it.
  void withdraw(device_id which) {
    if (which >= devices().size())
      return;
    for (const auto &vm : guests_)
      if (vm->number() == devices().owner(which))
        vm->drop_devices();
    devices().withdraw(which);
  }

  /// Runs one guest with its board for an exact number of steps (retired instructions plus traps it took). Returns as
  /// `hardware::run_with` says; while it waits, time passes for it alone.
  exit_record run(core &vm, u64 budget) {
    const u64 before = vm.steps();
    put_onto_hardware(vm);
    const exit_record exit = hvkit::hardware::run_with(vm, vm.board(), budget);
    queue_.pass(vm.steps() - before);
    return exit;
  }

  /// Runs all guests, as the scheduler says and as they leave turns to each other, until together they made `budget`
  /// steps (then `budget`), or none can go on: then `waiting` if one waits for what nothing but the host can bring,
  /// else `host`. A guest that waits goes on when its time has come: the hardware's, which is that of all guests.
  exit_record run(u64 budget = ~u64{0}) {
    queue_.begin();
    while (budget != 0) {
      if (!queue_.advance())
        return {queue_.somebody_waits() ? exit_reason::waiting : exit_reason::host, {}};
      budget -= run_turn(budget);
    }
    return {};
  }

  /// Frames of the hardware that nobody has.
  [[nodiscard]] u64 free_frames() noexcept { return hardware_.frames().available(); }
  [[nodiscard]] typename Composition::hart &hart() noexcept { return hardware_.hart(); }
  [[nodiscard]] auto &scheduler() noexcept { return scheduler_; }
  [[nodiscard]] hvkit::hardware::physical_memory &memory() noexcept { return hardware_.memory(); }

private:
  /// The next turn, of `most` steps at most. How many it were.
  u64 run_turn(u64 most) {
    const auto turn = scheduler_.next(queue_.ready());
    core &vm = *turn.vm;
    const u64 budget = std::min({turn.budget, most, queue_.until_next(), vm.steps_left()});
    const u64 before = vm.steps();
    vm.begin_turn();
    put_onto_hardware(vm);
    const exit_record exit = hvkit::hardware::run_with(vm, vm.board(), budget, hvkit::hardware::idling::shared);
    const u64 used = vm.steps() - before;
    queue_.pass(used);
    const bool gave_up = exit.reason == exit_reason::budget && used < budget;
    scheduler_.ran(vm, gave_up ? turn.budget : used);
    if (exit.reason == exit_reason::waiting)
      queue_.wait(vm);
    else if (exit.reason == exit_reason::host || vm.steps_left() == 0)
      queue_.leave(vm);
    return used;
  }
  [[nodiscard]] std::size_t free_number() const {
    std::size_t number = 0;
    while (std::any_of(guests_.begin(), guests_.end(), [&](const auto &vm) { return vm->number() == number; }))
      ++number;
    return number;
  }
  void put_onto_hardware(core &vm) {
    if (on_hardware_ == &vm)
      return;
    if (on_hardware_ != nullptr)
      on_hardware_->bind(false);
    vm.bind(true);
    on_hardware_ = &vm;
  }

  typename Composition::platform hardware_;
  std::vector<std::unique_ptr<core>> guests_;
  core *on_hardware_ = nullptr;
  typename Composition::scheduler::template over<core> scheduler_;
  run_queue<core> queue_;
};

/// What `vmm` names after it said why there is no such VMM: inert, so that one error is all there is.
struct rejected {
  struct guest {
    void attach(hardware::board &) {}
  };
  explicit rejected(const vmm_options & = {}) {}
  guest *create(const vm_options & = {}) { return nullptr; }
  exit_record run(guest &, u64) { return {}; }
  exit_record run(u64 = 0) { return {}; }
  void destroy(guest &) {}
};

namespace detail {
template <class Cpu, class... Policies> constexpr auto verify() {
  using found = decltype(first_violation<Cpu, Policies...>());
  if constexpr (std::is_same_v<found, nothing>) {
    return std::type_identity<monitor<composition<Cpu, Policies...>>>{};
  } else {
    violation::wording<typename found::rule>::template complain<typename found::subject>();
    return std::type_identity<rejected>{};
  }
}
} // namespace detail

/// A VMM for guests of `Cpu`, composed of one policy for each slot: in any order, defaults filled in. Policies that do
/// not make a VMM are refused with one error, which says what stands in the way.
template <class Cpu, class... Policies> using vmm = typename decltype(detail::verify<Cpu, Policies...>())::type;

} // namespace hvkit

#ifdef HVKIT_MACHINES_ELSEWHERE
#include <hvkit/hardware/instances.hpp>
#endif
