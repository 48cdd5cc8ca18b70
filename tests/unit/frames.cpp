// SPDX-License-Identifier: BSL-1.0
// Tests which frames the allocator hands out: each once, cleared, in rows where they are asked for.
#include <array>
#include <set>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/frames.hpp>

using namespace hvkit;
using namespace hvkit::hardware;

namespace {
constexpr u64 count = 16;
struct bench {
  physical_memory memory{hpa{0x100000}, count *frame_size};
  frame_allocator frames{memory};
};
} // namespace

BOOST_AUTO_TEST_CASE(each_frame_is_handed_out_once) {
  bench b;
  std::set<u64> seen;
  for (u64 i = 0; i < count; ++i) {
    BOOST_TEST(b.frames.available() == count - i);
    seen.insert(b.frames.allocate()->value);
  }
  BOOST_TEST(seen.size() == count);
  BOOST_TEST(*seen.begin() == 0x100000U);
  BOOST_TEST(*seen.rbegin() == 0x100000 + (count - 1) * frame_size);
  BOOST_TEST(!b.frames.allocate().has_value());
  BOOST_TEST(!b.frames.allocate_row(1).has_value());
  for (const u64 frame : seen)
    b.frames.release(hpa{frame});
  BOOST_TEST(b.frames.available() == count);
}

BOOST_AUTO_TEST_CASE(many_at_once_or_none) {
  bench b;
  std::vector<hpa> some;
  for (u64 i = 0; i < 5; ++i)
    some.push_back(*b.frames.allocate());
  b.frames.release(some[1]);
  b.frames.release(some[3]);
  std::vector<u32> numbers(count);
  BOOST_TEST(!b.frames.allocate(numbers)); // 13 are left
  BOOST_TEST(b.frames.available() == 13U);
  numbers.resize(13);
  BOOST_TEST(b.frames.allocate(numbers));
  BOOST_TEST(b.frames.available() == 0U);
  std::set<u64> all(numbers.begin(), numbers.end());
  for (const u64 kept : {0U, 2U, 4U})
    all.insert(frame_number(some[kept].value));
  BOOST_TEST(all.size() == count);
}

BOOST_AUTO_TEST_CASE(rows_are_found_among_what_was_given_back) {
  bench b;
  std::vector<hpa> all;
  for (u64 i = 0; i < count; ++i)
    all.push_back(*b.frames.allocate());
  for (const u64 i : {9U, 3U, 11U, 10U, 5U, 4U, 14U})
    b.frames.release(all[i]);
  BOOST_TEST(!b.frames.allocate_row(4).has_value());
  BOOST_TEST(b.frames.available() == 7U);
  const auto row = b.frames.allocate_row(3);
  BOOST_REQUIRE(row.has_value());
  BOOST_TEST((*row == all[3] || *row == all[9]));
  BOOST_TEST(b.frames.available() == 4U);
  BOOST_TEST(b.frames.allocate_row(3).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_given_back_is_cleared_and_told) {
  struct listener final : memory_listener {
    u64 told = 0;
    void written(hpa, u64, remembered) override { ++told; }
  } told;
  bench b;
  b.memory.add(told);
  const hpa frame = *b.frames.allocate();
  BOOST_REQUIRE(b.memory.store<u64>(frame + 4088, 1));
  b.memory.remember(frame, remembered::code);
  b.frames.release(frame);
  BOOST_TEST(told.told == 1U);
  BOOST_TEST((b.frames.allocate() == frame));
  BOOST_TEST(b.memory.load<u64>(frame + 4088).value() == 0U);
  b.frames.release(frame); // nothing changes
  BOOST_TEST(told.told == 1U);
}
