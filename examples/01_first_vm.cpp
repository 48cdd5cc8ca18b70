// SPDX-License-Identifier: BSL-1.0
// A VMM with one guest: compose it, give the guest memory, devices and a program, run it, look at what it cost.
#include <iostream>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/device/virt_board.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/vmm/vmm.hpp>
using namespace hvkit;

constexpr auto hello = isa::assemble<cpu::rv64>(0x80000000, R"(
        la t0, text; li t1, 0x10000000; li t3, 0x100000; li t4, 0x5555
loop:   lbu t2, 0(t0); beqz t2, off; sb t2, 0(t1); addi t0, t0, 1; j loop
off:    sw t4, 0(t3)
text:   .asciz "Hello from a guest in machine mode.\n")");

int main() {
  vmm<cpu::rv64, technique::trap_and_emulate, paging::shadow> hypervisor({.memory = 32_MiB});
  auto &guest = *hypervisor.create({.memory = 16_MiB});
  device::collected_bytes screen;
  device::queued_bytes keyboard;
  device::virt_board board({.memory_size = 16_MiB}, guest.vcpu(), guest.vcpu(), screen, keyboard);
  guest.attach(board);
  if (!guest.memory().write(gpa{hello.base}, hello.bytes().data(), hello.bytes().size()))
    return 1;
  guest.vcpu().reset(gva{hello.base});
  hypervisor.run(guest, 1'000'000);
  std::cout << screen.text() << guest.vcpu().user().retired << " instructions, " << guest.count().direct
            << " of them by the hardware itself, " << guest.count().exits << " exits\n";
}
