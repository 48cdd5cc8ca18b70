// SPDX-License-Identifier: BSL-1.0
// Shows that timer and software interrupts are pending exactly when the manual says, and that deadlines are exact.
#include <random>

#include <boost/test/unit_test.hpp>

#include <hvkit/device/clint.hpp>

#include "support/gate.hpp"
#include "support/wires.hpp"

using namespace hvkit;
using device::clint;
using hardware::never;

namespace {

constexpr unsigned software = 3, timer = 7;

struct bench {
  tests::manual_clock clock;
  tests::lines cpu;
  clint c;
  explicit bench(u64 ratio) : c(clock, ratio, {cpu, software}, {cpu, timer}) {}
  void at(u64 now) {
    clock.time = now;
    c.advance(now);
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(time_counts_one_for_each_ratio_of_instructions) {
  bench b(100);
  b.at(99);
  BOOST_TEST(b.c.read(clint::mtime, 8).value() == 0u);
  b.at(100);
  BOOST_TEST(b.c.read(clint::mtime, 8).value() == 1u);
  b.at(123'456'789'012'345);
  BOOST_TEST(b.c.read(clint::mtime, 8).value() == 1'234'567'890'123u);
  BOOST_TEST(b.c.ticks() == 1'234'567'890'123u);
  BOOST_TEST(b.c.read(clint::mtime, 4).value() == (1'234'567'890'123u & 0xffff'ffff));
  BOOST_TEST(b.c.read(clint::mtime + 4, 4).value() == 1'234'567'890'123u >> 32);
}

BOOST_AUTO_TEST_CASE(the_timer_is_pending_from_its_deadline_on) {
  bench b(10);
  BOOST_TEST(b.c.write(clint::mtimecmp, 8, 5));
  BOOST_TEST(b.c.next_event() == 50u);
  b.at(49);
  BOOST_TEST(!b.cpu[timer]);
  BOOST_TEST(b.c.next_event() == 50u);
  b.at(50);
  BOOST_TEST(b.cpu[timer]);
  BOOST_TEST(b.c.next_event() == never);
  BOOST_TEST(b.c.write(clint::mtimecmp, 8, 6));
  BOOST_TEST(!b.cpu[timer]);
  BOOST_TEST(b.c.write(clint::mtimecmp, 8, 0));
  BOOST_TEST(b.cpu[timer]);
}

BOOST_AUTO_TEST_CASE(out_of_reset_nothing_is_pending_or_due) {
  bench b(1);
  b.at(0);
  BOOST_TEST(b.cpu.levels == 0u);
  BOOST_TEST(b.c.next_event() == never);
}

BOOST_AUTO_TEST_CASE(deadlines_beyond_the_clock_are_never) {
  bench b(100);
  for (const u64 compare : {~u64{0}, ~u64{0} - 1, u64{1} << 63, ~u64{0} / 100 + 1}) {
    BOOST_TEST(b.c.write(clint::mtimecmp, 8, compare));
    BOOST_TEST(b.c.next_event() == never);
    BOOST_TEST(!b.cpu[timer]);
  }
  BOOST_TEST(b.c.write(clint::mtimecmp, 8, ~u64{0} / 100));
  BOOST_TEST(b.c.next_event() == ~u64{0} / 100 * 100);
}

BOOST_AUTO_TEST_CASE(the_guest_can_set_the_time) {
  bench b(10);
  b.at(1005);
  BOOST_TEST(b.c.write(clint::mtime, 8, 7));
  BOOST_TEST(b.c.read(clint::mtime, 8).value() == 7u);
  BOOST_TEST(b.c.write(clint::mtimecmp, 8, 9));
  BOOST_TEST(b.c.next_event() == 1020u);
  b.at(1020);
  BOOST_TEST(b.c.ticks() == 9u);
  BOOST_TEST(b.cpu[timer]);
  BOOST_TEST(b.c.write(clint::mtime + 4, 4, 1));
  BOOST_TEST(b.c.ticks() == (u64{1} << 32) + 9);
}

BOOST_AUTO_TEST_CASE(time_that_wraps_ends_the_interrupt) {
  bench b(10);
  BOOST_TEST(b.c.write(clint::mtimecmp, 8, 5));
  BOOST_TEST(b.c.write(clint::mtime, 8, ~u64{0} - 1));
  BOOST_TEST(b.cpu[timer]);
  BOOST_TEST(b.c.next_event() == 20u);
  b.at(20);
  BOOST_TEST(b.c.ticks() == 0u);
  BOOST_TEST(!b.cpu[timer]);
  BOOST_TEST(b.c.next_event() == 70u);
}

BOOST_AUTO_TEST_CASE(halves_are_written_by_themselves) {
  bench b(1);
  BOOST_TEST(b.c.write(clint::mtimecmp + 4, 4, 0xabcd));
  BOOST_TEST(b.c.read(clint::mtimecmp, 8).value() == 0xabcd'ffff'ffffu);
  BOOST_TEST(b.c.write(clint::mtimecmp, 4, 0xffff'0000'0001));
  BOOST_TEST(b.c.read(clint::mtimecmp, 8).value() == 0xabcd'0000'0001u);
}

BOOST_AUTO_TEST_CASE(one_bit_is_the_software_interrupt) {
  bench b(1);
  BOOST_TEST(b.c.write(clint::msip, 4, ~u64{0}));
  BOOST_TEST(b.cpu[software]);
  BOOST_TEST(b.c.read(clint::msip, 4).value() == 1u);
  BOOST_TEST(b.c.read(clint::msip, 8).value() == 1u);
  BOOST_TEST(b.c.write(clint::msip + 4, 4, 0)); // the next hart's, which is not there
  BOOST_TEST(b.cpu[software]);
  BOOST_TEST(b.c.write(clint::msip, 4, 2));
  BOOST_TEST(!b.cpu[software]);
}

BOOST_AUTO_TEST_CASE(odd_accesses_are_refused_and_empty_places_are_zero) {
  bench b(1);
  for (const unsigned size : {1U, 2U}) {
    BOOST_TEST(!b.c.read(clint::mtime, size));
    BOOST_TEST(!b.c.write(clint::mtimecmp, size, 0));
  }
  BOOST_TEST(!b.c.read(clint::mtimecmp + 4, 8));
  BOOST_TEST(!b.c.read(clint::mtimecmp + 2, 4));
  BOOST_TEST(!b.c.write(clint::msip + 1, 4, 1));
  for (const u64 offset : {u64{8}, u64{0x4008}, u64{0xbff0}, u64{0xc000}, clint::window - 8}) {
    BOOST_TEST(b.c.write(offset, 8, ~u64{0}));
    BOOST_TEST(b.c.read(offset, 8).value() == 0u);
  }
  BOOST_TEST((b.c.state == clint::state_type{}));
}

BOOST_AUTO_TEST_CASE(a_ratio_of_zero_counts_as_one) {
  bench b(0);
  b.at(17);
  BOOST_TEST(b.c.ticks() == 17u);
}

/// At the event the line changes, an instruction earlier it has not: for any compare, offset, ratio and time.
BOOST_AUTO_TEST_CASE(the_next_event_is_exactly_when_the_line_changes) {
  std::mt19937_64 random(tests::seed());
  for (int i = 0; i < 20'000; ++i) {
    bench b(random() % 200 + 1);
    b.at(random() >> (random() % 60));
    b.c.state.time_offset = random() % 2 != 0 ? 0 : random();
    const u64 near = b.c.ticks() + random() % 64 - 32;
    b.c.state.compare = random() % 2 != 0 ? near : random() >> (random() % 64);
    b.at(b.clock.time);
    const bool before = b.cpu[timer];
    const u64 due = b.c.next_event();
    if (due == never)
      continue;
    BOOST_REQUIRE(due > b.clock.time);
    b.at(due - 1);
    BOOST_REQUIRE(b.cpu[timer] == before);
    b.at(due);
    BOOST_REQUIRE(b.cpu[timer] == !before);
  }
}
