// SPDX-License-Identifier: BSL-1.0
// Shows that disks hold what was written to them: in memory, over another one, and in a file.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <hvkit/device/snapshot_disk.hpp>
#include <hvkit/host/disk_file.hpp>

#include "support/recording_disk.hpp"
#include "support/scratch.hpp"

using namespace hvkit;
using device::disk_outcome;
using host::disk_file;
using host::disk_mode;

namespace {

using sector = std::array<u8, 512>;
sector filled(u8 with) {
  sector s;
  s.fill(with);
  return s;
}
std::vector<u8> read(device::disk &d, u64 first, u64 count) {
  std::vector<u8> all(count * 512);
  BOOST_TEST((d.read(first, all) == disk_outcome::done));
  return all;
}

/// A file that goes away again.
struct temporary {
  tests::scratch directory;
  std::string path = directory / "image";
  explicit temporary(std::size_t size, char with = 'a') { std::ofstream(path) << std::string(size, with); }
  [[nodiscard]] std::string bytes() const {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] std::pair<long, long> changed() const {
    struct stat about {};
    BOOST_REQUIRE(::stat(path.c_str(), &about) == 0);
    return {about.st_mtim.tv_sec, about.st_mtim.tv_nsec};
  }
};

std::string refusal(const std::string &path, disk_mode mode = disk_mode::read_write) {
  auto opened = disk_file::open(path, mode);
  return opened ? "" : opened.reason();
}

/// What holds of every disk that can be written to, with eleven sectors of 'a'.
void is_a_disk(device::disk &d) {
  BOOST_TEST(d.sectors() == 11u);
  BOOST_TEST(!d.read_only());
  BOOST_TEST((read(d, 0, 11) == std::vector<u8>(11 * 512, 'a')));
  BOOST_TEST((d.write(10, filled('x')) == disk_outcome::done));
  BOOST_TEST((d.write(7, std::vector<u8>(1024, 'y')) == disk_outcome::done)); // over two blocks of a snapshot
  BOOST_TEST((d.write(7, filled('z')) == disk_outcome::done));
  std::vector<u8> wanted(11 * 512, 'a');
  std::fill_n(wanted.begin() + 7 * 512, 512, u8{'z'});
  std::fill_n(wanted.begin() + 8 * 512, 512, u8{'y'});
  std::fill_n(wanted.begin() + 10 * 512, 512, u8{'x'});
  BOOST_TEST((read(d, 0, 11) == wanted));
  BOOST_TEST((read(d, 8, 2) == std::vector<u8>(wanted.begin() + 8 * 512, wanted.begin() + 10 * 512)));
  std::array<u8, 1024> two{};
  for (const u64 beyond : {u64{10}, u64{11}, u64{1} << 55, ~u64{0}}) {
    BOOST_TEST((d.read(beyond, two) == disk_outcome::out_of_range));
    BOOST_TEST((d.write(beyond, two) == disk_outcome::out_of_range));
  }
  BOOST_TEST((d.read(11, std::span<u8>()) == disk_outcome::done));
  BOOST_TEST((d.flush() == disk_outcome::done));
  BOOST_TEST((read(d, 0, 11) == wanted));
}

} // namespace

BOOST_AUTO_TEST_CASE(a_memory_disk_is_a_disk) {
  device::memory_disk d(std::vector<u8>(11 * 512 + 100, 'a'));
  is_a_disk(d);
}

BOOST_AUTO_TEST_CASE(a_snapshot_is_a_disk_and_leaves_what_is_below) {
  device::memory_disk below(std::vector<u8>(11 * 512, 'a'));
  device::snapshot_disk d(below);
  is_a_disk(d);
  BOOST_TEST((below.bytes() == std::vector<u8>(11 * 512, 'a')));
  BOOST_TEST(d.held() == 2 * 4096u);
}

BOOST_AUTO_TEST_CASE(a_snapshot_grows_by_what_is_written_and_no_more) {
  tests::recording_disk below(1000);
  device::snapshot_disk d(below, 3 * 4096);
  BOOST_TEST(d.held() == 0u);
  for (int again = 0; again < 3; ++again)
    for (const u64 n : {u64{0}, u64{8}, u64{999}})
      BOOST_TEST((d.write(n, filled('x')) == disk_outcome::done));
  BOOST_TEST(d.held() == 3 * 4096u);
  BOOST_TEST((d.write(16, filled('x')) == disk_outcome::failed));
  BOOST_TEST((read(d, 16, 1) == std::vector<u8>(512)));
  BOOST_TEST(d.held() == 3 * 4096u);
  BOOST_TEST(below.log.find('w') == std::string::npos);
  below.failing = true;
  BOOST_TEST((d.write(1, filled('y')) == disk_outcome::done)); // is held already
  std::array<u8, 512> s{};
  BOOST_TEST((d.read(500, s) == disk_outcome::failed));
}

