// SPDX-License-Identifier: BSL-1.0
// Any accesses to any device's registers, with any memory behind them: the host's work is bounded, the disk keeps its
// size, and what the guest is shown of a device is a state that there is. A state that is restored is the same state.
#include <hvkit/device/console.hpp>
#include <hvkit/device/virt_board.hpp>

#include "support/fuzz/target.hpp"
#include "support/guest_bytes.hpp"
#include "support/wires.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

constexpr u64 ram_size = 0x4000;

struct counting_sink final : device::byte_sink {
  u64 count = 0;
  void put(u8) override { ++count; }
};

struct bench {
  device::memory_disk disk{8};
  guest_bytes memory{ram_size};
  manual_clock clock;
  lines cpu;
  counting_sink output;
  device::queued_bytes input{"some that was typed before"};
  device::virt_board board;
  explicit bench(device::form form) : board(full_board(disk, form), clock, cpu, output, input, &memory) {}
};

/// Registers of all devices, most of them virtio's and the drive's.
gpa place(fuzz::taker &in) {
  using namespace device;
  const u64 which = in.take() % 12, offset = in.take();
  if (which < 6)
    return virt_map::virtio + 0x1000 * (which % 3) + 4 * (offset % 0x48);
  if (which < 8)
    return virt_map::ata + (offset % 16 == 0 ? 0x100 : 4 * (offset % 9));
  constexpr std::array<gpa, 4> others{virt_map::plic, virt_map::clint, virt_map::uart, virt_map::finisher};
  const u64 at = which < 10 ? offset << in.take() % 16 : offset % 8;
  return others[which % 4] + at;
}

/// A driver's rings, which the registers are given, and descriptors in them.
void put_rings(bench &b, fuzz::taker &in) {
  const gpa table = b.memory.base() + (in.take() % 4) * 0x1000;
  const u64 n = in.take() % 8;
  b.memory.put(table + 16 * n, device::virtio::descriptor{b.memory.base().value + in.take(2) % (ram_size + 64),
                                                          static_cast<u32>(in.take(2)), static_cast<u16>(in.take() % 8),
                                                          static_cast<u16>(in.take() % 10)});
  b.memory.put(table + 0x800, static_cast<u16>(in.take() % 2));
  b.memory.put(table + 0x802, static_cast<u16>(in.take() % 9));
  b.memory.put(table + 0x804 + 2 * n, static_cast<u16>(in.take() % 9));
}
/// A queue in use, as a driver would begin.
void begin(bench &b, fuzz::taker &in) {
  const gpa port = device::virt_map::virtio + 0x1000 * (in.take() % 3);
  const u64 table = b.memory.base().value + (in.take() % 4) * 0x1000;
  const std::array<std::array<u64, 2>, 16> writes{{{0x70, 0},
                                                   {0x70, 3},
                                                   {0x24, 0},
                                                   {0x20, in.take(4)},
                                                   {0x24, 1},
                                                   {0x20, 1},
                                                   {0x70, 11},
                                                   {0x30, in.take() % 2},
                                                   {0x38, u64{1} << in.take() % 7},
                                                   {0x80, table},
                                                   {0x90, table + 0x800},
                                                   {0xa0, table + 0xc00},
                                                   {0x44, 1},
                                                   {0x70, 15},
                                                   {0x50, 0},
                                                   {0x50, 1}}};
  for (const auto &[reg, value] : writes)
    static_cast<void>(b.board.devices().write(port + reg, 4, value));
}

void is_sane(bench &b) {
  const auto s = b.board.state();
  for (const auto *port : {&s.chosen.block, &s.chosen.console, &s.chosen.random}) {
    if (!*port)
      continue;
    fuzz::check(((*port)->status & ~0xcfU) == 0 && (*port)->interrupts <= 3, "a status that there is not");
    for (const auto &q : (*port)->queues)
      fuzz::check(std::has_single_bit(q.size) && q.size <= device::virtio::queue_limit, "a queue of no such size");
  }
  fuzz::check(!s.chosen.drive || (s.chosen.drive->position < 512 && s.chosen.drive->left <= 0x10000), "a drive beyond");
  fuzz::check(b.disk.bytes().size() == 8 * device::sector_size, "a disk of another size");
}

} // namespace

void fuzz::target(std::span<const u8> input) {
  taker in(input);
  bench b(in.take() % 2 != 0 ? device::form::emulated : device::form::paravirtual);
  while (!in.empty()) {
    const u64 work = b.memory.reads + b.memory.writes + b.output.count;
    const u64 what = in.take() % 16;
    if (what == 0)
      begin(b, in);
    else if (what < 4)
      put_rings(b, in);
    else if (what < 5)
      b.board.advance(b.clock.time += in.take(2));
    else if (what < 6)
      b.memory.put(b.memory.base() + 8 * (in.take(2) % (ram_size / 8)), in.take(8));
    else if (const gpa at = place(in); what < 9)
      static_cast<void>(b.board.devices().read(at, 1U << in.take() % 4));
    else
      static_cast<void>(b.board.devices().write(at, 1U << in.take() % 4, in.take(1 + in.take() % 8)));
    check(b.memory.reads + b.memory.writes + b.output.count - work <= u64{64} << 17, "work without bound");
  }
  is_sane(b);
  b.board.advance(b.clock.time); // as restoring does
  const auto state = b.board.state();
  b.board.restore(state);
  check(b.board.state() == state, "a state that changes when it is restored");
}

std::vector<std::vector<u8>> fuzz::seeds() { return random_inputs(128, 300); }
const u64 fuzz::quick_runs = 3000;
