// SPDX-License-Identifier: BSL-1.0
// When prepared input reaches a guest: after what it printed, after it was quiet, and not a moment before.
#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

#include <hvkit/host/typist.hpp>

using namespace hvkit;
using host::typed_text;

namespace {

struct set_clock final : hardware::instruction_clock {
  u64 time = 0;
  [[nodiscard]] u64 now() const override { return time; }
};

struct fixture {
  static constexpr u64 patience = 100;
  device::collected_bytes screen;
  device::queued_bytes beyond;
  set_clock clock;

  host::typist make(std::vector<typed_text> script, bool more = false) {
    return {screen, std::move(script), more ? &beyond : nullptr, patience};
  }
  static void print(host::typist &t, std::string_view text) {
    for (const char c : text)
      t.put(static_cast<u8>(c));
  }
  /// All there is now.
  static std::string take(host::typist &t) {
    std::string all;
    while (const auto byte = t.get())
      all.push_back(static_cast<char>(*byte));
    return all;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(typists, fixture)

BOOST_AUTO_TEST_CASE(output_goes_through) {
  auto t = make({});
  print(t, "hello");
  BOOST_TEST(screen.text() == "hello");
  BOOST_TEST(take(t) == "");
  BOOST_TEST(t.next_event() == hardware::never);
}

BOOST_AUTO_TEST_CASE(after_a_text) {
  auto t = make({{"yes\n", "sure? "}});
  t.set_clock(clock);
  clock.time = 100'000; // quiet as it is, only the text counts
  print(t, "sure sure?");
  BOOST_TEST(!t.ready());
  print(t, " ");
  BOOST_TEST(t.available() == 4);
  BOOST_TEST(take(t) == "yes\n");
  BOOST_TEST(!t.ready());
}

BOOST_AUTO_TEST_CASE(a_text_within_a_repetition_of_its_beginning) {
  auto t = make({{"x", "aab"}});
  print(t, "aaab");
  BOOST_TEST(t.ready());
}

BOOST_AUTO_TEST_CASE(each_text_after_its_own_prompt) {
  auto t = make({{"one", "> "}, {"two", "> "}});
  print(t, "> ");
  BOOST_TEST(take(t) == "one");
  print(t, ">");
  BOOST_TEST(!t.ready());
  print(t, " ");
  BOOST_TEST(take(t) == "two");
}

BOOST_AUTO_TEST_CASE(at_once) {
  auto t = make({{"now", ""}});
  BOOST_TEST(take(t) == "now");
}

BOOST_AUTO_TEST_CASE(after_quiet) {
  auto t = make({{"ab"}, {"c"}});
  t.set_clock(clock);
  BOOST_TEST(t.next_event() == patience);
  clock.time = 60;
  print(t, "busy");
  BOOST_TEST(t.next_event() == 60 + patience);
  clock.time = 159;
  BOOST_TEST(!t.ready());
  clock.time = 160;
  BOOST_TEST(t.ready());
  BOOST_TEST(t.next_event() == hardware::never); // it is over, not ahead
  BOOST_TEST(*t.get() == 'a');
  print(t, "a"); // an echo does not stop what was begun
  BOOST_TEST(*t.get() == 'b');
  BOOST_TEST(!t.ready());
  clock.time = 170;
  print(t, "b");
  BOOST_TEST(t.next_event() == 170 + patience);
  clock.time = 270;
  BOOST_TEST(take(t) == "c");
}

BOOST_AUTO_TEST_CASE(what_comes_from_beyond_waits_for_quiet_first) {
  auto t = make({{"script", "> "}}, true);
  t.set_clock(clock);
  beyond.push("more");
  clock.time = 1000;
  print(t, "> ");
  BOOST_TEST(take(t) == "script");
  clock.time = 1100;
  BOOST_TEST(take(t) == "more");
  print(t, "!");
  beyond.push("and more");
  BOOST_TEST(take(t) == "and more"); // begun is begun
}

BOOST_AUTO_TEST_CASE(last_words) {
  auto t = make({{"q", "> "}});
  int heard = 0;
  t.listen("> ", [&] { ++heard; });
  print(t, "> ");
  BOOST_TEST(heard == 0); // the script is not done
  BOOST_TEST(take(t) == "q");
  print(t, "q\n> ");
  BOOST_TEST(heard == 1);
  print(t, "> ");
  BOOST_TEST(heard == 1);
}

BOOST_AUTO_TEST_SUITE_END()
