// SPDX-License-Identifier: BSL-1.0
// Files in the making: there in full, or not at all.
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <hvkit/host/output_file.hpp>

#include "support/scratch.hpp"

using namespace hvkit;

namespace {

struct folder : tests::scratch {
  [[nodiscard]] auto files() const {
    return std::distance(std::filesystem::directory_iterator(path()), std::filesystem::directory_iterator());
  }
  [[nodiscard]] std::string text(const char *name) const {
    std::ifstream in(path() / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(output_files, folder)

BOOST_AUTO_TEST_CASE(kept) {
  auto file = host::output_file::create(*this / "a");
  BOOST_REQUIRE(file);
  file->write("one ");
  file->write("two");
  BOOST_TEST(!std::filesystem::exists(path() / "a"));
  BOOST_TEST(!file->keep().has_value());
  BOOST_TEST(text("a") == "one two");
  BOOST_TEST(files() == 1);
}

BOOST_AUTO_TEST_CASE(given_up) {
  {
    auto file = host::output_file::create(*this / "a");
    BOOST_REQUIRE(file);
    file->write("one");
    host::output_file moved(*std::move(file));
    BOOST_TEST(files() == 1);
  }
  BOOST_TEST(files() == 0);
}

BOOST_AUTO_TEST_CASE(what_was_there_stays_until_it_is_replaced) {
  std::ofstream(path() / "a") << "old";
  { static_cast<void>(host::output_file::create(*this / "a")); }
  BOOST_TEST(text("a") == "old");
  auto file = host::output_file::create(*this / "a");
  BOOST_REQUIRE(file);
  file->write("new");
  BOOST_TEST(text("a") == "old");
  BOOST_TEST(!file->keep().has_value());
  BOOST_TEST(text("a") == "new");
}

BOOST_AUTO_TEST_CASE(not_a_regular_file) {
  auto file = host::output_file::create("/dev/null");
  BOOST_REQUIRE(file);
  file->write("gone");
  BOOST_TEST(!file->keep().has_value());
}

BOOST_AUTO_TEST_CASE(nowhere) {
  const auto in_no_folder = host::output_file::create(*this / "no/a");
  BOOST_REQUIRE(!in_no_folder);
  BOOST_TEST(in_no_folder.reason() == (*this / "no/a") + ": No such file or directory");
  const auto a_folder = host::output_file::create(path().string());
  BOOST_REQUIRE(!a_folder);
  BOOST_TEST(a_folder.reason() == path().string() + ": is a directory");
}

BOOST_AUTO_TEST_CASE(no_room) {
  auto file = host::output_file::create("/dev/full");
  BOOST_REQUIRE(file);
  file->write("x");
  const auto wrong = file->keep();
  BOOST_REQUIRE(wrong.has_value());
  BOOST_TEST(wrong->reason == "/dev/full: No space left on device");
}

BOOST_AUTO_TEST_SUITE_END()
