// SPDX-License-Identifier: BSL-1.0
// Decides what a VMM is: hardware, the guests on it, and which of them has it now.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include <hvkit/core/units.hpp>
#include <hvkit/vmm/composition.hpp>
#include <hvkit/vmm/legality.hpp>
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
};

/// A VMM of the given composition. Guests are created in it, and have its hardware in turn.
template <class Composition> class monitor {
public:
  using composition = Composition;
  using cpu = typename Composition::cpu;
  using guest = virtual_machine<Composition>;
  using core = typename guest::core;

  explicit monitor(const vmm_options &options = {}) : hardware_(options.memory) {
    cpu::deprivilege(hart().system());
    hart().set_hosted(true);
    hart().changed(effect::context);
  }

  /// A new guest, or null where the hardware's memory does not hold it, or where size or base are no whole frames.
  [[nodiscard]] guest *create(const vm_options &options = {}) {
    if (frame_offset(options.memory) != 0 || frame_offset(options.base.value) != 0)
      return nullptr;
    auto vm = std::make_unique<guest>(hart(), hardware_.frames(), options.base, options.memory, guests_.size());
    if (!vm->complete())
      return nullptr;
    guest *made = vm.get();
    guests_.push_back(std::move(vm));
    return made;
  }

  /// Runs one guest with its board for an exact number of steps (retired instructions plus traps it took). Returns as
  /// `hardware::run_with` says.
  exit_record run(core &vm, u64 budget) {
    put_onto_hardware(vm);
    return hardware::run_with(vm, vm.board(), budget);
  }

  /// Runs all guests, as the scheduler says and as they leave turns to each other, until together they made `budget`
  /// steps (then `budget`), or none can go on: then `waiting` if one waits for what nothing but the host can bring,
  /// else `host`.
  exit_record run(u64 budget = ~u64{0}) {
    std::vector<core *> ready;
    for (const auto &vm : guests_)
      ready.push_back(vm.get());
    exit_record last{exit_reason::host, {}};
    while (budget != 0 && !ready.empty()) {
      const auto turn = scheduler_.next(ready);
      const u64 before = turn.vm->steps();
      put_onto_hardware(*turn.vm);
      const exit_record exit = hardware::run_with(*turn.vm, turn.vm->board(), std::min(turn.budget, budget), true);
      budget -= turn.vm->steps() - before;
      if (exit.reason == exit_reason::budget)
        continue;
      std::erase(ready, turn.vm);
      if (exit.reason == exit_reason::waiting)
        last = exit;
    }
    return ready.empty() ? last : exit_record{};
  }

  [[nodiscard]] typename Composition::hart &hart() noexcept { return hardware_.hart(); }
  [[nodiscard]] hvkit::hardware::physical_memory &memory() noexcept { return hardware_.memory(); }

private:
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
