// SPDX-License-Identifier: BSL-1.0
// Shows that the virtio block device does what is asked of it, in whatever pieces, and says so when it can't.
#include <numeric>

#include <boost/test/unit_test.hpp>

#include <hvkit/device/virtio/block.hpp>
#include <hvkit/device/virtio/mmio.hpp>

#include "support/recording_disk.hpp"
#include "support/virtio_driver.hpp"
#include "support/wires.hpp"

using namespace hvkit;
using namespace hvkit::device::virtio;
using device::disk_outcome;
using tests::part;

namespace {

constexpr u8 ok = 0, ioerr = 1, unsupp = 2, untouched = 0xee;

struct bench {
  tests::recording_disk disk{16};
  block model{disk};
  tests::guest_bytes memory{0x40000};
  tests::lines cpu;
  mmio port{model, memory, {cpu, 1}};
  tests::virtio_driver driver{port, memory};
  u32 length = 0; ///< of what was written, as the device said last

  explicit bench(u64 features = version_1 | block::f_flush) { BOOST_REQUIRE(driver.begin(features, 1)); }
  [[nodiscard]] gpa data(u64 offset = 0) const { return driver.free(0x1000 + offset); }
  [[nodiscard]] gpa header() const { return driver.free(0); }
  [[nodiscard]] gpa status() const { return driver.free(0x100); }
  void put_header(u32 type, u64 sector) {
    memory.put(header(), type);
    memory.put(header() + 8, sector);
    memory.put(status(), untouched);
  }
  /// A request with these pieces of data; its status.
  u8 ask(u32 type, u64 sector, std::vector<part> pieces) {
    put_header(type, sector);
    pieces.insert(pieces.begin(), {header(), 16});
    pieces.push_back({status(), 1, true});
    driver.post(0, pieces);
    driver.notify(0);
    const auto done = driver.completed(0);
    length = done ? done->length : ~0U;
    return memory.get<u8>(status());
  }
};

[[nodiscard]] std::vector<u8> pattern(std::size_t size, u8 first = 0) {
  std::vector<u8> all(size);
  for (std::size_t i = 0; i < size; ++i)
    all[i] = static_cast<u8>(first + i + i / 512);
  return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  bench b;
  const auto bytes = pattern(1024);
  b.memory.put_bytes(b.data(), bytes);
  BOOST_TEST(b.ask(1, 3, {{b.data(), 1024}}) == ok);
  BOOST_TEST(b.length == 1u);
  BOOST_TEST((b.disk.content(3, 2) == bytes));
  BOOST_TEST((b.disk.content(5, 1) == std::vector<u8>(512)));
  BOOST_TEST(b.ask(0, 3, {{b.data(0x1000), 1024, true}}) == ok);
  BOOST_TEST(b.length == 1025u);
  BOOST_TEST((b.memory.get_bytes(b.data(0x1000), 1024) == bytes));
  BOOST_TEST(b.driver.interrupts() == 1u);
}

BOOST_AUTO_TEST_CASE(pieces_may_be_cut_anywhere) {
  bench b;
  const auto bytes = pattern(512, 9);
  b.memory.put_bytes(b.data(), bytes);
  b.put_header(1, 7);
  b.driver.post(0, {{b.header(), 3},
                    {b.header() + 3, 12},
                    {b.header() + 15, 1},
                    {b.data(), 1},
                    {b.data(1), 511},
                    {b.status(), 1, true}});
  b.driver.notify(0);
  BOOST_TEST(b.memory.get<u8>(b.status()) == ok);
  BOOST_TEST((b.disk.content(7, 1) == bytes));
  b.put_header(0, 7);
  // Header and status share their pieces with nothing, or the status with the data.
  b.driver.post(0, {{b.header(), 16}, {b.data(0x1000), 100, true}, {b.data(0x1064), 413, true}});
  b.driver.notify(0);
  BOOST_TEST((b.memory.get_bytes(b.data(0x1000), 512) == bytes));
  BOOST_TEST(b.memory.get<u8>(b.data(0x1200)) == ok);
}

BOOST_AUTO_TEST_CASE(large_requests_go_through_whole) {
  device::memory_disk disk(200);
  block model(disk);
  tests::guest_bytes memory(0x80000);
  mmio port(model, memory, {});
  tests::virtio_driver driver(port, memory);
  BOOST_REQUIRE(driver.begin(version_1, 1));
  const auto bytes = pattern(150 * 512);
  const auto ask = [&](u32 type, gpa data, bool writes) {
    memory.put(driver.free(), std::array<u64, 2>{type, 50});
    driver.post(0, {{driver.free(), 16}, {data, 150 * 512, writes}, {driver.free(16), 1, true}});
    driver.notify(0);
    return memory.get<u8>(driver.free(16));
  };
  memory.put_bytes(driver.free(0x1000), bytes);
  BOOST_TEST(ask(1, driver.free(0x1000), false) == ok);
  BOOST_TEST(std::equal(bytes.begin(), bytes.end(), disk.bytes().begin() + 50 * 512));
  BOOST_TEST(ask(0, driver.free(0x20000), true) == ok);
  BOOST_TEST((memory.get_bytes(driver.free(0x20000), 150 * 512) == bytes));
}

BOOST_AUTO_TEST_CASE(sectors_that_do_not_exist_are_errors) {
  bench b;
  for (const u32 type : {0U, 1U}) {
    const bool in = type == 0;
    BOOST_TEST(b.ask(type, 16, {{b.data(), 512, in}}) == ioerr);
    BOOST_TEST(b.ask(type, 15, {{b.data(), 1024, in}}) == ioerr);
    BOOST_TEST(b.ask(type, ~u64{0}, {{b.data(), 512, in}}) == ioerr);
    BOOST_TEST(b.ask(type, u64{1} << 55, {{b.data(), 512, in}}) == ioerr);
    BOOST_TEST(b.ask(type, 0, {{b.data(), 511, in}}) == ioerr);
    BOOST_TEST(b.ask(type, 0, {{b.data(), 513, in}}) == ioerr);
    BOOST_TEST(b.ask(type, 15, {{b.data(), 512, in}}) == ok);
    BOOST_TEST(b.ask(type, 16, {}) == ok); // no sectors at all: they exist
  }
  BOOST_TEST(!b.driver.broken());
}

BOOST_AUTO_TEST_CASE(of_a_failed_read_only_what_is_certain_was_written) {
  bench b;
  BOOST_TEST(b.ask(0, 16, {{b.data(), 512, true}}) == ioerr);
  BOOST_TEST(b.length == 0u);
  BOOST_TEST(b.ask(1, 16, {{b.data(), 512}}) == ioerr);
  BOOST_TEST(b.length == 1u);
}

BOOST_AUTO_TEST_CASE(flush_comes_after_what_was_written_before) {
  bench b;
  BOOST_TEST(b.ask(1, 1, {{b.data(), 512}}) == ok);
  BOOST_TEST(b.ask(1, 2, {{b.data(), 512}}) == ok);
  BOOST_TEST(b.ask(4, 0, {}) == ok);
  BOOST_TEST(b.ask(1, 1, {{b.data(), 512}}) == ok);
  BOOST_TEST(b.disk.log == "w1 w2 f w1 ");
  b.disk.failing = true;
  BOOST_TEST(b.ask(4, 0, {}) == ioerr);
}

BOOST_AUTO_TEST_CASE(a_driver_that_cannot_flush_has_each_write_flushed) {
  bench b(version_1);
  BOOST_TEST(b.ask(1, 1, {{b.data(), 512}}) == ok);
  BOOST_TEST(b.ask(1, 2, {{b.data(), 512}}) == ok);
  BOOST_TEST(b.disk.log == "w1 f w2 f ");
}

BOOST_AUTO_TEST_CASE(several_requests_are_done_in_order_at_one_notification) {
  bench b;
  for (const u64 sector : {u64{5}, u64{3}}) {
    const gpa header = b.driver.free(0x200 + 0x20 * sector);
    b.memory.put(header, std::array<u64, 2>{1, sector});
    b.driver.post(0, {{header, 16}, {b.data(), 512}, {header + 16, 1, true}});
  }
  b.driver.notify(0);
  BOOST_TEST(b.disk.log == "w5 w3 ");
  BOOST_TEST(b.driver.used_index(0) == 2u);
}

BOOST_AUTO_TEST_CASE(it_has_a_name) {
  bench b;
  b.memory.put_bytes(b.data(), std::vector<u8>(24, untouched));
  BOOST_TEST(b.ask(8, 0, {{b.data(), 20, true}}) == ok);
  BOOST_TEST(b.length == 21u);
  const auto name = b.memory.get_bytes(b.data(), 21);
  BOOST_TEST(std::string(name.begin(), name.begin() + 6) == std::string("hvkit\0", 6));
  BOOST_TEST(name[19] == 0);
  BOOST_TEST(name[20] == untouched);
  BOOST_TEST(b.ask(8, 0, {{b.data(), 3, true}}) == ok);
  BOOST_TEST(b.length == 4u);
}

BOOST_AUTO_TEST_CASE(what_it_does_not_know_is_unsupported) {
  bench b;
  for (const u32 type : {2U, 3U, 5U, 11U, 13U, 0x8000'0000U, 0xffff'ffffU})
    BOOST_TEST(b.ask(type, 0, {{b.data(), 512, true}}) == unsupp);
  BOOST_TEST(b.disk.log.empty());
}

BOOST_AUTO_TEST_CASE(a_read_only_disk_says_so_and_stays_as_it_is) {
  bench b;
  b.disk.locked = true;
  BOOST_TEST((b.driver.offered() & block::f_ro) != 0);
  BOOST_TEST(b.ask(1, 0, {{b.data(), 512}}) == ioerr);
  BOOST_TEST(b.ask(0, 0, {{b.data(), 512, true}}) == ok);
  BOOST_TEST(b.disk.log == "r0 ");
}

BOOST_AUTO_TEST_CASE(a_medium_that_fails_is_an_error) {
  bench b;
  b.disk.failing = true;
  BOOST_TEST(b.ask(0, 0, {{b.data(), 512, true}}) == ioerr);
  BOOST_TEST(b.ask(1, 0, {{b.data(), 512}}) == ioerr);
  BOOST_TEST(!b.driver.broken());
}

BOOST_AUTO_TEST_CASE(what_is_no_request_breaks_the_device) {
  const auto breaks = [](auto post) {
    bench b;
    b.put_header(0, 0);
    post(b);
    b.driver.notify(0);
    BOOST_TEST(b.driver.broken());
    BOOST_TEST(b.driver.interrupts() == 2u);
    BOOST_TEST(b.driver.used_index(0) == 0u);
    BOOST_TEST(b.disk.log.empty());
  };
  breaks([](bench &b) { b.driver.post(0, {{b.header(), 16}}); });                        // no room for a status
  breaks([](bench &b) { b.driver.post(0, {{b.header(), 16}, {b.status(), 0, true}}); }); // nor here
  breaks([](bench &b) { b.driver.post(0, {{b.header(), 15}, {b.status(), 1, true}}); }); // a header cut off
  breaks([](bench &b) { b.driver.post(0, {{b.status(), 1, true}}); });
}

/// Pieces of one request may be the same memory again and again: their sum is bounded.
BOOST_AUTO_TEST_CASE(the_work_of_one_request_is_bounded) {
  device::memory_disk disk(block::largest / 512 + 2);
  block model(disk);
  tests::guest_bytes memory(0x200'0000);
  mmio port(model, memory, {});
  tests::virtio_driver driver(port, memory);
  BOOST_REQUIRE(driver.begin(version_1, 1));
  const auto read = [&](u32 size) {
    memory.put(driver.free(), std::array<u64, 2>{0, 0});
    driver.post(0, {{driver.free(), 16}, {driver.free(0x1000), size, true}, {driver.free(16), 1, true}});
    driver.notify(0);
    return memory.get<u8>(driver.free(16));
  };
  BOOST_TEST(read(block::largest) == ok);
  BOOST_TEST(read(block::largest + 512) == ioerr);
}
