// SPDX-License-Identifier: BSL-1.0
// The same operations through either form of a device have the same effect on the one core behind it.
#include <memory>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <hvkit/device/snapshot_disk.hpp>
#include <hvkit/device/uart_16550a.hpp>
#include <hvkit/device/virtio/console.hpp>
#include <hvkit/vmm/lockstep.hpp>

#include "support/disk_drivers.hpp"
#include "support/gate.hpp"
#include "support/recording_disk.hpp"

using namespace hvkit;
using namespace hvkit::tests;
using device::virtio::version_1;

namespace {

constexpr u64 size = 1000;

/// A form of the disk, with a disk of its own.
struct subject {
  std::string name;
  std::unique_ptr<device::disk> medium;
  std::unique_ptr<disk_driver> driver;
};

template <class Driver, class... Options>
subject make(std::string name, std::unique_ptr<device::disk> medium, Options... options) {
  device::disk &d = *medium;
  return {std::move(name), std::move(medium), std::make_unique<Driver>(d, options...)};
}

std::vector<subject> every_form(device::disk &below) {
  const auto disk = [] { return std::make_unique<device::memory_disk>(size); };
  std::vector<subject> all;
  all.push_back(make<virtio_disk_driver>("virtio-blk", disk()));
  all.push_back(make<virtio_disk_driver>("virtio-blk, plain rings", disk(), version_1));
  all.push_back(make<virtio_disk_driver>("virtio-blk over a snapshot", std::make_unique<device::snapshot_disk>(below)));
  all.push_back(make<ata_disk_driver>("ATA", disk(), false, u8{1}));
  all.push_back(make<ata_disk_driver>("ATA, 48 bits", disk(), true, u8{1}));
  all.push_back(make<ata_disk_driver>("ATA, blocks of 16", disk(), false, u8{16}));
  all.push_back(make<ata_disk_driver>("ATA, 48 bits, blocks of 4", disk(), true, u8{4}));
  return all;
}

std::vector<u8> content(device::disk &d) {
  std::vector<u8> all(d.sectors() * 512);
  BOOST_TEST((d.read(0, all) == device::disk_outcome::done));
  return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_disk_holds_what_was_written_whichever_form_wrote_it) {
  device::memory_disk reference(size), below(size);
  auto forms = every_form(below);
  for (subject &s : forms)
    BOOST_TEST(s.driver->sectors() == size);
  random_numbers random(seed());
  std::vector<u8> bytes, got;
  u64 refused = 0;
  for (u64 n = 0; n < amount(600, 20'000, 1'000'000); ++n) {
    const u64 what = random.between(0, 9);
    const u64 first = random.between(0, 9) == 0 ? size - random.between(0, 40) : random.between(0, size);
    const u64 count = random.between(1, disk_driver::most_sectors);
    bytes.resize(count * 512);
    for (u8 &byte : bytes)
      byte = static_cast<u8>(random());
    const bool exists = reference.holds(first, count);
    refused += exists ? 0 : 1;
    std::vector<u8> wanted(bytes.size());
    if (what < 5 && exists)
      static_cast<void>(reference.write(first, bytes));
    else if (exists)
      static_cast<void>(reference.read(first, wanted));
    for (subject &s : forms) {
      bool agrees = true;
      if (what < 5) {
        agrees = s.driver->write(first, bytes) == exists;
      } else if (what < 9) {
        got.assign(bytes.size(), 0);
        agrees = s.driver->read(first, got) == exists && (!exists || got == wanted);
      } else {
        agrees = s.driver->flush();
      }
      if (!agrees)
        BOOST_TEST_MESSAGE(s.name << ", operation " << n << " of kind " << what << " at " << first << ", " << count);
      BOOST_REQUIRE(agrees);
    }
  }
  BOOST_TEST(refused > 10u);
  for (subject &s : forms)
    BOOST_TEST((content(*s.medium) == reference.bytes()), s.name);
  BOOST_TEST((below.bytes() == std::vector<u8>(size * 512)));
}

/// What a medium is asked for, and in which order, does not depend on the form, but for how a write is cut into parts.
BOOST_AUTO_TEST_CASE(a_medium_is_asked_in_the_same_order) {
  recording_disk left(64), right(64);
  virtio_disk_driver by_virtio(left);
  ata_disk_driver by_ata(right, true, 1);
  for (disk_driver *d : {static_cast<disk_driver *>(&by_virtio), static_cast<disk_driver *>(&by_ata)}) {
    const std::vector<u8> bytes(512, 1);
    BOOST_TEST(d->write(9, bytes));
    BOOST_TEST(d->write(3, bytes));
    BOOST_TEST(d->flush());
    BOOST_TEST(d->write(9, bytes));
    std::vector<u8> got(512);
    BOOST_TEST(d->read(3, got));
    BOOST_TEST(d->flush());
  }
  BOOST_TEST(left.log == "w9 w3 f w9 r3 f ");
  BOOST_TEST(left.log == right.log);
}

BOOST_AUTO_TEST_CASE(a_medium_that_fails_fails_in_each_form) {
  recording_disk left(64), right(64);
  virtio_disk_driver by_virtio(left);
  ata_disk_driver by_ata(right, false, 4);
  left.failing = right.failing = true;
  std::vector<u8> bytes(1024);
  for (disk_driver *d : {static_cast<disk_driver *>(&by_virtio), static_cast<disk_driver *>(&by_ata)}) {
    BOOST_TEST(!d->read(0, bytes));
    BOOST_TEST(!d->write(0, bytes));
    BOOST_TEST(!d->flush());
  }
  left.failing = right.failing = false;
  for (disk_driver *d : {static_cast<disk_driver *>(&by_virtio), static_cast<disk_driver *>(&by_ata)}) {
    BOOST_TEST(d->write(0, bytes));
    BOOST_TEST(d->read(0, bytes));
    BOOST_TEST(d->flush());
  }
}

/// A console's bytes arrive, all of them and in order, in both directions.
BOOST_AUTO_TEST_CASE(a_console_carries_the_same_bytes_in_each_form) {
  std::string text;
  random_numbers random(seed());
  for (int i = 0; i < 5000; ++i)
    text.push_back(static_cast<char>(random()));

  device::collected_bytes out;
  device::queued_bytes in(text);
  device::uart_16550a uart(out, in, {});
  std::string received;
  for (const char c : text) {
    BOOST_REQUIRE(uart.write(0, 1, static_cast<u8>(c)));
    BOOST_REQUIRE((uart.read(5, 1).value() & 1) != 0);
    received.push_back(static_cast<char>(uart.read(0, 1).value()));
  }
  BOOST_TEST((out.text() == text));
  BOOST_TEST((received == text));

  device::collected_bytes ring_out;
  device::queued_bytes ring_in(text);
  device::virtio::console model(ring_out, ring_in);
  guest_bytes memory(0x20000);
  device::virtio::mmio port(model, memory, {});
  virtio_driver driver(port, memory);
  BOOST_REQUIRE(driver.begin(port.offered(), 2));
  received.clear();
  for (std::size_t sent = 0; sent < text.size();) {
    const std::size_t n = std::min<std::size_t>(random.between(0, 700), text.size() - sent);
    const std::string piece = text.substr(sent, n);
    memory.put_bytes(driver.free(), std::vector<u8>(piece.begin(), piece.end()));
    driver.post(1, {{driver.free(), static_cast<u32>(n / 3)}, {driver.free(n / 3), static_cast<u32>(n - n / 3)}});
    driver.notify(1);
    BOOST_REQUIRE(driver.completed(1).has_value());
    sent += n;
  }
  while (received.size() < text.size()) {
    driver.post(0, {{driver.free(), static_cast<u32>(random.between(1, 700)), true}});
    driver.notify(0);
    const auto done = driver.completed(0);
    BOOST_REQUIRE(done.has_value());
    const auto bytes = memory.get_bytes(driver.free(), done->length);
    received.append(bytes.begin(), bytes.end());
  }
  BOOST_TEST((ring_out.text() == text));
  BOOST_TEST((received == text));
}
