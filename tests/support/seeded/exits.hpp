// SPDX-License-Identifier: BSL-1.0
// Decides how the handling of exits is broken: what is emulated with whose rights, and what is left behind of it.
#pragma once

#include <array>
#include <vector>

#include <hvkit/hardware/attention.hpp>
#include <hvkit/policy/clock/retired.hpp>
#include <hvkit/policy/dispatch/table.hpp>
#include <hvkit/policy/technique/trap_and_emulate.hpp>

#include "support/seeded/bugs.hpp"
#include "support/torture/writer.hpp"

namespace hvkit::tests::seeded {

/// Exits by the table, with faults before and behind.
struct flawed_dispatch {
  static constexpr slot kind = slot::dispatch;
  static constexpr std::string_view name = "flawed";

  template <class Vm> class over {
    using inner_type = dispatch::table::over<Vm>;
    using system_state = typename Vm::cpu::system_state;
    using user_state = typename Vm::cpu::user_state;

  public:
    [[nodiscard]] answer dispatch(Vm &vm, const trap &t) {
      using namespace cpu::riscv;
      if (t.cause == cause::breakpoint && broken<"breakpoint_unhandled">())
        return answer::not_mine;
      if (broken<"exits_kept">())
        kept_.push_back(t);
      if (fs_ && broken<"stale_fs">())
        vm.vcpu().system().set(fields::status::fs, *fs_);
      const system_state system = vm.vcpu().system();
      const user_state user = vm.vcpu().user();
      const answer said = with_rights(vm, t);
      after(vm, t, user, system);
      fs_ = vm.vcpu().system().get(fields::status::fs);
      return said;
    }

  private:
    [[nodiscard]] static bool trapped(Vm &vm, const system_state &before) {
      return vm.vcpu().system().get(cpu::riscv::w_traps) != before.get(cpu::riscv::w_traps);
    }
    /// Emulates with the rights of another mode what would not be allowed in the guest's; if it still traps, nothing
    /// happened.
    [[nodiscard]] answer with_rights(Vm &vm, const trap &t) {
      using namespace cpu::riscv;
      auto &system = vm.vcpu().system();
      const system_state before = system;
      const user_state user = vm.vcpu().user();
      const bool memory = Vm::cpu::faulting_access(t.cause).has_value();
      const bool user_mode = system.get(fields::mode) == privilege::user;
      if (memory && user_mode && broken<"load_as_supervisor">()) {
        system.set(fields::mode, privilege::supervisor);
        system.set(fields::status::sum, 1);
      } else if (t.cause == cause::illegal_instruction && user_mode && broken<"csr_as_machine">()) {
        system.set(fields::mode, privilege::machine);
      } else {
        return inner_.dispatch(vm, t);
      }
      const answer said = inner_.dispatch(vm, t);
      if (trapped(vm, before)) {
        system = before;
        vm.vcpu().user() = user;
        return inner_.dispatch(vm, t);
      }
      system.set(fields::mode, before.get(fields::mode));
      system.set(fields::status::sum, before.get(fields::status::sum));
      return said;
    }
    void after(Vm &vm, const trap &t, const user_state &user, const system_state &system) {
      if (trapped(vm, system))
        after_trap(vm, t, user, system);
      else if (vm.vcpu().user().retired != user.retired)
        after_emulation(vm, user);
      else if (broken<"reservation_lost">())
        vm.vcpu().user().reservation = 0;
      if (broken<"unmasking_unseen">())
        static_cast<void>(vm.vcpu().settle(hardware::attention::interrupts));
      if (broken<"deadline_missed">())
        static_cast<void>(vm.vcpu().settle(hardware::attention::events));
      if (broken<"budget_ignored">())
        for (int i = 0; i < 50; ++i)
          vm.vcpu().emulate();
    }
    /// The guest's own handler was entered.
    void after_trap(Vm &vm, const trap &t, const user_state &user, const system_state &) {
      using namespace cpu::riscv;
      auto &system = vm.vcpu().system();
      const bool machine = system.get(fields::mode) == privilege::machine;
      const auto cause_word = machine ? w_mcause : w_scause;
      if (broken<"reservation_survives">())
        vm.vcpu().user().reservation = user.reservation;
      if (broken<"value_lost">() && Vm::cpu::faulting_access(system.get(cause_word)))
        system.set(machine ? w_mtval : w_stval, frame_base(system.get(machine ? w_mtval : w_stval)));
      if (broken<"epc_behind_call">() && t.cause == cause::ecall_from_u)
        system.set(machine ? w_mepc : w_sepc, user.pc + 4);
      if (broken<"cause_of_hardware">())
        system.set(cause_word, t.cause);
    }
    /// An instruction was emulated, and retired.
    void after_emulation(Vm &vm, const user_state &before) {
      auto &user = vm.vcpu().user();
      const auto word = static_cast<u32>(vm.vcpu().instruction_bits());
      const auto d = isa::decode<typename Vm::cpu>(word);
      if (broken<"emulation_counted_twice">())
        ++user.retired;
      if (broken<"emulation_not_counted">())
        --user.retired;
      if (broken<"return_truncated">() && (d.row == torture::row::mret || d.row == torture::row::sret))
        user.pc &= low_bits(39);
      if (broken<"short_instruction">() && (word & 3) != 3 && user.pc == before.pc + 2)
        user.pc += 2;
      if (d.row == torture::row::csrrs && d.operands.csr() == 0x180 && broken<"shadow_root_shown">())
        user.x[d.operands.rd] = vm.hart().system().get(cpu::riscv::w_satp);
      if (d.row == torture::row::csrrs && d.operands.csr() == 0x300 && broken<"hardware_status_shown">())
        user.x[d.operands.rd] = vm.hart().system().get(cpu::riscv::w_mstatus);
    }

    inner_type inner_;
    maybe<u64> fs_;
    std::vector<trap> kept_;
  };
};

/// Trap-and-emulate; in the manner `copying` code runs from copies of its pages, one for each frame.
struct flawed_technique {
  static constexpr slot kind = slot::technique;
  static constexpr std::string_view name = "flawed";
  static constexpr bool runs_privileged_code = true;
  static constexpr bool runs_user_code = true;
  using rules = technique::trap_and_emulate::rules;

