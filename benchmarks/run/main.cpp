// SPDX-License-Identifier: BSL-1.0
// Runs one benchmark guest on one machine and says how much CPU time it took: what scripts/bench starts.
//
//   benchmark.run MACHINE IMAGE ROUNDS PAGED      MACHINE is bare, vmm or step; PAGED is 1 for Sv39, else 0
//
// Prints one line of JSON. Ends with 1 if the guest's answer was wrong, with 2 if it could not be run.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/hardware/engine/step.hpp>
#include <hvkit/host/virt_machine.hpp>
#include <hvkit/vmm/single.hpp>

#include "image.hpp"

namespace {

using namespace hvkit;

template <class Machine> int run(const benchmarks::image &guest, u64 rounds, bool paged) {
  device::collected_bytes output;
  device::queued_bytes input;
  host::virt_machine<Machine> around({.memory_size = benchmarks::image::memory}, output, input);
  if (!around.load(device::virt_map::ram, guest.with(rounds, paged)) || !around.boot(device::virt_map::ram))
    return 2;
  const std::clock_t start = std::clock(); // of this program alone, whatever else the machine does
  around.machine().run(u64{1} << 50);
  const double spent = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  const auto verdict = around.board().verdict();
  const bool passed = verdict && verdict->what == device::shutdown::kind::pass;
  std::printf("{\"passed\": %s, \"seconds\": %.9f, \"instructions\": %llu}\n", passed ? "true" : "false", spent,
              static_cast<unsigned long long>(around.machine().user().retired));
  return passed ? 0 : 1;
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 5) {
    std::fputs("usage: benchmark.run bare|vmm|step IMAGE ROUNDS PAGED\n", stderr);
    return 2;
  }
  const std::string_view machine = argv[1];
  const benchmarks::image guest(argv[2]);
  if (!guest) {
    std::fprintf(stderr, "benchmark.run: %s is no guest\n", argv[2]);
    return 2;
  }
  const u64 rounds = std::strtoull(argv[3], nullptr, 0);
  const bool paged = std::string_view(argv[4]) == "1";
  if (machine == "bare")
    return run<hardware::bare_machine<cpu::rv64, engine::blocks>>(guest, rounds, paged);
  if (machine == "step")
    return run<hardware::bare_machine<cpu::rv64, engine::step>>(guest, rounds, paged);
  if (machine == "vmm")
    return run<single_guest<composition<cpu::rv64, engine::blocks>>>(guest, rounds, paged);
  std::fprintf(stderr, "benchmark.run: there is no machine '%s'\n", argv[1]);
  return 2;
}
