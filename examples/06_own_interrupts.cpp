// SPDX-License-Identifier: BSL-1.0
// An interrupt policy of your own: the VMM looks at interrupt lines only at instruction times that are multiples of
// 1000, by a clock of its own. What that does to the guest is measured beside `held_back`.
#include <iostream>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/device/virt_guest.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/vmm/vmm.hpp>
using namespace hvkit;

template <u64 Period> struct polled {
  static constexpr slot kind = slot::interrupt;
  static constexpr std::string_view name = "polled";
  static constexpr agreement grade = agreement::replayed; // later than on the bare machine
  using rules = hvkit::rules<rule::unmasking_exits>;

  template <class Vm> class over : public interrupt::basics {
  public:
    explicit over(Vm &vm) : vm_(vm) {}
    void raise(unsigned) {
      if (due_ == interrupt::no_deadline)
        due_ = (vm_.now() / Period + 1) * Period;
    }
    bool deliver(typename Vm::virtual_cpu &cpu) {
      if (vm_.now() < due_)
        return false;
      const auto cause = cpu.interrupt_due();
      if (cpu.interrupts_waiting() == 0)
        due_ = interrupt::no_deadline;
      if (!cause)
        return false;
      cpu.enter_trap({*cause, 0});
      ++count_.delivered;
      return true;
    }
    [[nodiscard]] u64 deadline() const noexcept { return due_; }

  private:
    Vm &vm_;
    u64 due_ = interrupt::no_deadline;
  };
};

/// Sums up in s2 by how many ticks each of 50 timer interrupts came late, and in s3 the worst of them.
constexpr auto program = isa::assemble<cpu::rv64, 0x80000000, R"(
        la t0, tick; csrw mtvec, t0
        li s0, 0x2004000; li s1, 50; csrr s4, time; addi s4, s4, 37; sd s4, 0(s0)
        li t1, 128; csrw mie, t1; csrsi mstatus, 8
work:   addi a0, a0, 1; bnez s1, work
        li t0, 0x100000; li t1, 0x5555; sw t1, 0(t0)
        .align 2
tick:   csrr t0, time; sub t0, t0, s4; add s2, s2, t0
        bltu t0, s3, less; mv s3, t0
less:   addi s1, s1, -1; csrr s4, time; addi s4, s4, 37; sd s4, 0(s0)
        mret)">();

template <class Policy> void run() {
  vmm<cpu::rv64, Policy> hypervisor({.memory = 32_MiB});
  device::virt_guest guest(hypervisor, {.memory_size = 16_MiB, .instructions_per_tick = 10});
  if (!guest.start(program))
    return;
  guest.run(1'000'000);
  std::cout << Policy::name << ": " << guest.user().x[18] << " ticks late in all, at most " << guest.user().x[19]
            << "; " << guest.count().exits << " exits for " << guest.vm().interrupt_count().delivered
            << " interrupts, grade " << agreement_name(composition<cpu::rv64, Policy>::grade) << '\n';
}

int main() {
  run<interrupt::held_back>();
  run<polled<1000>>();
}
