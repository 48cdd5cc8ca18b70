// SPDX-License-Identifier: BSL-1.0
// Shows that a guest's words to `tohost` end it or print, wherever they are in memory, and that other writes do not.
#include <boost/test/unit_test.hpp>

#include <hvkit/device/htif.hpp>

using namespace hvkit;
using device::shutdown;

namespace {

struct bench {
  hardware::physical_memory memory{hpa{0x4000'0000}, 4 * frame_size};
  device::power_switch power;
  device::collected_bytes output;
  int ended = 0;
  hpa tohost, fromhost;
  device::htif h;

  explicit bench(u64 offset = frame_size + 0x40)
      : tohost(memory.base() + offset), fromhost(tohost + 0x40),
        h(memory, {tohost, fromhost}, power, output, [this] { ++ended; }) {}
};
constexpr shutdown passed{shutdown::kind::pass, 0};
constexpr shutdown failed(u64 test) { return {shutdown::kind::fail, test}; }

} // namespace

BOOST_AUTO_TEST_CASE(one_passes) {
  bench b;
  BOOST_TEST(b.memory.store<u64>(b.tohost, 1));
  BOOST_TEST((b.power.state == passed));
  BOOST_TEST(b.ended == 1);
}

BOOST_AUTO_TEST_CASE(other_odd_words_fail_with_the_test_number) {
  for (const u64 test : {u64{1}, u64{17}, u64{1337}, low_bits(47)}) {
    bench b;
    BOOST_TEST(b.memory.store<u64>(b.tohost, test << 1 | 1));
    BOOST_TEST((b.power.state == failed(test)));
  }
}

BOOST_AUTO_TEST_CASE(half_a_word_is_enough_to_end) {
  bench b;
  BOOST_TEST(b.memory.store<u32>(b.tohost, 5));
  BOOST_TEST((b.power.state == failed(2)));
  BOOST_TEST(b.memory.store<u32>(b.tohost + 4, 0));
  BOOST_TEST((b.power.state == failed(2)));
}

BOOST_AUTO_TEST_CASE(other_bytes_of_the_frame_are_nothing) {
  bench b;
  BOOST_TEST(b.memory.store<u64>(b.tohost + 8, 1));
  BOOST_TEST(b.memory.store<u64>(hpa{b.tohost.value - 8}, 1));
  BOOST_TEST(b.memory.store<u8>(hpa{b.tohost.value - 1}, 1));
  BOOST_TEST(b.memory.store<u64>(b.tohost, 0));
  BOOST_TEST(!b.power.off());
  BOOST_TEST(b.ended == 0);
}

BOOST_AUTO_TEST_CASE(a_wide_write_over_it_counts) {
  bench b;
  const u64 block[] = {7, 1, 7};
  BOOST_TEST(b.memory.write(hpa{b.tohost.value - 8}, block, sizeof(block)));
  BOOST_TEST((b.power.state == passed));
}

BOOST_AUTO_TEST_CASE(characters_are_printed_and_answered) {
  bench b;
  for (const char c : {'o', 'k', '\n'}) {
    BOOST_TEST(b.memory.store<u64>(b.tohost, 0x0101'0000'0000'0000 | static_cast<u8>(c)));
    BOOST_TEST(b.memory.load<u64>(b.tohost).value() == 0u);
    BOOST_TEST(b.memory.load<u64>(b.fromhost).value() == 0x0101'0000'0000'0000u);
    BOOST_TEST(b.memory.store<u64>(b.fromhost, 0));
  }
  BOOST_TEST(b.output.text() == "ok\n");
  BOOST_TEST(!b.power.off());
}

BOOST_AUTO_TEST_CASE(what_is_not_served_is_counted_and_left_alone) {
  bench b;
  const u64 commands[] = {0x8000'1000, 0x0100'0000'0000'0000, 0x0102'0000'0000'0001, 0xff00'0000'0000'0001};
  for (const u64 command : commands) {
    BOOST_TEST(b.memory.store<u64>(b.tohost, command));
    BOOST_TEST(b.memory.load<u64>(b.tohost).value() == command);
  }
  BOOST_TEST(b.h.unserved() == 4u);
  BOOST_TEST(!b.power.off());
  BOOST_TEST(b.output.text().empty());
}

BOOST_AUTO_TEST_CASE(only_writes_to_the_word_itself_look_at_it) {
  bench b;
  BOOST_TEST(b.memory.store<u64>(b.tohost, 2));
  BOOST_TEST(b.h.unserved() == 1u);
  BOOST_TEST(b.memory.store<u8>(b.tohost + 8, 1));
  BOOST_TEST(b.memory.store<u8>(hpa{b.tohost.value - 1}, 1));
  BOOST_TEST(b.h.unserved() == 1u);
  BOOST_TEST(b.memory.store<u8>(b.tohost + 7, 0));
  BOOST_TEST(b.h.unserved() == 2u);
}

BOOST_AUTO_TEST_CASE(an_answer_is_no_command) {
  hardware::physical_memory memory(hpa{0x4000'0000}, frame_size);
  device::power_switch power;
  device::collected_bytes output;
  const device::htif same(memory, {memory.base(), memory.base()}, power, output);
  BOOST_TEST(memory.store<u64>(memory.base(), 0x0101'0000'0000'0000 | 'a'));
  BOOST_TEST(output.text() == "a");
}

BOOST_AUTO_TEST_CASE(a_word_over_two_frames_is_seen_from_both) {
  bench b(frame_size - 4);
  BOOST_TEST(b.memory.store<u64>(b.tohost, 0x0101'0000'0000'0000 | 'a'));
  BOOST_TEST(b.memory.store<u32>(b.tohost, 'b'));
  BOOST_TEST(b.memory.store<u32>(b.tohost + 4, 0x0101'0000));
  BOOST_TEST(b.output.text() == "ab");
}

BOOST_AUTO_TEST_CASE(nothing_counts_after_the_end) {
  bench b;
  BOOST_TEST(b.memory.store<u64>(b.tohost, 3));
  BOOST_TEST(b.memory.store<u64>(b.tohost, 1));
  BOOST_TEST(b.memory.store<u64>(b.tohost, 0x0101'0000'0000'0000 | 'a'));
  BOOST_TEST((b.power.state == failed(1)));
  BOOST_TEST(b.ended == 1);
  BOOST_TEST(b.output.text().empty());
}

BOOST_AUTO_TEST_CASE(a_place_that_is_not_there_is_never_written) {
  for (const u64 offset : {u64{4 * frame_size}, 4 * frame_size - 4, ~u64{0} - 0x4000'0000}) {
    bench b(offset);
    for (u64 at = 0; at < 4 * frame_size; at += 8)
      BOOST_REQUIRE(b.memory.store<u64>(b.memory.base() + at, 1));
    BOOST_TEST(!b.power.off());
  }
}
