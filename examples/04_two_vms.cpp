// SPDX-License-Identifier: BSL-1.0
// Several guests on one hardware: two compute, one with three times the other's share, and a third one sleeps. Then one
// ends, and what it had is the others'.
#include <iostream>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/device/virt_guest.hpp>
#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/policy/scheduler/proportional.hpp>
#include <hvkit/vmm/vmm.hpp>
using namespace hvkit;

constexpr auto computes = isa::assemble<cpu::rv64, 0x80000000, R"(
  loop: addi a0, a0, 1; j loop)">();

/// Prints a dot, and has the timer wake it 100,000 ticks later: that are 200,000 instruction times.
constexpr auto sleeps = isa::assemble<cpu::rv64, 0x80000000, R"(
        li s0, 0x10000000; li s1, 0x200bff8; li s2, 0x2004000; li s3, '.'; li s4, 100000; li t0, 0x80; csrw mie, t0
  loop: sb s3, 0(s0); ld t0, 0(s1); add t0, t0, s4; sd t0, 0(s2); wfi; j loop)">();

int main() {
  using mine = vmm<cpu::rv64, engine::blocks, scheduler::proportional<>>;
  mine hypervisor({.memory = 64_MiB});
  const u64 all = hypervisor.free_frames();
  device::virt_guest<mine> large(hypervisor, {.memory_size = 16_MiB}, 3);
  device::virt_guest<mine> small(hypervisor, {.memory_size = 16_MiB}, 1);
  device::virt_guest<mine> sleeper(hypervisor, {.memory_size = 16_MiB}, 1);
  if (!large.start(computes) || !small.start(computes) || !sleeper.start(sleeps))
    return 1;
  const auto report = [&](const char *what) {
    std::cout << what << "\n  the sleeper said " << sleeper.screen() << "\n  it made " << sleeper.vm().steps()
              << " steps in " << sleeper.vm().turns() << " turns; " << small.vm().steps()
              << " were made by the small one" << '\n';
  };

  hypervisor.run(4'000'000);
  report("4,000,000 steps of three:");
  std::cout << "  and " << large.vm().steps() << " by the large one\n";

  hypervisor.destroy(large.vm());
  hypervisor.run(1'000'000);
  report("1,000,000 more of the two that are left:");

  hypervisor.destroy(small.vm());
  hypervisor.run(60); // while nobody has anything to do, time passes at once
  std::cout << "60 more of the sleeper, alone:\n  it said " << sleeper.screen() << '\n';

  hypervisor.destroy(sleeper.vm());
  std::cout << (hypervisor.free_frames() == all ? "Every frame is free again.\n" : "Frames are missing.\n");
}
