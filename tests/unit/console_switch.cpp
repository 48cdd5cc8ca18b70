// SPDX-License-Identifier: BSL-1.0
// Tests how several guests' consoles come together at one: the keyboard has one owner, and no byte is lost or
// another's.
#include <boost/test/unit_test.hpp>

#include <hvkit/host/console_switch.hpp>
#include <hvkit/host/escape.hpp>

using namespace hvkit;
using host::console_switch;

namespace {

void say(console_switch::seat &who, std::string_view text) {
  for (const char c : text)
    who.put(static_cast<u8>(c));
}
std::string taken(console_switch::seat &who) {
  std::string all;
  while (const auto key = who.get())
    all.push_back(static_cast<char>(*key));
  return all;
}

struct bench {
  device::collected_bytes screen;
  device::queued_bytes keyboard;
  console_switch all;
  console_switch::seat &first, &second;
  explicit bench(host::screen how) : all(screen, keyboard, how), first(all.add("vm 1")), second(all.add("vm 2")) {}
};

constexpr maybe<u8> command_of(std::string_view pressed) {
  host::escape_keys keys;
  for (const char c : pressed)
    static_cast<void>(keys.take(static_cast<u8>(c)));
  return keys.command();
}
static_assert(command_of("a\x01n") == u8{'n'});
static_assert(command_of("\x01na") == u8{'n'});
static_assert(!command_of("n"));
static_assert(!command_of("\x01x"));
static_assert(!command_of("\x01\x01"));

} // namespace

BOOST_AUTO_TEST_CASE(the_keyboard_has_one_owner) {
  bench b(host::screen::focused);
  b.keyboard.push("abc");
  BOOST_TEST(!b.second.ready());
  BOOST_TEST(!b.second.get().has_value());
  BOOST_TEST(b.first.available() == 3U);
  BOOST_TEST((b.first.get() == u8{'a'}));
  b.all.give(1); // what was typed before stays the first one's
  b.keyboard.push("xy");
  BOOST_TEST(taken(b.first) == "bc");
  BOOST_TEST(!b.first.ready());
  BOOST_TEST(taken(b.second) == "xy");
  b.all.give(2); // there is none
  BOOST_TEST(b.all.owner() == 1U);
}

BOOST_AUTO_TEST_CASE(the_screen_shows_who_has_the_keyboard) {
  bench b(host::screen::focused);
  say(b.first, "one");
  say(b.second, "two");
  BOOST_TEST(b.screen.text() == "one");
  b.all.give(1);
  BOOST_TEST(b.screen.text() == "one\n[vm 2]\ntwo");
  say(b.first, "more");
  say(b.second, "!");
  b.all.give(1);
  BOOST_TEST(b.screen.text() == "one\n[vm 2]\ntwo!");
  b.all.show_rest();
  BOOST_TEST(b.screen.text() == "one\n[vm 2]\ntwo!\n[vm 1]\nmore");
}

BOOST_AUTO_TEST_CASE(lines_are_shown_whole_and_named) {
  bench b(host::screen::lines);
  say(b.first, "on");
  say(b.second, "two\n\n");
  say(b.first, "e\nopen");
  BOOST_TEST(b.screen.text() == "vm 2: two\nvm 2: \nvm 1: one\n");
  b.all.show_rest();
  b.all.show_rest();
  BOOST_TEST(b.screen.text() == "vm 2: two\nvm 2: \nvm 1: one\nvm 1: open\n");
}

BOOST_AUTO_TEST_CASE(what_is_held_is_bounded) {
  bench b(host::screen::focused);
  for (int i = 0; i < 1'000'000; ++i)
    b.second.put(static_cast<u8>('0' + i % 10));
  b.all.give(1);
  BOOST_TEST(b.screen.text().size() < 70'000U);
  BOOST_TEST(b.screen.text().ends_with("6789"));
  bench lines(host::screen::lines);
  for (int i = 0; i < 10'000; ++i)
    lines.first.put('x');
  BOOST_TEST(lines.screen.text().size() > 8'000U);
}
