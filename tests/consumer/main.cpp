// SPDX-License-Identifier: BSL-1.0
// Shows that installed headers are found and work: a VMM is composed, and a guest says something in it.
#include <iostream>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/device/virt_board.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/vmm/vmm.hpp>

using namespace hvkit;

constexpr auto program = isa::assemble<cpu::rv64, 0x80000000, R"(
        la t0, text; li t1, 0x10000000; li t3, 0x100000; li t4, 0x5555
loop:   lbu t2, 0(t0); beqz t2, off; sb t2, 0(t1); addi t0, t0, 1; j loop
off:    sw t4, 0(t3)
text:   .asciz "installed\n")">();

int main() {
  vmm<cpu::rv64, technique::trap_and_emulate, paging::shadow> hypervisor({.memory = 8_MiB});
  auto *guest = hypervisor.create({.memory = 1_MiB, .base = gpa{program.base}});
  if (guest == nullptr || !guest->write(gpa{program.base}, program.bytes().data(), program.size))
    return 1;
  device::collected_bytes screen;
  device::queued_bytes keyboard;
  device::virt_board board({.memory_size = 1_MiB}, guest->vcpu(), guest->vcpu(), screen, keyboard);
  guest->attach(board);
  guest->vcpu().reset(gva{program.base});
  hypervisor.run(*guest, 10'000);
  std::cout << screen.text();
  return screen.text() == "installed\n" && board.finished() ? 0 : 1;
}
