// SPDX-License-Identifier: BSL-1.0
// Shows that physical memory keeps to its bounds and tells, frame by frame, what changed to whom it concerns.
#include <new>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/memory.hpp>

using namespace hvkit;
using namespace hvkit::hardware;

namespace {

constexpr hpa base{0x8000'0000};

struct notes final : memory_listener {
  struct note {
    u64 at, size;
    remembered what;
    friend bool operator==(const note &, const note &) = default;
  };
  std::vector<note> all;
  void written(hpa at, u64 size, remembered what) override { all.push_back({at.value, size, what}); }
};

} // namespace

BOOST_AUTO_TEST_CASE(what_was_stored_is_loaded_and_the_rest_is_zero) {
  physical_memory m(base, 2 * frame_size);
  BOOST_TEST(m.store<u32>(base + 5, 0xdeadbeef));
  BOOST_TEST(m.load<u32>(base + 5).value() == 0xdeadbeefu);
  BOOST_TEST(m.load<u8>(base + 5).value() == 0xefu);
  BOOST_TEST(m.load<u8>(base + 4).value() == 0u);
  BOOST_TEST(m.load<u8>(base + 9).value() == 0u);
}

BOOST_AUTO_TEST_CASE(nothing_outside_is_reached) {
  physical_memory m(base, frame_size);
  const u64 end = base.value + frame_size;
  for (const u64 at : {base.value - 1, base.value - 8, end, end - 1, end - 7, u64{0}, ~u64{0}, ~u64{0} - 7}) {
    BOOST_TEST(!m.load<u64>(hpa{at}));
    BOOST_TEST(!m.store<u64>(hpa{at}, 1));
  }
  BOOST_TEST(m.load<u64>(hpa{end - 8}).has_value());
  BOOST_TEST(!m.contains(base, frame_size + 1));
  BOOST_TEST(!m.contains(base + 1, ~u64{0}));
  BOOST_TEST(m.contains(base, frame_size));
}

BOOST_AUTO_TEST_CASE(ranges_are_widened_to_whole_frames) {
  const physical_memory m(base + 100, frame_size);
  BOOST_TEST(m.base().value == base.value);
  BOOST_TEST(m.size() == 2 * frame_size);
  BOOST_TEST(physical_memory(base, 1).size() == frame_size);
}

BOOST_AUTO_TEST_CASE(a_range_that_wraps_is_refused) {
  BOOST_CHECK_THROW(physical_memory(base, ~u64{0}), std::bad_alloc);
  BOOST_CHECK_THROW(physical_memory(hpa{0}, ~u64{0}), std::bad_alloc);
  BOOST_CHECK_THROW(physical_memory(hpa{~u64{0}}, 1), std::bad_alloc);
}

BOOST_AUTO_TEST_CASE(copies_are_all_or_nothing) {
  physical_memory m(base, frame_size);
  const std::vector<u8> many(16, 0xaa);
  BOOST_TEST(!m.write(base + (frame_size - 15), many.data(), many.size()));
  BOOST_TEST(m.load<u8>(base + (frame_size - 15)).value() == 0u);
  BOOST_TEST(m.write(base + (frame_size - 16), many.data(), many.size()));
  std::vector<u8> back(16);
  BOOST_TEST(!m.read(base + (frame_size - 15), back.data(), back.size()));
  BOOST_TEST(m.read(base + (frame_size - 16), back.data(), back.size()));
  BOOST_TEST(back == many);
}

BOOST_AUTO_TEST_CASE(only_remembered_frames_are_told_of) {
  physical_memory m(base, 3 * frame_size);
  notes n;
  m.add(n);
  m.remember(base + frame_size, remembered::code);
  m.remember(base + (frame_size + 8), remembered::watched);
  BOOST_TEST(m.store<u64>(base, 1));
  BOOST_TEST(n.all.empty());
  BOOST_TEST(m.store<u16>(base + (frame_size + 2), 1));
  const notes::note first{base.value + frame_size + 2, 2, remembered::code | remembered::watched};
  BOOST_REQUIRE(n.all.size() == 1u);
  BOOST_TEST((n.all[0] == first));
  m.forget(base + frame_size, remembered::code);
  BOOST_TEST(m.store<u8>(base + frame_size, 1));
  BOOST_TEST((n.all.back().what == remembered::watched));
  m.remove(n);
  BOOST_TEST(m.store<u8>(base + frame_size, 1));
  BOOST_TEST(n.all.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_write_over_a_frame_boundary_is_told_in_pieces) {
  physical_memory m(base, 3 * frame_size);
  notes n;
  m.add(n);
  m.remember(base + frame_size, remembered::code);
  BOOST_TEST(m.store<u64>(base + (frame_size - 3), ~u64{0}));
  BOOST_REQUIRE(n.all.size() == 1u);
  const notes::note tail{base.value + frame_size, 5, remembered::code};
  BOOST_TEST((n.all[0] == tail));

  m.remember(base, remembered::tables);
  m.remember(base + 2 * frame_size, remembered::tables);
  n.all.clear();
  const std::vector<u8> many(2 * frame_size, 1);
  BOOST_TEST(m.write(base + 16, many.data(), many.size()));
  BOOST_REQUIRE(n.all.size() == 3u);
  BOOST_TEST(n.all[0].size == frame_size - 16);
  BOOST_TEST(n.all[1].size == frame_size);
  BOOST_TEST(n.all[2].size == 16u);
  BOOST_TEST(n.all[2].at == base.value + 2 * frame_size);
}
