// SPDX-License-Identifier: BSL-1.0
// Shows that a guest's words to `tohost` end it or print, wherever they are in memory, and that other writes do not.
#include <array>
#include <span>
#include <utility>

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

namespace {

/// A guest's memory at 0x8000'0000, the second half of the hardware's in the other order of frames.
struct shuffled final : device::guest_access {
  hardware::physical_memory &memory;
  explicit shuffled(hardware::physical_memory &m) : memory(m) {}
  static constexpr u64 base = 0x8000'0000, frames = 2;

  [[nodiscard]] hpa locate(gpa at) const {
    const u64 offset = at.value - base;
    return memory.base() + (3 - offset / frame_size) * frame_size + frame_offset(offset);
  }
  [[nodiscard]] bool contains(gpa at, u64 size) const override {
    return size == 0 || (at.value - base < frames * frame_size && size <= frames * frame_size - (at.value - base));
  }
  [[nodiscard]] bool read(gpa at, std::span<u8> to) const override {
    if (!contains(at, to.size()))
      return false;
    for (u64 i = 0; i < to.size(); ++i)
      to[i] = memory.load<u8>(locate(at + i)).value();
    return true;
  }
  [[nodiscard]] bool write(gpa at, std::span<const u8> from) override {
    if (!contains(at, from.size()))
      return false;
    for (u64 i = 0; i < from.size(); ++i)
      BOOST_REQUIRE(memory.store<u8>(locate(at + i), from[i]));
    return true;
  }
};

/// With system calls, which lie over the border of two frames.
struct calling : bench {
  shuffled guest{memory};
  device::htif calls{memory, {tohost, fromhost}, power, output, [this] { ++ended; }, &guest};
  static constexpr gpa at{shuffled::base + frame_size - 16};

  /// What the call gives, having been answered.
  u64 call(u64 number, u64 a = 0, u64 b = 0, u64 c = 0) {
    BOOST_REQUIRE(guest.store(at, std::array<u64, 4>{number, a, b, c}));
    BOOST_REQUIRE(memory.store<u64>(tohost, at.value));
    BOOST_TEST(memory.load<u64>(tohost).value() == 0u);
    BOOST_TEST(memory.load<u64>(fromhost).value() == 1u);
    BOOST_REQUIRE(memory.store<u64>(fromhost, 0));
    return guest.load<u64>(at).value();
  }
};
constexpr u64 minus(u64 error) { return ~error + 1; }

} // namespace

BOOST_AUTO_TEST_CASE(a_system_call_writes) {
  calling b;
  const gpa text{shuffled::base + frame_size + 64};
  BOOST_REQUIRE(b.guest.store(text, std::array<char, 6>{'h', 'e', 'l', 'l', 'o', '!'}));
  BOOST_TEST(b.call(64, 1, text.value, 5) == 5u);
  BOOST_TEST(b.call(64, 2, text.value + 5, 1) == 1u);
  BOOST_TEST(b.call(64, 1, text.value, 0) == 0u);
  BOOST_TEST(b.output.text() == "hello!");
  BOOST_TEST(b.calls.unserved() == 0u);
}

BOOST_AUTO_TEST_CASE(a_system_call_writes_so_much_at_most) {
  hardware::physical_memory memory(hpa{0x4000'0000}, 32 * frame_size);
  device::power_switch power;
  device::collected_bytes output;
  struct flat final : device::guest_access {
    hardware::physical_memory &memory;
    explicit flat(hardware::physical_memory &m) : memory(m) {}
    [[nodiscard]] bool contains(gpa at, u64 size) const override { return memory.contains(hpa{at.value}, size); }
    [[nodiscard]] bool read(gpa at, std::span<u8> to) const override {
      return memory.read(hpa{at.value}, to.data(), to.size());
    }
    [[nodiscard]] bool write(gpa at, std::span<const u8> from) override {
      return memory.write(hpa{at.value}, from.data(), from.size());
    }
  } guest(memory);
  device::htif h(memory, {memory.base()}, power, output, {}, &guest);
  const gpa at{memory.base().value + 64};
  BOOST_REQUIRE(guest.store(at, std::array<u64, 4>{64, 1, memory.base().value, 32 * frame_size}));
  BOOST_REQUIRE(memory.store<u64>(memory.base(), at.value));
  BOOST_TEST(guest.load<u64>(at).value() == 65536u);
  BOOST_TEST(output.text().size() == 65536u);
}

BOOST_AUTO_TEST_CASE(a_system_call_that_cannot_be_done_fails) {
  calling b;
  const u64 end = shuffled::base + 2 * frame_size;
  BOOST_TEST(b.call(64, 0, shuffled::base, 1) == minus(9));
  BOOST_TEST(b.call(64, 3, shuffled::base, 1) == minus(9));
  for (const auto &[from, size] : {std::pair<u64, u64>{end - 4, 5}, {end, 1}, {0, 1}, {~u64{0}, 2}, {end - 4, ~u64{0}}})
    BOOST_TEST(b.call(64, 1, from, size) == minus(14));
  BOOST_TEST(b.calls.unserved() == 0u);
  for (const u64 number : {u64{0}, u64{63}, u64{1234}, ~u64{0}})
    BOOST_TEST(b.call(number) == minus(38));
  BOOST_TEST(b.calls.unserved() == 4u);
  BOOST_TEST(b.output.text().empty());
  BOOST_TEST(!b.power.off());

  for (const u64 nowhere : {end - 24, end, shuffled::base - 32}) {
    BOOST_REQUIRE(b.memory.store<u64>(b.tohost, nowhere));
    BOOST_TEST(b.memory.load<u64>(b.tohost).value() == nowhere);
  }
  BOOST_TEST(b.calls.unserved() == 7u);
}

BOOST_AUTO_TEST_CASE(a_system_call_ends) {
  for (const u64 code : {u64{0}, u64{7}}) {
    calling b;
    BOOST_REQUIRE(b.guest.store(b.at, std::array<u64, 4>{93, code}));
    BOOST_REQUIRE(b.memory.store<u64>(b.tohost, b.at.value));
    BOOST_TEST((b.power.state == (code == 0 ? passed : failed(code))));
    BOOST_TEST(b.ended == 1);
  }
}

/// Where the call lies in `tohost`'s own words, its result and the answer are no commands.
BOOST_AUTO_TEST_CASE(a_system_call_in_tohost_itself_is_served_once) {
  hardware::physical_memory memory(hpa{shuffled::base}, 4 * frame_size);
  device::power_switch power;
  device::collected_bytes output;
  shuffled guest(memory);
  const gpa at{shuffled::base + 64};
  device::htif h(memory, {guest.locate(at)}, power, output, {}, &guest);
  BOOST_REQUIRE(memory.store<u64>(guest.locate(at), at.value));
  BOOST_TEST(guest.load<u64>(at).value() == 0u);
  BOOST_TEST(h.unserved() == 1u);
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
