// SPDX-License-Identifier: BSL-1.0
// What leaving straight-line code costs: a loop of one privileged event, bare and in a VMM. `ns_each` is the time of
// one event with the loop around it (two instructions).
#include <chrono>

#include <benchmark/benchmark.h>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/host/virt_machine.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/vmm/single.hpp>

namespace {

using namespace hvkit;

struct event {
  std::string_view name;
  std::string_view text; ///< `loop:` does it once and comes back to itself
  u64 instructions;      ///< retired or trapped by one turn of the loop
};

constexpr event events[] = {
    {"csr_read", "start: nop\n loop: csrr t0, mscratch\n addi t1, t1, 1\n j loop\n", 3},
    {"csr_write", "start: nop\n loop: csrw mscratch, t1\n addi t1, t1, 1\n j loop\n", 3},
    {"mmio_read", "start: li t2, 0x200bff8\n loop: ld t0, 0(t2)\n addi t1, t1, 1\n j loop\n", 3},
    {"ecall_mret", R"(
start:  la   t0, handler
        csrw mtvec, t0
loop:   ecall
        addi t1, t1, 1
        j    loop
        .align 2
handler: csrr t0, mepc
        addi t0, t0, 4
        csrw mepc, t0
        mret
)",
     7},
};

template <class Machine> void run(benchmark::State &state, const event &what) {
  device::collected_bytes output;
  device::queued_bytes input;
  host::virt_machine<Machine> around({.memory_size = u64{4} << 20}, output, input);
  const auto program = isa::assemble_text<cpu::rv64>(device::virt_map::ram.value, what.text);
  if (!program || !around.load(device::virt_map::ram, program.bytes()) || !around.boot(device::virt_map::ram)) {
    state.SkipWithError(program.error.c_str());
    return;
  }
  around.machine().run(100'000);
  constexpr u64 turns = 100'000;
  const auto start = std::chrono::steady_clock::now();
  for (auto _ : state)
    around.machine().run(turns * what.instructions);
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
  state.counters["ns_each"] = spent.count() / static_cast<double>(turns) / static_cast<double>(state.iterations());
}

template <class Machine> void enter(const std::string &name) {
  for (const event &e : events)
    benchmark::RegisterBenchmark((std::string(e.name) + "/" + name).c_str(),
                                 [&e](benchmark::State &state) { run<Machine>(state, e); });
}

const int registered = [] {
  enter<hardware::bare_machine<cpu::rv64, engine::step>>("bare/step");
  enter<hardware::bare_machine<cpu::rv64, engine::blocks>>("bare/blocks");
  enter<single_guest<composition<cpu::rv64, engine::blocks>>>("trap_and_emulate/blocks");
  return 0;
}();

} // namespace
