// SPDX-License-Identifier: BSL-1.0
// Shows that a guest's last word through the test finisher is taken as it was meant, and only the first one.
#include <boost/test/unit_test.hpp>

#include <hvkit/device/finisher.hpp>
#include <hvkit/device/zero_window.hpp>

using namespace hvkit;
using device::shutdown;

namespace {

maybe<shutdown> after(unsigned size, u64 value, u64 offset = 0) {
  device::power_switch power;
  device::finisher f(power);
  BOOST_TEST(f.write(offset, size, value));
  return power.state;
}
constexpr shutdown passed{shutdown::kind::pass, 0};
constexpr shutdown restart{shutdown::kind::reset, 0};
constexpr shutdown failed(u64 code) { return {shutdown::kind::fail, code}; }

} // namespace

BOOST_AUTO_TEST_CASE(three_words_have_a_meaning) {
  BOOST_TEST((after(4, 0x5555) == passed));
  BOOST_TEST((after(4, 0x5555 | 7 << 16) == passed));
  BOOST_TEST((after(4, 0x7777) == restart));
  BOOST_TEST((after(4, 0x3333 | 1 << 16) == failed(1)));
  BOOST_TEST((after(4, 0xffff'3333) == failed(0xffff)));
}

BOOST_AUTO_TEST_CASE(all_others_have_none) {
  for (u64 word = 0; word <= 0xffff; ++word)
    if (word != 0x5555 && word != 0x3333 && word != 0x7777)
      BOOST_REQUIRE(!after(4, word));
  BOOST_TEST(!after(4, 0x5555, 4));
}

BOOST_AUTO_TEST_CASE(a_half_word_has_no_code) {
  BOOST_TEST((after(2, 0x5555) == passed));
  BOOST_TEST((after(2, 0x9'3333) == failed(0)));
}

BOOST_AUTO_TEST_CASE(other_widths_are_refused) {
  device::power_switch power;
  device::finisher f(power);
  for (const unsigned size : {1U, 8U}) {
    BOOST_TEST(!f.write(0, size, 0x5555));
    BOOST_TEST(!f.read(0, size));
  }
  BOOST_TEST(!power.off());
  BOOST_TEST(f.read(0, 4).value() == 0u);
}

BOOST_AUTO_TEST_CASE(the_first_word_holds) {
  device::power_switch power;
  device::finisher f(power);
  BOOST_TEST(f.write(0, 4, 0x3333 | 3 << 16));
  BOOST_TEST(f.write(0, 4, 0x5555));
  BOOST_TEST(power.off());
  BOOST_TEST((power.state == failed(3)));
}

BOOST_AUTO_TEST_CASE(an_empty_window_is_zero_whatever_is_written) {
  device::zero_window w;
  for (const unsigned size : {1U, 2U, 4U, 8U}) {
    BOOST_TEST(w.write(size, size, ~u64{0}));
    BOOST_TEST(w.read(size, size).value() == 0u);
  }
}
