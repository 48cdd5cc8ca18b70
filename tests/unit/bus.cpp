// SPDX-License-Identifier: BSL-1.0
// Shows that the bus finds the one device an access lies in, and none for every other access.
#include <vector>

#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/bus.hpp>

using namespace hvkit;
using namespace hvkit::hardware;

namespace {

/// Answers with the offset asked for, and keeps what it was told last.
struct echo final : device {
  u64 offset = 0, value = 0, due = never, advanced_to = 0;
  unsigned size = 0;
  maybe<u64> read(u64 at, unsigned n) override {
    size = n;
    return at;
  }
  bool write(u64 at, unsigned n, u64 v) override {
    offset = at;
    size = n;
    value = v;
    return true;
  }
  u64 next_event() const override { return due; }
  void advance(u64 now) override { advanced_to = now; }
};

} // namespace

BOOST_AUTO_TEST_CASE(an_access_reaches_the_device_it_lies_in) {
  bus b;
  echo first, second;
  BOOST_REQUIRE(b.attach(gpa{0x1000}, 0x100, first));
  BOOST_REQUIRE(b.attach(gpa{0x1100}, 0x100, second));
  BOOST_TEST(b.read(gpa{0x10f8}, 8).value() == 0xf8u);
  BOOST_TEST(b.read(gpa{0x1100}, 4).value() == 0u);
  BOOST_TEST(second.size == 4u);
  BOOST_TEST(b.write(gpa{0x1104}, 2, 77));
  BOOST_TEST(second.offset == 4u);
  BOOST_TEST(second.value == 77u);
  BOOST_TEST(first.value == 0u);
}

BOOST_AUTO_TEST_CASE(an_access_that_is_not_wholly_inside_one_device_reaches_none) {
  bus b;
  echo first, second;
  BOOST_REQUIRE(b.attach(gpa{0x1000}, 0x100, first));
  BOOST_REQUIRE(b.attach(gpa{0x1100}, 0x100, second));
  BOOST_TEST(!b.read(gpa{0xfff}, 1));
  BOOST_TEST(!b.read(gpa{0xfff}, 2));
  BOOST_TEST(!b.read(gpa{0x10fc}, 8)); // over the seam
  BOOST_TEST(!b.write(gpa{0x11ff}, 2, 1));
  BOOST_TEST(!b.read(gpa{~u64{0}}, 8));
}

BOOST_AUTO_TEST_CASE(the_last_byte_of_all_can_belong_to_a_device) {
  bus b;
  echo last;
  BOOST_REQUIRE(b.attach(gpa{~u64{0} - 7}, 8, last));
  BOOST_TEST(b.read(gpa{~u64{0} - 7}, 8).value() == 0u);
  BOOST_TEST(!b.read(gpa{~u64{0} - 3}, 8));
}

BOOST_AUTO_TEST_CASE(ranges_that_are_empty_wrap_or_overlap_are_refused) {
  bus b;
  echo one, other;
  BOOST_REQUIRE(b.attach(gpa{0x1000}, 0x100, one));
  BOOST_TEST(!b.attach(gpa{0x2000}, 0, other));
  BOOST_TEST(!b.attach(gpa{~u64{0}}, 2, other));
  BOOST_TEST(!b.attach(gpa{0x10ff}, 1, other));
  BOOST_TEST(!b.attach(gpa{0xf00}, 0x101, other));
  BOOST_TEST(!b.attach(gpa{0}, ~u64{0}, other));
  BOOST_TEST(b.attach(gpa{0xf00}, 0x100, other));
  b.detach(one);
  BOOST_TEST(!b.read(gpa{0x1000}, 1));
  BOOST_TEST(b.attach(gpa{0x1000}, 0x100, one));
}

BOOST_AUTO_TEST_CASE(the_next_event_is_the_earliest_and_time_reaches_all) {
  bus b;
  BOOST_TEST(b.next_event() == never);
  echo one, other;
  BOOST_REQUIRE(b.attach(gpa{0x1000}, 1, one));
  BOOST_REQUIRE(b.attach(gpa{0x2000}, 1, other));
  BOOST_TEST(b.next_event() == never);
  one.due = 90;
  other.due = 70;
  BOOST_TEST(b.next_event() == 70u);
  b.advance(75);
  BOOST_TEST(one.advanced_to == 75u);
  BOOST_TEST(other.advanced_to == 75u);
}
