// SPDX-License-Identifier: BSL-1.0
// Shows that the board's devices are wired together, and that its state is one value that moves to another board.
#include <boost/test/unit_test.hpp>

#include <hvkit/device/virt_board.hpp>

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
  listen(b);
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
