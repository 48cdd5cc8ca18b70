// SPDX-License-Identifier: BSL-1.0
// Shows that fields are cut out of words and put back as the manuals write them.
#include <boost/test/unit_test.hpp>

#include <hvkit/core/bits.hpp>

using namespace hvkit;

BOOST_AUTO_TEST_CASE(a_field_comes_back_as_it_was_put) {
  for (unsigned low = 0; low < 64; ++low)
    for (unsigned high = low; high < 64; ++high) {
      const u64 mask = low_bits(high - low + 1) << low;
      const u64 value = 0x5aa5'f00f'1234'8765 & low_bits(high - low + 1);
      BOOST_REQUIRE_EQUAL(extract(deposit(~u64{0}, mask, value), mask), value);
      BOOST_REQUIRE_EQUAL(deposit(~u64{0}, mask, value) | mask, ~u64{0});
      BOOST_REQUIRE_EQUAL(bits(deposit(0, mask, value), high, low), value);
    }
}

BOOST_AUTO_TEST_CASE(deposit_drops_what_does_not_fit) { BOOST_TEST(deposit(0, 0xf0, 0x123) == 0x30u); }

BOOST_AUTO_TEST_CASE(sign_extension_copies_the_highest_bit_kept) {
  for (unsigned width = 1; width <= 64; ++width) {
    BOOST_TEST(sign_extend(bit(width - 1), width) == ~low_bits(width - 1));
    BOOST_TEST(sign_extend(low_bits(width - 1), width) == low_bits(width - 1));
    BOOST_TEST(sign_extend(~u64{0}, width) == ~u64{0});
  }
}
