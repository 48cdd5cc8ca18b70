// SPDX-License-Identifier: BSL-1.0
// How fast compute-bound guests run: each engine, bare and in a VMM, in machine mode and under Sv39, and QEMU beside
// it. The rate is guest instructions a second; benchmark's own `items_per_second`.
#include <benchmark/benchmark.h>

#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/host/virt_machine.hpp>
#include <hvkit/vmm/single.hpp>

#include "guests.hpp"

namespace {

using namespace hvkit;
using benchmarks::placement;

constexpr u64 endless = 1'000'000'000;

/// Runs a kernel for a fixed number of instructions, again and again.
template <class Machine> void run(benchmark::State &state, const benchmarks::kernel &kernel, placement where) {
  device::collected_bytes output;
  device::queued_bytes input;
  host::virt_machine<Machine> around({.memory_size = u64{4} << 20}, output, input);
  const auto image = benchmarks::make_image(kernel, where, endless);
  if (!around.load(device::virt_map::ram, image) || !around.boot(device::virt_map::ram)) {
    state.SkipWithError("the image does not fit");
    return;
  }
  around.machine().run(1'000'000);
  const u64 before = around.machine().user().retired;
  for (auto _ : state)
    around.machine().run(20'000'000);
  state.SetItemsProcessed(static_cast<i64>(around.machine().user().retired - before));
}

template <class Machine> void enter(const std::string &name) {
  for (const placement where : {placement::machine_mode, placement::sv39})
    for (const benchmarks::kernel &kernel : benchmarks::kernels)
      benchmark::RegisterBenchmark(
          (std::string(kernel.name) + (where == placement::sv39 ? "/sv39/" : "/machine/") + name).c_str(),
          [&kernel, where](benchmark::State &state) { run<Machine>(state, kernel, where); });
}

const int registered = [] {
  enter<hardware::bare_machine<cpu::rv64, engine::step>>("bare/step");
  enter<hardware::bare_machine<cpu::rv64, engine::blocks>>("bare/blocks");
  enter<single_guest<composition<cpu::rv64, engine::blocks>>>("trap_and_emulate/blocks");
  return 0;
}();

} // namespace
