// SPDX-License-Identifier: BSL-1.0
// Sizes, counts and escapes as they are written on a command line.
#include <boost/test/unit_test.hpp>

#include <string>

#include <hvkit/host/quantity.hpp>

using namespace hvkit;

namespace {
bool is(const host::result<u64> &r, u64 value) { return r && *r == value; }
} // namespace

BOOST_AUTO_TEST_CASE(sizes) {
  BOOST_TEST(is(host::parse_size("4096"), 4096));
  BOOST_TEST(is(host::parse_size("0x8000000"), 0x8000000));
  for (const char *text : {"128M", "128m", "128MB", "128MiB", "131072K", "131072KiB"})
    BOOST_TEST(is(host::parse_size(text), u64{128} << 20), text);
  BOOST_TEST(is(host::parse_size("3T"), u64{3} << 40));
  BOOST_TEST(is(host::parse_size("0"), 0));
  BOOST_TEST(is(host::parse_size("7B"), 7));
  for (const char *text : {"", "M", "-1", "+1", " 1", "1 M", "1.5M", "1MM", "1iBB", "1X", "0x", "18446744073709551616",
                           "16777216T", "abc"})
    BOOST_TEST(!host::parse_size(text), text);
}

BOOST_AUTO_TEST_CASE(counts) {
  BOOST_TEST(is(host::parse_count("50000000"), 50'000'000));
  BOOST_TEST(is(host::parse_count("50M"), 50'000'000));
  BOOST_TEST(is(host::parse_count("2k"), 2000));
  BOOST_TEST(is(host::parse_count("0x10"), 16));
  BOOST_TEST(is(host::parse_count("18446744073709551615"), ~u64{0}));
  for (const char *text : {"", "1MiB", "many", "-5", "18446744073709552K"})
    BOOST_TEST(!host::parse_count(text), text);
}

BOOST_AUTO_TEST_CASE(escapes) {
  const auto is_text = [](std::string_view from, std::string_view to) {
    const auto r = host::unescape(from);
    return r && *r == to;
  };
  BOOST_TEST(is_text("", ""));
  BOOST_TEST(is_text("plain", "plain"));
  BOOST_TEST(is_text(R"(a\nb\r\t\e\\n)", "a\nb\r\t\x1b\\n"));
  BOOST_TEST(is_text(R"(\x20\x7F\xff)", " \x7f\xff"));
  BOOST_TEST(is_text(R"(\0)", std::string_view("\0", 1)));
  for (const char *text : {"\\", "\\q", "\\x", "\\x2", "\\xg0", "\\x0g"})
    BOOST_TEST(!host::unescape(text), text);
}
