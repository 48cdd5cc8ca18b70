// SPDX-License-Identifier: BSL-1.0
// Shows that the board's devices are wired together, and that its state is one value that moves to another board.
#include <boost/test/unit_test.hpp>

#include <hvkit/device/virt_board.hpp>

#include "support/virtio_driver.hpp"
#include "support/wires.hpp"

using namespace hvkit;
using hvkit::hardware::never;

namespace {

struct bench {
  tests::manual_clock clock;
  tests::lines cpu;
  device::collected_bytes output;
  device::queued_bytes input;
  device::virt_board board;
  explicit bench(const device::virt_board_options &options = {}) : board(options, clock, cpu, output, input) {}

  void set(u64 at, unsigned size, u64 value) { BOOST_REQUIRE(board.devices().write(gpa{at}, size, value)); }
  u64 get(u64 at, unsigned size) { return board.devices().read(gpa{at}, size).value(); }
};

constexpr u64 uart = 0x1000'0000, plic = 0xc00'0000, clint = 0x200'0000;

void listen(bench &b) {
  b.set(plic + 4 * 10, 4, 1);
  b.set(plic + 0x2080, 4, 1 << 10);
  b.set(uart + 1, 1, 1);
}

} // namespace

BOOST_AUTO_TEST_CASE(input_becomes_a_supervisor_interrupt) {
  bench b;
  BOOST_TEST(!b.board.wants_input());
  listen(b);
  BOOST_TEST(b.board.wants_input());
  BOOST_TEST(b.cpu.levels == 0u);
  b.input.push("x");
  b.board.poll();
  BOOST_TEST(b.cpu.levels == bit(9));
  BOOST_TEST(b.get(plic + 0x201004, 4) == 10u);
  BOOST_TEST(b.cpu.levels == 0u);
  BOOST_TEST(b.get(uart, 1) == static_cast<u8>('x'));
  b.set(plic + 0x201004, 4, 10);
  BOOST_TEST(b.cpu.levels == 0u);
}

BOOST_AUTO_TEST_CASE(the_other_lines_are_the_cpus_own) {
  bench b;
  b.set(plic + 0x2000, 4, 1 << 10);
  b.set(plic + 4 * 10, 4, 1);
  b.board.line(10).set(true);
  BOOST_TEST(b.cpu.levels == bit(11));
  b.set(clint, 4, 1);
  BOOST_TEST(b.cpu.levels == (bit(11) | bit(3)));
  b.set(clint + 0x4000, 8, 0);
  BOOST_TEST(b.cpu.levels == (bit(11) | bit(3) | bit(7)));
}

BOOST_AUTO_TEST_CASE(the_timer_is_the_boards_next_event) {
  device::virt_board_options o;
  o.instructions_per_tick = 7;
  bench b(o);
  BOOST_TEST(b.board.next_event() == never);
  b.set(clint + 0x4000, 8, 3);
  BOOST_TEST(b.board.next_event() == 21u);
  b.clock.time = 21;
  b.board.advance(21);
  BOOST_TEST(b.cpu[7]);
  BOOST_TEST(b.board.ticks()->ticks() == 3u);
}

