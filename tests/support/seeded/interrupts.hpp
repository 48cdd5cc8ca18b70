// SPDX-License-Identifier: BSL-1.0
// Decides how the delivery of interrupts is broken.
#pragma once

#include <bit>
#include <utility>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/policy/interrupt/held_back.hpp>

#include "support/seeded/bugs.hpp"

namespace hvkit::tests::seeded {

/// Interrupts that are held back, with faults.
struct flawed_interrupt {
  static constexpr slot kind = slot::interrupt;
  static constexpr std::string_view name = "flawed";
  using rules = interrupt::held_back::rules;

  template <class Vm> class over : public interrupt::held_back::over<Vm> {
    using base = interrupt::held_back::over<Vm>;
    using cpu_type = typename Vm::virtual_cpu;

  public:
    explicit over(Vm &vm) : vm_(vm) {}

    void raise(unsigned line) {
      base::raise(line);
      if (broken<"interrupt_lost">() && !vm_.vcpu().interrupt_due())
        forgotten_ |= bit(line);
    }
    void lower(unsigned line) {
      base::lower(line);
      forgotten_ &= ~bit(line);
    }
    [[nodiscard]] bool deliver(cpu_type &cpu) {
      using namespace cpu::riscv;
      auto &s = cpu.system();
      const u64 lines = s.get(w_lines), delegated = s.get(w_mideleg), enabled = s.get(w_mie);
      if (broken<"interrupt_late">() && cpu.interrupt_due() && !std::exchange(asked_, true))
        return false;
      if (broken<"interrupt_masked">() && cpu.interrupts_waiting() != 0 && !cpu.interrupt_due())
        return enter(cpu, first_of(cpu.interrupts_waiting()));
      if (last_ && broken<"interrupt_twice">() && cpu.interrupts_waiting() == 0 && accepts(cpu))
        return enter(cpu, *std::exchange(last_, {}));
      s.set(w_lines, lines & ~forgotten_);
      if (broken<"delegation_ignored">())
        s.set(w_mideleg, 0);
      if (broken<"least_urgent_first">())
        only_last(cpu, enabled);
      const maybe<u64> due = cpu.interrupt_due();
      const bool done = base::deliver(cpu);
      s.set(w_lines, lines);
      s.set(w_mideleg, delegated);
      s.set(w_mie, enabled);
      if (done) {
        last_ = due;
        asked_ = false;
        if (broken<"handler_unmasked">())
          s.set(fields::status::mie, 1);
      }
      return done;
    }

  private:
    [[nodiscard]] static u64 first_of(u64 lines) {
      return cpu::riscv::cause::interrupt | static_cast<u64>(std::countr_zero(lines));
    }
    [[nodiscard]] static bool accepts(const cpu_type &cpu) {
      using namespace cpu::riscv;
      return cpu.system().get(fields::mode) != privilege::machine || cpu.system().get(fields::status::mie) != 0;
    }
    static bool enter(cpu_type &cpu, u64 cause) {
      cpu.enter_trap({cause, 0});
      return true;
    }
    /// Enables nothing but the least urgent of those that are due.
    static void only_last(cpu_type &cpu, u64 enabled) {
      for (const unsigned number : {5U, 1U, 9U, 7U, 3U, 11U}) {
        cpu.system().set(cpu::riscv::w_mie, enabled & bit(number));
        if (cpu.interrupt_due())
          return;
      }
    }
    Vm &vm_;
    u64 forgotten_ = 0;
    bool asked_ = false;
    maybe<u64> last_;
  };
};

} // namespace hvkit::tests::seeded