  template <class Vm> class over : public technique::trap_and_emulate::over<Vm> {
  public:
    explicit over(Vm &vm) : vm_(vm) {}
    ~over() {
      for (const hpa copy : copies_)
        if (copy != hpa{})
          vm_.frames().release(copy);
    }
    over(const over &) = delete;
    over &operator=(const over &) = delete;

    /// Calls are emulated like all that traps, unless a bug is in force that lives in a faster way.
    [[nodiscard]] answer handle(Vm &vm, const trap &t) {
      using namespace cpu::riscv;
      auto &cpu = vm.vcpu();
      const u64 reservation = cpu.user().reservation;
      if (t.cause != cause::ecall_from_u || cpu.hypercalls() == nullptr)
        return answer::not_mine;
      if (broken<"call_of_user_served">() && cpu.system().get(fields::mode) == privilege::user) {
        cpu.serve(*cpu.hypercalls());
        return answer::handled;
      }
      if (!broken<"call_keeps_reservation">() || !vm.serve(t))
        return answer::not_mine;
      cpu.user().reservation = reservation;
      return answer::handled;
    }
    [[nodiscard]] maybe<hpa> prepare(const technique::code_page &page) {
      if (!acts(manner::copying))
        return {};
      const u64 which = broken<"copy_by_address">() ? page.at.value >> frame_bits
                        : broken<"copies_shared">() ? page.frame % 2
                                                    : page.frame;
      hpa &copy = copies_[which % copies_.size()];
      const bool made = copy != hpa{};
      if (!made)
        copy = *vm_.frames().allocate();
      if (!made || !broken<"copy_kept">())
        static_cast<void>(
            vm_.hardware_memory().write(copy, vm_.hardware_memory().host(vm_.hardware_frame(page.frame)), frame_size));
      return copy;
    }

  private:
    Vm &vm_;
    std::array<hpa, torture::frames> copies_{};
  };
};

/// The guest's own time, and a little more.
struct flawed_clock {
  static constexpr slot kind = slot::clock;
  static constexpr std::string_view name = "flawed";
  static constexpr bool timing_free = true;

  class ahead final : public hardware::tick_source {
  public:
    const hardware::tick_source *of = nullptr;
    [[nodiscard]] u64 ticks() const override { return of->ticks() + 1; }
    [[nodiscard]] u64 next_change(u64 value) const override { return of->next_change(value); }
  };
  template <class VirtualCpu> static void attach(VirtualCpu &cpu, const hardware::board &around) {
    static ahead fast;
    fast.of = around.ticks();
    cpu.set_tick_source(broken<"clock_ahead">() ? &fast : around.ticks());
  }
};

} // namespace hvkit::tests::seeded
