// SPDX-License-Identifier: BSL-1.0
// The same images on this kit's block engine, bare and in a VMM, and on QEMU (a translator to host code), one after the
// other. `of_qemu` is the rate relative to QEMU's in the same run. Needs qemu-system-riscv64.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/host/virt_machine.hpp>
#include <hvkit/vmm/single.hpp>

#include "guests.hpp"

namespace {

using namespace hvkit;
using benchmarks::placement;
using seconds = std::chrono::duration<double>;

struct timed {
  double time = 0;
  u64 instructions = 0;
};

template <class F> [[nodiscard]] double time_of(F f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return seconds(std::chrono::steady_clock::now() - start).count();
}

/// Runs the image until it powers the machine off.
template <class Machine> [[nodiscard]] timed here(const std::vector<u8> &image) {
  device::collected_bytes output;
  device::queued_bytes input;
  host::virt_machine<Machine> around({.memory_size = u64{4} << 20}, output, input);
  timed t;
  if (around.load(device::virt_map::ram, image) && around.boot(device::virt_map::ram))
    t.time = time_of([&] { around.machine().run(u64{1} << 40); });
  t.instructions = around.machine().user().retired;
  return t;
}

[[nodiscard]] maybe<double> on_qemu(const std::vector<u8> &image) {
  std::string path = (std::filesystem::temp_directory_path() / "hvkit-peer-XXXXXX").string();
  const int file = mkstemp(path.data());
  if (file < 0)
    return {};
  close(file);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char *>(image.data()), static_cast<i64>(image.size()));
  const std::string command =
      "qemu-system-riscv64 -M virt -m 16M -display none -serial none -monitor none -bios " + path + " >/dev/null 2>&1";
  int status = 0;
  const double time = time_of([&] { status = std::system(command.c_str()); });
  std::remove(path.c_str());
  return status == 0 ? maybe<double>(time) : maybe<double>();
}

void compare(benchmark::State &state, const benchmarks::kernel &kernel, placement where) {
  const u64 rounds = 1'000'000'000 / kernel.instructions;
  const auto image = benchmarks::make_image(kernel, where, rounds);
  const auto shortest = benchmarks::make_image(kernel, where, 1);
  double bare = 0, guest = 0, qemu = 0;
  for (auto _ : state) {
    const timed b = here<hardware::bare_machine<cpu::rv64, engine::blocks>>(image);
    const timed g = here<single_guest<composition<cpu::rv64, engine::blocks>>>(image);
    const auto long_run = on_qemu(image);
    const auto start_up = on_qemu(shortest);
    if (!long_run || !start_up)
      return state.SkipWithError("qemu-system-riscv64 is not there or failed");
    const auto instructions = static_cast<double>(b.instructions);
    bare = instructions / b.time;
    guest = instructions / g.time;
    qemu = instructions / (*long_run - *start_up);
    state.SetIterationTime(b.time);
  }
  state.counters["bare_mips"] = bare / 1e6;
  state.counters["vmm_mips"] = guest / 1e6;
  state.counters["qemu_mips"] = qemu / 1e6;
  state.counters["of_qemu"] = bare / qemu;
  state.counters["vmm_of_bare"] = guest / bare;
}

const int registered = [] {
  for (const placement where : {placement::machine_mode, placement::sv39})
    for (const benchmarks::kernel &kernel : benchmarks::kernels)
      benchmark::RegisterBenchmark(
          (std::string(kernel.name) + (where == placement::sv39 ? "/sv39" : "/machine")).c_str(),
          [&kernel, where](benchmark::State &state) { compare(state, kernel, where); })
          ->UseManualTime()
          ->Iterations(1);
  return 0;
}();

} // namespace
