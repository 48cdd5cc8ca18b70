// SPDX-License-Identifier: BSL-1.0
// Decides which VMs can go on, which wait, and how much time passes for those that do. Knows no scheduler.
//
// The hardware's clock counts the steps of all VMs, and the times when all wait. For a VM that waits, time passes as it
// does for the hardware, but never beyond what it waits for: whatever others do meanwhile, it goes on at the very time
// of its own at which it would alone. While it waits nothing is done for it: it is looked at when its time has come, or
// when one of its lines has changed.
#pragma once

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include <hvkit/hardware/machine.hpp>

namespace hvkit {

/// All VMs of a VMM, by number. `Vm` is a guest_core.
template <class Vm> class run_queue {
public:
  /// `vm`, whose number nobody else has, can go on from now on. Nothing is allocated on the host but here.
  void add(Vm &vm) {
    const auto behind =
        std::find_if(members_.begin(), members_.end(), [&](const member &m) { return m.vm->number() > vm.number(); });
    members_.insert(behind, member{&vm});
    ready_.reserve(members_.size());
    vm.report_lines(&look_);
    collect();
  }
  void remove(Vm &vm) {
    vm.report_lines(nullptr);
    std::erase_if(members_, [&](const member &m) { return m.vm == &vm; });
    collect();
  }

  /// Those that can go on, by number.
  [[nodiscard]] std::span<Vm *const> ready() const noexcept { return ready_; }
  /// Steps until somebody is to be looked at who waits.
  [[nodiscard]] u64 until_next() const noexcept { return next_ - now_; }
  [[nodiscard]] bool somebody_waits() const {
    return std::any_of(members_.begin(), members_.end(), [](const member &m) { return m.is == standing::waiting; });
  }

  /// The host may have done anything: those that were out can go on, unless their machine is off or has had its steps.
  void begin() {
    for (member &m : members_)
      if (m.is == standing::out && !m.vm->board().finished() && m.vm->steps_left() != 0)
        m.is = standing::ready;
    look_ = true;
  }
  /// Somebody made so many steps.
  void pass(u64 steps) noexcept { now_ += steps; }
  /// `vm` waits, and is in the hands of this until it can go on.
  void wait(Vm &vm) {
    member &m = member_of(vm);
    vm.wait();
    m.is = standing::waiting;
    sleep(m, now_);
    collect();
  }
  /// `vm` cannot go on before the next `begin`.
  void leave(Vm &vm) {
    member_of(vm).is = standing::out;
    collect();
  }
  /// Lets those go on that need wait no longer; where nobody can go on, time comes to the next one who will. False if
  /// there is none.
  [[nodiscard]] bool advance() {
    for (;;) {
      if (std::exchange(look_, false) || now_ >= next_) {
        for (member &m : members_)
          if (m.is == standing::waiting && !still_waits(m))
            m.is = standing::ready;
        collect();
      }
      if (!ready_.empty())
        return true;
      if (next_ == hardware::never)
        return false;
      now_ = next_;
    }
  }

private:
  enum class standing : u8 { ready, waiting, out };
  struct member {
    Vm *vm;
    standing is = standing::ready;
    u64 since = 0; ///< when it began to wait, on the hardware's clock
    u64 wakes = 0; ///< when it is to be looked at, on the hardware's clock
    u64 due = 0;   ///< the same on its own, which stands still meanwhile
  };

  [[nodiscard]] member &member_of(const Vm &vm) {
    return *std::find_if(members_.begin(), members_.end(), [&](const member &m) { return m.vm == &vm; });
  }
  /// Waits on from `since`, for whatever happens to it next.
  void sleep(member &m, u64 since) const {
    m.since = since;
    m.due = hardware::next_event(*m.vm, m.vm->board());
    const u64 ahead = m.due - m.vm->now();
    m.wakes = m.due == hardware::never || ahead >= hardware::never - since ? hardware::never : since + ahead;
  }
  /// Gives the VM the time that has passed, and looks whether that, or a line, lets it go on.
  [[nodiscard]] bool still_waits(member &m) {
    if (m.vm->waits() && m.vm->wakes()) // somebody else raised a line, now
      m.vm->idle_until(std::min(m.due, m.vm->now() + (now_ - m.since)));
    while (m.vm->waits() && !m.vm->wakes()) {
      if (now_ < m.wakes)
        return true;
      m.vm->idle_until(m.due);
      hardware::advance(*m.vm, m.vm->board());
      sleep(m, m.wakes);
    }
    m.vm->go_on();
    return false;
  }
  void collect() {
    ready_.clear();
    next_ = hardware::never;
    for (const member &m : members_)
      if (m.is == standing::ready)
        ready_.push_back(m.vm);
      else if (m.is == standing::waiting)
        next_ = std::min(next_, m.wakes);
  }

  std::vector<member> members_;
  std::vector<Vm *> ready_;
  u64 now_ = 0;
  u64 next_ = hardware::never;
  bool look_ = false; ///< a line has changed
};

} // namespace hvkit
