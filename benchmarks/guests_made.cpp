// SPDX-License-Identifier: BSL-1.0
// What it costs to make a guest and to end it, by the size of its memory; and to give the hardware to another one.
#include <chrono>

#include <benchmark/benchmark.h>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/vmm/vmm.hpp>

namespace {

using namespace hvkit;
using hypervisor_type = vmm<cpu::rv64, engine::blocks>;

/// A guest of `state.range(0)` MiB, beside one that stays.
void create(benchmark::State &state) {
  const u64 memory = static_cast<u64>(state.range(0)) << 20;
  hypervisor_type hypervisor({.memory = 2 * memory + 16_MiB});
  static_cast<void>(hypervisor.create({.memory = memory}));
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    auto *guest = hypervisor.create({.memory = memory});
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    hypervisor.destroy(*guest);
  }
}
BENCHMARK(create)->Arg(1)->Arg(16)->Arg(128)->Arg(512)->UseManualTime()->Unit(benchmark::kMicrosecond);

/// The same, and the end of one that has written to all of its memory.
void destroy(benchmark::State &state) {
  const u64 memory = static_cast<u64>(state.range(0)) << 20;
  hypervisor_type hypervisor({.memory = memory + 16_MiB});
  for (auto _ : state) {
    auto *guest = hypervisor.create({.memory = memory});
    for (u64 at = 0; at < memory; at += frame_size)
      static_cast<void>(guest->write(gpa{0x80000000 + at}, &at, sizeof at));
    const auto start = std::chrono::steady_clock::now();
    hypervisor.destroy(*guest);
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
}
BENCHMARK(destroy)->Arg(1)->Arg(16)->Arg(128)->UseManualTime()->Unit(benchmark::kMicrosecond);

/// Two guests, one after the other, for a step each.
void two_world_switches(benchmark::State &state) {
  hypervisor_type hypervisor({.memory = 16_MiB});
  hypervisor_type::guest *guests[2] = {};
  const u32 loop = 0x0000006f; // j .
  for (auto *&guest : guests) {
    guest = hypervisor.create({.memory = 1_MiB});
    static_cast<void>(guest->write(gpa{0x80000000}, &loop, sizeof loop));
    guest->vcpu().reset(gva{0x80000000});
  }
  for (auto _ : state)
    for (auto *guest : guests)
      hypervisor.run(*guest, 1);
}
BENCHMARK(two_world_switches);

} // namespace
