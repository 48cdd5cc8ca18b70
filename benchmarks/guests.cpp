// SPDX-License-Identifier: BSL-1.0
// The guests of guests/ by Google Benchmark: compute-bound kernels in machine mode and under Sv39, and privileged
// events (paging, traps, interrupts, devices), on the bare machine and in a VMM. A kernel's `items_per_second` are
// guest instructions; an event's is its rate, and `exits` how often the VMM was asked for each.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/hardware/engine/step.hpp>
#include <hvkit/host/virt_machine.hpp>
#include <hvkit/vmm/single.hpp>

#include "run/image.hpp"

namespace {

using namespace hvkit;
using benchmarks::image;

/// Of a VM, how often it left the hardware.
template <class Machine> [[nodiscard]] u64 exits(Machine &machine) {
  if constexpr (requires { machine.guest().count(); })
    return machine.guest().count().exits;
  else
    return 0;
}

/// Runs a guest that never ends for a fixed number of instructions, again and again.
template <class Machine> void run(benchmark::State &state, const image &guest, bool paged, bool is_event) {
  device::collected_bytes output;
  device::queued_bytes input;
  host::virt_machine<Machine> around({.memory_size = image::memory}, output, input);
  if (!around.load(device::virt_map::ram, guest.with(~u64{0} >> 1, paged)) || !around.boot(device::virt_map::ram)) {
    state.SkipWithError("the image does not fit");
    return;
  }
  auto &machine = around.machine();
  machine.run(1'000'000);
  const u64 retired = machine.user().retired, left = exits(machine);
  for (auto _ : state)
    machine.run(is_event ? 1'000'000 : 20'000'000);
  const auto done = static_cast<double>(machine.user().retired - retired);
  const double items = is_event ? done / guest.instructions_each() : done;
  state.SetItemsProcessed(static_cast<i64>(items));
  if (is_event)
    state.counters["exits"] = static_cast<double>(exits(machine) - left) / items;
}

template <class Machine> void enter(const image &guest, bool is_event, const std::string &machine) {
  for (const bool paged : {false, true})
    if (paged || !is_event)
      benchmark::RegisterBenchmark((guest.name() + (paged ? "/sv39/" : "/machine/") + machine).c_str(),
                                   [=](benchmark::State &state) { run<Machine>(state, guest, paged, is_event); });
}

void enter_all(const std::filesystem::path &folder, bool is_event) {
  if (!std::filesystem::exists(folder))
    return;
  for (const auto &file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".bin")
      continue;
    const image guest(file.path());
    enter<hardware::bare_machine<cpu::rv64, engine::step>>(guest, is_event, "bare/step");
    enter<hardware::bare_machine<cpu::rv64, engine::blocks>>(guest, is_event, "bare/blocks");
    enter<single_guest<composition<cpu::rv64, engine::blocks>>>(guest, is_event, "trap_and_emulate/blocks");
  }
}

const int registered = [] {
  enter_all(HVKIT_BENCHMARK_GUESTS, false);
  enter_all(std::filesystem::path(HVKIT_BENCHMARK_GUESTS) / "events", true);
  return 0;
}();

} // namespace