BOOST_AUTO_TEST_CASE(a_file_is_a_disk) {
  const temporary image(11 * 512);
  auto d = disk_file::open(image.path, disk_mode::read_write);
  BOOST_REQUIRE(d);
  is_a_disk(*d);
  const std::string bytes = image.bytes();
  BOOST_TEST(bytes.size() == 11 * 512u);
  BOOST_TEST(bytes[10 * 512] == 'x');
  BOOST_TEST(bytes[7 * 512] == 'z');
}

BOOST_AUTO_TEST_CASE(writes_are_in_the_file_in_order) {
  const temporary image(8 * 512);
  auto d = disk_file::open(image.path, disk_mode::read_write);
  BOOST_REQUIRE(d);
  for (const char c : {'p', 'q', 'r'}) {
    BOOST_TEST((d->write(2, filled(static_cast<u8>(c))) == disk_outcome::done));
    BOOST_TEST(image.bytes()[2 * 512 + 511] == c); // without a flush
  }
}

BOOST_AUTO_TEST_CASE(a_snapshot_leaves_its_file_untouched) {
  const temporary image(11 * 512);
  const auto changed = image.changed();
  {
    auto below = disk_file::open(image.path, disk_mode::read_only);
    BOOST_REQUIRE(below);
    BOOST_TEST(below->read_only());
    BOOST_TEST((below->write(0, filled('x')) == disk_outcome::read_only));
    BOOST_TEST((below->flush() == disk_outcome::done));
    device::snapshot_disk d(*below);
    is_a_disk(d);
  }
  BOOST_TEST(image.bytes() == std::string(11 * 512, 'a'));
  BOOST_TEST((image.changed() == changed));
}

BOOST_AUTO_TEST_CASE(what_is_no_image_is_refused_in_a_sentence) {
  BOOST_TEST(refusal("/nowhere/disk.img") == "/nowhere/disk.img: No such file or directory");
  BOOST_TEST(refusal("/tmp", disk_mode::read_only) == "/tmp: is a directory");
  BOOST_TEST(refusal("/dev/null") == "/dev/null: is not a file");
  const temporary odd(1000), empty(0), good(512);
  BOOST_TEST(refusal(odd.path) == odd.path + ": has 1000 bytes, which is no multiple of a sector's 512");
  BOOST_TEST(refusal(empty.path) == empty.path + ": is empty");
  BOOST_TEST(refusal(good.path) == "");
  if (::geteuid() != 0) {
    ::chmod(good.path.c_str(), 0444);
    BOOST_TEST(refusal(good.path) == good.path + ": Permission denied");
    BOOST_TEST(refusal(good.path, disk_mode::read_only) == "");
  }
}

BOOST_AUTO_TEST_CASE(one_writes_or_many_read) {
  const temporary image(512);
  const std::string busy = image.path + ": is in use as a disk by another machine";
  {
    auto writer = disk_file::open(image.path, disk_mode::read_write);
    BOOST_REQUIRE(writer);
    BOOST_TEST(refusal(image.path, disk_mode::read_write) == busy);
    BOOST_TEST(refusal(image.path, disk_mode::read_only) == busy);
    auto moved = std::move(*writer);
    BOOST_TEST(refusal(image.path) == busy);
  }
  auto reader = disk_file::open(image.path, disk_mode::read_only);
  BOOST_REQUIRE(reader);
  BOOST_TEST(refusal(image.path, disk_mode::read_only) == "");
  BOOST_TEST(refusal(image.path, disk_mode::read_write) == busy);
}

BOOST_AUTO_TEST_CASE(an_image_cut_off_meanwhile_fails) {
  const temporary image(8 * 512);
  auto d = disk_file::open(image.path, disk_mode::read_write);
  BOOST_REQUIRE(d);
  BOOST_REQUIRE(::truncate(image.path.c_str(), 3 * 512 + 7) == 0);
  std::array<u8, 1024> two{};
  BOOST_TEST((d->read(1, two) == disk_outcome::done));
  BOOST_TEST((d->read(2, two) == disk_outcome::failed));
  BOOST_TEST((d->read(3, std::span(two).first(512)) == disk_outcome::failed));
}