BOOST_AUTO_TEST_CASE(windows_read_0_and_the_rest_faults) {
  bench b;
  for (const u64 at : {u64{0x2000'0000}, u64{0x23ff'fff8}, u64{0x3000'0000}, u64{0x3fff'fff8}}) {
    b.set(at, 8, ~u64{0});
    BOOST_TEST(b.get(at, 8) == 0u);
  }
  for (const u64 at : {u64{0}, u64{0x1000}, u64{0x10'1000}, u64{0x1000'0100}, u64{0x2400'0000}, u64{0x4000'0000},
                       u64{0x8000'0000}, ~u64{0}}) {
    BOOST_TEST(!b.board.devices().read(gpa{at}, 1));
    BOOST_TEST(!b.board.devices().write(gpa{at}, 1, 0));
  }
}

BOOST_AUTO_TEST_CASE(the_finisher_ends_it) {
  bench b;
  BOOST_TEST(!b.board.finished());
  BOOST_TEST(!b.board.verdict());
  b.set(0x10'0000, 4, 0x3333 | 42 << 16);
  BOOST_TEST(b.board.finished());
  const device::shutdown failed{device::shutdown::kind::fail, 42};
  BOOST_TEST((b.board.verdict() == failed));
}

BOOST_AUTO_TEST_CASE(state_moves_to_another_board) {
  bench from;
  listen(from);
  from.set(uart + 4, 1, 0x10);
  from.set(uart, 1, 'q');
  from.set(clint, 4, 1);
  from.set(clint + 0xbff8, 8, 1000);
  from.set(clint + 0x4000, 8, 1001);
  from.set(0x10'0000, 4, 0x7777);
  BOOST_REQUIRE(from.cpu.levels == (bit(9) | bit(3)));

  bench to;
  BOOST_TEST(!(to.board.state() == from.board.state()));
  to.board.restore(from.board.state());
  BOOST_TEST((to.board.state() == from.board.state()));
  BOOST_TEST(to.cpu.levels == from.cpu.levels);
  BOOST_TEST(to.board.next_event() == from.board.next_event());
  BOOST_TEST((to.board.verdict() == from.board.verdict()));
  BOOST_TEST(to.get(uart, 1) == static_cast<u8>('q'));

  to.board.restore({}); // and back to the beginning: lines fall
  BOOST_TEST(to.cpu.levels == 0u);
  BOOST_TEST((to.board.state() == bench().board.state()));
}

namespace {

/// A board with all that can be chosen.
struct full_bench {
  device::memory_disk disk{64};
  tests::guest_bytes memory{0x20000};
  tests::manual_clock clock;
  tests::lines cpu;
  device::collected_bytes output;
  device::queued_bytes input;
  device::virt_board board;
  explicit full_bench(device::form storage = device::form::paravirtual)
      : board(tests::full_board(disk, storage), clock, cpu, output, input, &memory) {}

  void set(u64 at, u64 value) { BOOST_REQUIRE(board.devices().write(gpa{at}, 4, value)); }
  u64 get(u64 at) { return board.devices().read(gpa{at}, 4).value(); }
};

/// The registers at an address of a board, as a device.
struct at_address final : hardware::device {
  hardware::bus &bus;
  u64 base;
  at_address(hardware::bus &b, u64 at) : bus(b), base(at) {}
  maybe<u64> read(u64 offset, unsigned size) override { return bus.read(gpa{base + offset}, size); }
  bool write(u64 offset, unsigned size, u64 value) override { return bus.write(gpa{base + offset}, size, value); }
};

constexpr u64 virtio = 0x1000'1000;

/// Sends what is in the input to the guest's memory, through the console of slot 1.
void receive(tests::virtio_driver &driver) {
  BOOST_REQUIRE(driver.begin(bit(32), 2));
  driver.post(0, {{driver.free(), 8, true}});
  driver.notify(0);
}

} // namespace

BOOST_AUTO_TEST_CASE(nothing_is_there_that_was_not_chosen) {
  bench b;
  for (u64 slot = 0; slot < 8; ++slot)
    BOOST_TEST(!b.board.devices().read(gpa{virtio + 0x1000 * slot}, 4));
}

BOOST_AUTO_TEST_CASE(chosen_devices_are_in_their_slots) {
  full_bench b;
  const std::array<u64, 8> types{2, 3, 4, 0, 0, 0, 0, 0};
  for (u64 slot = 0; slot < 8; ++slot) {
    BOOST_TEST(b.get(virtio + 0x1000 * slot) == 0x74726976u);
    BOOST_TEST(b.get(virtio + 0x1000 * slot + 8) == types[slot]);
  }
  BOOST_TEST(!b.board.devices().read(gpa{virtio + 0x8000}, 4));
}

BOOST_AUTO_TEST_CASE(input_reaches_the_paravirtual_console_when_the_board_is_polled) {
  full_bench b;
  b.set(plic + 4 * 2, 1);
  b.set(plic + 0x2080, 1 << 2);
  at_address port(b.board.devices(), virtio + 0x1000);
  tests::virtio_driver driver(port, b.memory);
  BOOST_TEST(!b.board.wants_input());
  receive(driver);
  BOOST_TEST(b.board.wants_input());
  BOOST_TEST(b.cpu.levels == 0u);
  b.input.push("hi");
  b.board.poll();
  BOOST_TEST(b.cpu.levels == bit(9));
  BOOST_TEST(driver.completed(0)->length == 2u);
  BOOST_TEST(b.memory.get<u16>(driver.free()) == 'h' + 256 * 'i');
  BOOST_TEST(b.get(plic + 0x201004) == 2u);
}

BOOST_AUTO_TEST_CASE(state_of_chosen_devices_moves_too) {
  full_bench from;
  at_address console(from.board.devices(), virtio + 0x1000), random(from.board.devices(), virtio + 0x2000);
  tests::virtio_driver driver(console, from.memory), numbers(random, from.memory);
  from.input.push("x");
  receive(driver);
  BOOST_REQUIRE(numbers.begin(bit(32), 1));
  numbers.post(0, {{numbers.free(), 8, true}});
  numbers.notify(0);
  const u64 first = from.memory.get<u64>(numbers.free());

  full_bench to;
  BOOST_TEST(!(to.board.state() == from.board.state()));
  to.board.restore(from.board.state());
  BOOST_TEST((to.board.state() == from.board.state()));
  BOOST_TEST(to.get(virtio + 0x1070) == 0xfu);
  BOOST_TEST(to.get(virtio + 0x1060) == 1u);
  const auto next = [](full_bench &b) {
    at_address port(b.board.devices(), virtio + 0x2000);
    tests::virtio_driver d(port, b.memory);
    BOOST_REQUIRE(d.begin(bit(32), 1));
    d.post(0, {{d.free(), 8, true}});
    d.notify(0);
    return b.memory.get<u64>(d.free());
  };
  const u64 second = next(from);
  BOOST_TEST(second != first);
  BOOST_TEST(next(to) == second);
  to.board.restore({});
  BOOST_TEST(to.get(virtio + 0x1070) == 0u);
}

BOOST_AUTO_TEST_CASE(the_drive_is_wired_and_its_state_moves) {
  full_bench from(device::form::emulated), to(device::form::emulated);
  constexpr u64 drive = 0x1020'0000;
  BOOST_TEST(from.get(virtio + 8) == 0u); // no virtio disk
  from.set(plic + 4 * 12, 1);
  from.set(plic + 0x2080, 1 << 12);
  from.set(drive + 0x1c, 0xec);
  BOOST_TEST(from.cpu.levels == bit(9));
  BOOST_TEST(from.get(drive) == 0x0040u);
  to.board.restore(from.board.state());
  BOOST_TEST((to.board.state() == from.board.state()));
  BOOST_TEST(to.cpu.levels == bit(9));
  BOOST_TEST(to.get(drive + 0x100) == 0x58u);
  BOOST_TEST(to.get(drive + 4) == from.get(drive + 4));
  BOOST_TEST(to.get(drive + 0x1c) == 0x58u);
  BOOST_TEST(!to.board.devices().read(gpa{drive + 0x104}, 1));
}

namespace {
const device::virt_board_options serving{.instructions_per_tick = 10, .hypercalls = true};
} // namespace

BOOST_AUTO_TEST_CASE(calls_take_the_place_of_the_clint) {
  bench b(serving);
  BOOST_TEST(bench().board.hypercalls() == nullptr);
  BOOST_REQUIRE(b.board.hypercalls() != nullptr);
  BOOST_TEST(!b.board.devices().read(gpa{clint}, 4).has_value());
  BOOST_TEST(b.board.next_event() == never);
  hypercall_services &calls = *b.board.hypercalls();
  const auto at = [&](u64 now) {
    b.clock.time = now;
    b.board.advance(now);
    return b.cpu.levels;
  };
  b.cpu.set_level(5, true); // by a timer that the CPU has itself
  BOOST_TEST(at(1) == bit(5));
  calls.set_timer(5);
  BOOST_TEST(b.board.next_event() == 50u);
  BOOST_TEST(at(49) == 0u);
  BOOST_TEST(at(50) == bit(5));
  calls.set_timer(7);
  BOOST_TEST(b.cpu.levels == 0u);
  BOOST_TEST(at(75) == bit(5));
  calls.set_timer(never);
  BOOST_TEST(b.cpu.levels == 0u);
  BOOST_TEST(b.board.next_event() == never);
  calls.set_timer(0); // long past
  BOOST_TEST(b.cpu.levels == bit(5));
}

BOOST_AUTO_TEST_CASE(calls_reach_console_and_power) {
  bench b(serving);
  hypercall_services &calls = *b.board.hypercalls();
  BOOST_TEST(!calls.get().has_value());
  b.input.push("x");
  BOOST_TEST(calls.get().value() == static_cast<u8>('x'));
  calls.put('y');
  BOOST_TEST(b.output.text() == "y");
  calls.switch_off(3);
  calls.restart(); // it is off
  BOOST_TEST((b.board.verdict() == device::shutdown{device::shutdown::kind::fail, 3}));
  BOOST_TEST(b.board.finished());
  bench again(serving);
  again.board.hypercalls()->restart();
  BOOST_TEST((again.board.verdict() == device::shutdown{device::shutdown::kind::reset, 0}));
}

BOOST_AUTO_TEST_CASE(the_timer_of_calls_moves_to_another_board) {
  bench from(serving), to(serving);
  from.board.hypercalls()->set_timer(4);
  from.board.hypercalls()->served = 9;
  to.clock.time = 40;
  to.board.restore(from.board.state());
  BOOST_TEST(to.cpu.levels == bit(5));
  BOOST_TEST((to.board.state() == from.board.state()));
  to.board.restore({});
  BOOST_TEST(to.cpu.levels == 0u);
}
