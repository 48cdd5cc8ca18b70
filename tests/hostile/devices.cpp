// SPDX-License-Identifier: BSL-1.0
// Guests that attack their devices: random registers, rings full of lies, memory that changes while it is read. The
// device may fail; the host does not, its work for one access is bounded, and it allocates nothing.
#include <cstdlib>
#include <new>

#include <boost/test/unit_test.hpp>

#include <hvkit/device/virt_board.hpp>
#include <hvkit/vmm/lockstep.hpp>

#include "support/gate.hpp"
#include "support/guest_bytes.hpp"
#include "support/wires.hpp"

namespace {
std::size_t allocations = 0;
} // namespace

void *operator new(std::size_t size) {
  ++allocations;
  if (void *p = std::malloc(size != 0 ? size : 1))
    return p;
  throw std::bad_alloc();
}
void operator delete(void *p) noexcept { std::free(p); }
void operator delete(void *p, std::size_t) noexcept { std::free(p); }

using namespace hvkit;
using namespace hvkit::device::virtio;

namespace {

constexpr u64 virtio_base = 0x1000'1000, ata_base = 0x1020'0000, ram = 0x8000'0000, ram_size = 0x10000;

/// Memory of a guest with other harts, which write to it while a device reads: no two reads need agree.
struct racing_memory final : device::guest_access {
  tests::guest_bytes bytes{ram_size};
  mutable random_numbers random{1};
  bool races = false;
  [[nodiscard]] bool contains(gpa at, u64 size) const override { return bytes.contains(at, size); }
  [[nodiscard]] bool read(gpa at, std::span<u8> to) const override {
    const bool done = bytes.read(at, to);
    if (done && races && !to.empty() && random.between(0, 3) == 0) {
      auto &mine = const_cast<tests::guest_bytes &>(bytes);
      mine.put(at + random.between(0, to.size() - 1), static_cast<u8>(random()));
      --mine.writes;
    }
    return done;
  }
  [[nodiscard]] bool write(gpa at, std::span<const u8> from) override { return bytes.write(at, from); }
};

/// Swallows a guest's output, and always has input.
struct endless_console final : device::byte_sink, device::byte_source {
  u64 sent = 0, taken = 0;
  void put(u8) override { ++sent; }
  [[nodiscard]] maybe<u8> get() override { return static_cast<u8>(++taken); }
  [[nodiscard]] bool ready() const override { return true; }
};

struct bench {
  device::memory_disk disk{64};
  racing_memory memory;
  tests::manual_clock clock;
  tests::lines cpu;
  endless_console console;
  device::virt_board board;
  random_numbers random;

  bench(device::form storage, u64 with)
      : board(tests::full_board(disk, storage), clock, cpu, console, console, &memory), random(with) {
    memory.random = random_numbers(with);
  }

