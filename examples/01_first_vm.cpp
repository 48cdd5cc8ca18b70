// SPDX-License-Identifier: BSL-1.0
// A VMM with one guest: compose it, give the guest memory, devices and a program, run it, look at what it cost.
#include <iostream>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/device/virt_guest.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/vmm/vmm.hpp>
using namespace hvkit;

constexpr auto hello = isa::assemble<cpu::rv64, 0x80000000, R"(
        la t0, text; li t1, 0x10000000; li t3, 0x100000; li t4, 0x5555
loop:   lbu t2, 0(t0); beqz t2, off; sb t2, 0(t1); addi t0, t0, 1; j loop
off:    sw t4, 0(t3)
text:   .asciz "Hello from a guest in machine mode.\n")">();

int main() {
  vmm<cpu::rv64, technique::trap_and_emulate, paging::shadow> hypervisor({.memory = 32_MiB});
  device::virt_guest guest(hypervisor, {.memory_size = 16_MiB});
  if (!guest.start(hello))
    return 1;
  guest.run(1'000'000);
  std::cout << guest.screen() << guest.user().retired << " instructions, " << guest.count().direct
            << " of them by the hardware itself, " << guest.count().exits << " exits\n";
}
