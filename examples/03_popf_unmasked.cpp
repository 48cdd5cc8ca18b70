// SPDX-License-Identifier: BSL-1.0
// What the compiler's refusal of `popf` is about: the VMM is built all the same, by assuming that popf is innocuous,
// and run beside the bare machine. The guest masks interrupts by popf, and is interrupted.
#include <iostream>
#include <memory>

#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/cpu/third_generation/timer.hpp>
#include <hvkit/device/timer_board.hpp>
#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/policy/classification/assume.hpp>
#include <hvkit/policy/paging/relocation.hpp>
#include <hvkit/vmm/lockstep.hpp>
#include <hvkit/vmm/single.hpp>
using namespace hvkit;

using with_popf = cpu::third_generation<cpu::rows::honest, cpu::rows::popf>;
static_assert(!legal<with_popf, paging::relocation>);
static_assert(legal<with_popf, paging::relocation, classification::assume<"popf">>);

constexpr auto guest = isa::assemble<with_popf>(0, R"(
        .word 0, 0, 0, 0               # old PSW
        .word 0, handler, 0, 0x10000   # new PSW
start:  li   r1, 1
        ssm  r1                        # accept interrupts
        li   r2, 20
        spt  r2                        # the timer asks in 20 instructions
        popf r0                        # accept none
critical: la r3, 1(r3)
        b    critical
handler: la  r4, 1(r4)
        b    handler
)");

template <class Machine> struct bench {
  using processor = std::remove_reference_t<decltype(std::declval<Machine &>().processor())>;
  Machine machine{gpa{0}, 64_KiB};
  device::timer_board<processor, cpu::interval_timer<processor>> board{machine.processor()};
  bench() {
    machine.attach(board);
    if (machine.write(gpa{0}, guest.bytes().data(), guest.bytes().size()))
      machine.reset(gva{*guest.find("start")});
  }
};
struct side_by_side {
  bench<hardware::bare_machine<with_popf, engine::step>> bare;
  bench<single_guest<composition<with_popf, paging::relocation, classification::assume<"popf">>>> in_vmm;
  decltype(bare.machine) &reference = bare.machine;
  decltype(in_vmm.machine) &subject = in_vmm.machine;
  static std::string outside() { return ""; }
};

int main() {
  std::cout << "the compiler says: " << refusal<with_popf, paging::relocation>() << "\n\n";
  const auto apart = lockstep_exactly({.steps = 1000}, [] { return std::make_unique<side_by_side>(); });
  if (!apart)
    return 1;
  std::cout << "reference: the bare machine, subject: the VM\n" << describe(*apart) << '\n';

  side_by_side again;
  again.reference.run(100);
  again.subject.run(100);
  std::cout << "after 100 steps the critical section was interrupted " << again.reference.user().r[4]
            << " times on the bare machine, and in the VMM the handler has come round " << again.subject.user().r[4]
            << " times\n";
}