  void set(u64 at, u64 value, unsigned size = 4) { static_cast<void>(board.devices().write(gpa{at}, size, value)); }
  u64 one_of(std::initializer_list<u64> all) { return all.begin()[random.between(0, all.size() - 1)]; }
  /// Mostly in memory, else where it hurts.
  u64 address() {
    if (random.between(0, 3) != 0)
      return ram + random.between(0, ram_size - 1);
    return one_of({0, ram - 1, ram + ram_size - 1, ram + ram_size, virtio_base + 0x50, ata_base, 0x1'0000'0000,
                   u64{1} << 56, ~u64{0}, ~u64{0} - 15, ram + (u64{1} << 63)}) +
           random.between(0, 1);
  }
  u64 length() {
    return random.between(0, 2) != 0 ? random.between(0, 600)
                                     : one_of({0, 1, 16, 511, 512, 513, 4096, ram_size, ram_size + 1, 0x7fff'ffff,
                                               0x8000'0000, 0xffff'fff0, 0xffff'ffff});
  }
};

/// A device whose driver got as far as DRIVER_OK, with rings somewhere.
void set_up(bench &b, u64 base, std::array<u64, 6> &rings) {
  b.set(base + 0x70, 0);
  b.set(base + 0x70, 3);
  const u64 features = b.random() & (ring_indirect_desc | ring_event_idx | ring_reset | 0x3ff);
  for (u64 page = 0; page < 2; ++page) {
    b.set(base + 0x14, page);
    b.set(base + 0x24, page);
    const u64 offered = b.board.devices().read(gpa{base + 0x10}, 4).value_or(0);
    b.set(base + 0x20, offered & ((features | version_1) >> (32 * page)));
  }
  b.set(base + 0x70, 11);
  for (u64 n = 0; n < 2; ++n) {
    b.set(base + 0x30, n);
    b.set(base + 0x38, u64{1} << b.random.between(0, 6));
    for (u64 area = 0; area < 3; ++area) {
      const bool inside = b.random.between(0, 15) != 0;
      rings[3 * n + area] = inside ? ram + 0x1000 * (3 * n + area) : b.address();
      b.set(base + 0x80 + 0x10 * area, rings[3 * n + area] & low_bits(32));
      b.set(base + 0x84 + 0x10 * area, rings[3 * n + area] >> 32);
    }
    b.set(base + 0x44, 1);
  }
  b.set(base + 0x70, 15);
}

/// Descriptors that form chains now and then, and a driver's ring that offers them.
void fill_rings(bench &b, const std::array<u64, 6> &rings) {
  for (u64 n = 0; n < 2; ++n) {
    const gpa table{rings[3 * n]}, available{rings[3 * n + 1]};
    for (u64 d = 0; d < b.random.between(1, 64); ++d) {
      const bool ordinary = b.random.between(0, 2) != 0;
      const auto flags = static_cast<u16>(ordinary ? b.random.between(0, 3) : b.random());
      const auto next = static_cast<u16>(ordinary ? d + 1 : b.random.between(0, 70));
      const descriptor made{b.random.between(0, 7) == 0 ? table.value + 16 * d : b.address(),
                            static_cast<u32>(b.length()), flags, next};
      static_cast<void>(b.memory.bytes.store(table + 16 * d, made));
      if (b.random.between(0, 3) == 0) // a header of a block device
        static_cast<void>(b.memory.bytes.store(gpa{made.address},
                                               std::array<u64, 2>{b.random.between(0, 9), b.random.between(0, 70)}));
      static_cast<void>(b.memory.bytes.store(available + 4 + 2 * d, static_cast<u16>(b.random.between(0, 64))));
    }
    const u16 index = b.memory.bytes.load<u16>(available + 2).value_or(0);
    const u64 more = b.random.between(0, 15) == 0 ? b.random() : b.random.between(0, 9);
    static_cast<void>(b.memory.bytes.store(available + 2, static_cast<u16>(index + more)));
  }
}

/// Does `attack`, and finds that the host's work was bounded.
template <class Attack> void bounded(bench &b, u64 most, Attack attack) {
  const u64 work = b.memory.bytes.reads + b.memory.bytes.writes + b.console.sent + b.console.taken;
  attack();
  const u64 now = b.memory.bytes.reads + b.memory.bytes.writes + b.console.sent + b.console.taken;
  if (now - work > most)
    BOOST_TEST(now - work <= most);
}

/// What holds of a device whatever was done to it.
void is_sane(const device::virt_board::state_type &s) {
  for (const auto *port : {&s.chosen.block, &s.chosen.console, &s.chosen.random}) {
    if (!*port)
      continue;
    bool sane = ((*port)->status & ~0xcfU) == 0 && (*port)->interrupts <= 3;
    for (const queue_state &q : (*port)->queues)
      sane = sane && std::has_single_bit(q.size) && q.size <= queue_limit;
    if (!sane)
      BOOST_TEST(sane);
  }
  if (s.chosen.drive && !(s.chosen.drive->position < 512 && s.chosen.drive->left <= 0x10000))
    BOOST_TEST(s.chosen.drive->position < 512u);
}

} // namespace

BOOST_AUTO_TEST_CASE(rings_full_of_lies) {
  u64 broken = 0, served = 0;
  for (u64 n = 0; n < tests::amount(20'000, 200'000, 3'000'000); ++n) {
    bench b(device::form::paravirtual, tests::seed() * 1'000'000 + n);
    b.memory.races = n % 2 != 0;
    const u64 base = virtio_base + 0x1000 * (n % 3);
    std::array<u64, 6> rings{};
    const std::size_t before = allocations;
    for (int round = 0; round < 6; ++round) {
      if (round % 3 == 0)
        set_up(b, base, rings);
      fill_rings(b, rings);
      // A console sends at most 64 requests of 64 KiB.
      bounded(b, 64 * (u64{1} << 16) * 2, [&] { b.set(base + 0x50, b.random.between(0, 2)); });
      b.board.poll();
      broken += (b.board.devices().read(gpa{base + 0x70}, 4).value_or(0) & needs_reset) != 0 ? 1 : 0;
      served += b.memory.bytes.load<u16>(gpa{rings[2] + 2}).value_or(0);
    }
    BOOST_REQUIRE(allocations == before);
    is_sane(b.board.state());
    BOOST_REQUIRE(b.disk.bytes().size() == 64 * 512);
  }
  BOOST_TEST(broken > 100u);
  BOOST_TEST(served > 100u);
}

BOOST_AUTO_TEST_CASE(registers_at_random) {
  for (const auto form : {device::form::emulated, device::form::paravirtual})
    for (u64 n = 0; n < tests::amount(600, 5'000, 100'000); ++n) {
      bench b(form, tests::seed() * 1'000'000 + n);
      b.memory.races = true;
      const std::size_t before = allocations;
      for (int i = 0; i < 1000; ++i) {
        const unsigned size = 1U << b.random.between(0, 3);
        const u64 place = b.random.between(0, 3);
        const u64 at = place == 3 ? ata_base + (b.random.between(0, 7) == 0 ? 0x100 : 4 * b.random.between(0, 8))
                                  : virtio_base + 0x1000 * place + b.random.between(0, 80) * 4;
        const u64 value =
            b.random.between(0, 1) != 0 ? b.random.between(0, 0xff) : b.random() >> b.random.between(0, 63);
        bounded(b, 64 * (u64{1} << 16) * 2, [&] {
          if (b.random.between(0, 2) == 0)
            static_cast<void>(b.board.devices().read(gpa{at}, size));
          else
            b.set(at, value, b.random.between(0, 3) == 0 ? size : at == ata_base ? 2 : 4);
        });
      }
      BOOST_REQUIRE(allocations == before);
      is_sane(b.board.state());
    }
}

/// Drives with plausible commands, so that transfers begin, are interrupted, and end.
BOOST_AUTO_TEST_CASE(task_files_at_random) {
  u64 transfers = 0;
  for (u64 n = 0; n < tests::amount(3'000, 20'000, 500'000); ++n) {
    bench b(device::form::emulated, tests::seed() * 1'000'000 + n);
    for (int i = 0; i < 40; ++i) {
      for (unsigned reg = 1; reg < 6; ++reg)
        b.set(ata_base + 4 * reg, b.random.between(0, 3) != 0 ? b.random.between(0, 20) : b.random(), 1);
      b.set(ata_base + 0x18, b.one_of({0x40, 0x40, 0x40, 0xe0, 0x4f, 0x50, 0}), 1);
      b.set(ata_base + 0x1c,
            b.one_of({0x20, 0x24, 0x29, 0x30, 0x34, 0x39, 0x40, 0xc4, 0xc5, 0xc6, 0xec, 0xef, 0xe7, 0x90, b.random()}),
            1);
      for (u64 words = b.random.between(0, 3) * 200; words-- > 0;)
        b.random() % 2 != 0 ? b.set(ata_base, b.random(), 2)
                            : static_cast<void>(b.board.devices().read(gpa{ata_base}, 4));
      transfers += b.board.state().chosen.drive->left != 0 ? 1 : 0;
      if (b.random.between(0, 7) == 0)
        b.set(ata_base + 0x100, b.one_of({0, 2, 4, 0x80}), 1);
      is_sane(b.board.state());
    }
    BOOST_REQUIRE(b.disk.bytes().size() == 64 * 512);
  }
  BOOST_TEST(transfers > 100u);
}
