// SPDX-License-Identifier: BSL-1.0
// Shows that a virtio device's registers do what the standard says of them, and nothing when it says nothing.
#include <boost/test/unit_test.hpp>

#include <hvkit/device/virtio/block.hpp>
#include <hvkit/device/virtio/mmio.hpp>
#include <hvkit/device/virtio/slots.hpp>

#include "support/virtio_driver.hpp"
#include "support/wires.hpp"

using namespace hvkit;
using namespace hvkit::device::virtio;
using tests::virtio_driver;
namespace at = hvkit::device::virtio::mmio_register;

namespace {

struct bench {
  device::memory_disk disk{100};
  block model{disk};
  tests::guest_bytes memory{0x20000};
  tests::lines cpu;
  mmio port{model, memory, {cpu, 1}};
  virtio_driver driver{port, memory};

  u64 get(u64 reg, unsigned size = 4) { return port.read(reg, size).value(); }
  void set(u64 reg, u64 value) { BOOST_REQUIRE(port.write(reg, 4, value)); }
};

constexpr u64 every_ring_feature = ring_indirect_desc | ring_event_idx | version_1 | ring_reset;

} // namespace

BOOST_AUTO_TEST_CASE(it_says_what_it_is) {
  bench b;
  BOOST_TEST(b.get(0x000) == 0x74726976u);
  BOOST_TEST(b.get(0x004) == 2u);
  BOOST_TEST(b.get(0x008) == 2u);
  BOOST_TEST(b.get(0x00c) == mmio::vendor);
  BOOST_TEST(b.get(0x070) == 0u);
  BOOST_TEST(b.get(0x060) == 0u);
  BOOST_TEST(b.get(0x0fc) == 0u);
  for (const u64 shared : {0xb0U, 0xb4U, 0xb8U, 0xbcU})
    BOOST_TEST(b.get(shared) == 0xffff'ffffu);
  for (const u64 write_only : {0x14U, 0x20U, 0x24U, 0x30U, 0x38U, 0x50U, 0x64U, 0x80U, 0xa4U, 0xc0U})
    BOOST_TEST(b.get(write_only) == 0u);
}

BOOST_AUTO_TEST_CASE(only_words_are_accesses) {
  bench b;
  for (const unsigned size : {1U, 2U, 8U}) {
    BOOST_TEST(!b.port.read(at::status, size));
    BOOST_TEST(!b.port.write(at::status, size, 1));
  }
  BOOST_TEST(!b.port.read(0x72, 4));
  BOOST_TEST(!b.port.write(0x72, 4, 1));
  BOOST_TEST(!b.port.read(mmio::window, 4));
  BOOST_TEST(!b.port.read(mmio::window - 4, 8));
  BOOST_TEST(!b.port.write(mmio::window - 2, 4, 0));
  BOOST_TEST(b.get(at::status) == 0u);
}

BOOST_AUTO_TEST_CASE(configuration_is_read_in_any_width) {
  bench b;
  BOOST_TEST(b.get(0x100, 8) == 100u);
  BOOST_TEST(b.get(0x100, 1) == 100u);
  BOOST_TEST(b.get(0x102, 2) == 0u);
  BOOST_TEST(b.get(0x108) == block::size_max);
  BOOST_TEST(b.get(0x10c) == block::seg_max);
  BOOST_TEST(b.get(0x114) == 512u);
  BOOST_TEST(b.get(0x1f8, 8) == 0u);
  BOOST_TEST(b.port.write(0x100, 8, 0));
  BOOST_TEST(b.get(0x100, 8) == 100u);
}

BOOST_AUTO_TEST_CASE(features_come_in_pages) {
  bench b;
  BOOST_TEST(b.driver.offered() ==
             (every_ring_feature | block::f_flush | block::f_blk_size | block::f_size_max | block::f_seg_max));
  b.set(at::device_features_sel, 2);
  BOOST_TEST(b.get(at::device_features) == 0u);
}

BOOST_AUTO_TEST_CASE(features_are_taken_only_if_offered_and_modern) {
  bench b;
  BOOST_TEST(b.driver.begin(version_1, 1));
  BOOST_TEST(b.driver.status() == 0xfu);
  BOOST_TEST(!b.driver.begin(0, 1)); // a driver for the legacy interface
  BOOST_TEST(b.driver.status() == 0x3u);
  BOOST_TEST(!b.driver.begin(version_1 | bit(34), 1)); // packed rings
  BOOST_TEST(!b.driver.begin(version_1 | block::f_ro, 1));
  b.set(at::status, acknowledge | driver | driver_ok); // without FEATURES_OK
  BOOST_TEST(b.driver.status() == 0x3u);
  BOOST_TEST(b.driver.begin(b.driver.offered(), 1));
}

BOOST_AUTO_TEST_CASE(features_are_fixed_once_they_are_taken) {
  bench b;
  BOOST_REQUIRE(b.driver.begin(version_1, 1));
  b.driver.accept(b.driver.offered());
  BOOST_TEST(b.port.state.driver_features == version_1);
}

BOOST_AUTO_TEST_CASE(status_bits_are_added_until_reset) {
  bench b;
  BOOST_REQUIRE(b.driver.begin(version_1, 1));
  b.set(at::status, driver_failed);
  BOOST_TEST(b.driver.status() == 0x8fu);
  b.set(at::status, needs_reset); // is the device's own
  BOOST_TEST(!b.driver.broken());
  b.set(at::status, 0);
  BOOST_TEST((b.port.state == mmio::state_type{}));
}

BOOST_AUTO_TEST_CASE(a_queue_is_set_up_before_it_is_ready) {
  bench b;
  BOOST_TEST(b.get(at::queue_num_max) == queue_limit);
  BOOST_REQUIRE(b.driver.begin(version_1, 1, 16));
  BOOST_TEST(b.get(at::queue_ready) == 1u);
  const queue_state ready = b.port.state.queues[0];
  BOOST_TEST(ready.size == 16u);
  BOOST_TEST(ready.table.value == b.driver.table(0).value);
  BOOST_TEST(ready.available.value == b.driver.available(0).value);
  BOOST_TEST(ready.used.value == b.driver.used(0).value);
  for (const u64 reg : {0x38U, 0x80U, 0x84U, 0x90U, 0x94U, 0xa0U, 0xa4U})
    b.set(reg, 4);
  BOOST_TEST((b.port.state.queues[0] == ready));
  b.set(at::queue_ready, 0);
  b.set(at::queue_desc_high, 0x1234);
  BOOST_TEST(b.port.state.queues[0].table.value == (u64{0x1234} << 32 | b.driver.table(0).value));
  b.set(at::queue_sel, 1);
  BOOST_TEST(b.get(at::queue_num_max) == 0u);
  b.set(at::queue_ready, 1);
  BOOST_TEST(b.get(at::queue_ready) == 0u);
  b.set(at::queue_sel, ~u32{0});
  b.set(at::queue_ready, 1);
  BOOST_TEST(b.get(at::queue_ready) == 0u);
}

BOOST_AUTO_TEST_CASE(sizes_are_powers_of_two_within_the_limit) {
  bench b;
  for (const u64 bad : {u64{0}, u64{3}, u64{queue_limit} * 2, u64{0x8000'0000}, u64{0xffff'ffff}}) {
    b.set(at::queue_num, bad);
    BOOST_TEST(b.port.state.queues[0].size == queue_limit);
  }
  b.set(at::queue_num, 1);
  BOOST_TEST(b.port.state.queues[0].size == 1u);
}

BOOST_AUTO_TEST_CASE(a_queue_is_reset_alone_if_that_was_negotiated) {
  bench b;
  const auto flush = [&] {
    b.memory.put(b.driver.free(), std::array<u32, 4>{block::t_flush});
    b.driver.post(0, {{b.driver.free(), 16}, {b.driver.free(16), 1, true}});
    b.driver.notify(0);
    return b.driver.completed(0).has_value();
  };
  BOOST_REQUIRE(b.driver.begin(version_1, 1));
  BOOST_TEST(flush());
  b.set(at::queue_reset, 1);
  BOOST_TEST(b.get(at::queue_ready) == 1u);
  BOOST_REQUIRE(b.driver.begin(version_1 | ring_reset, 1));
  BOOST_TEST(flush());
  b.set(at::queue_reset, 1);
  BOOST_TEST(b.get(at::queue_reset) == 0u);
  BOOST_TEST((b.port.state.queues[0] == queue_state{}));
  BOOST_TEST(!flush());
  b.driver.set_up(0, 4);
  BOOST_TEST(flush());
  b.set(at::queue_ready, 0); // a queue taken into use anew begins at its first entry
  BOOST_TEST(!flush());
  b.driver.set_up(0, 8);
  BOOST_TEST(flush());
  BOOST_TEST(!b.driver.broken());
}

BOOST_AUTO_TEST_CASE(the_line_follows_the_interrupt_register) {
  bench b;
  BOOST_REQUIRE(b.driver.begin(version_1, 1));
  b.driver.post(0, {{b.driver.free(), 16}, {b.driver.free(16), 1, true}});
  b.driver.notify(0);
  BOOST_TEST(b.cpu[1]);
  BOOST_TEST(b.get(at::interrupt_status) == 1u);
  b.set(at::interrupt_ack, 2);
  BOOST_TEST(b.cpu[1]);
  b.set(at::interrupt_ack, 1);
  BOOST_TEST(!b.cpu[1]);
  b.driver.post(0, {{b.driver.free(), 16}, {b.driver.free(16), 1, true}});
  b.driver.notify(0);
  BOOST_TEST(b.cpu[1]);
  b.set(at::status, 0);
  BOOST_TEST(!b.cpu[1]);
}

BOOST_AUTO_TEST_CASE(nothing_happens_in_queues_before_driver_ok) {
  bench b;
  b.set(at::status, acknowledge | driver);
  b.driver.accept(version_1);
  b.set(at::status, acknowledge | driver | features_ok);
  b.driver.set_up(0, 8);
  b.driver.post(0, {{b.driver.free(), 16}, {b.driver.free(16), 1, true}});
  b.driver.notify(0);
  BOOST_TEST(b.driver.used_index(0) == 0u);
  b.set(at::status, acknowledge | driver | features_ok | driver_ok);
  b.driver.notify(1);
  b.driver.notify(0xffff'ffff);
  BOOST_TEST(b.driver.used_index(0) == 0u);
  b.driver.notify(0);
  BOOST_TEST(b.driver.used_index(0) == 1u);
}

BOOST_AUTO_TEST_CASE(empty_slots_have_a_device_of_no_type) {
  bench b;
  slots<8> row;
  BOOST_TEST(row.empty());
  row.put(2, b.port);
  BOOST_TEST(!row.empty());
  BOOST_TEST(row.read(0x2008, 4).value() == 2u);
  for (const u64 slot : {u64{0}, u64{0x1000}, u64{0x7000}}) {
    BOOST_TEST(row.read(slot, 4).value() == 0x74726976u);
    BOOST_TEST(row.read(slot + 4, 4).value() == 2u);
    BOOST_TEST(row.read(slot + 8, 4).value() == 0u);
    BOOST_TEST(row.write(slot + 0x70, 4, 1));
    BOOST_TEST(row.read(slot + 0x70, 4).value() == 0u);
  }
  BOOST_TEST(row.write(0x2070, 4, 1));
  BOOST_TEST(b.driver.status() == 1u);
  for (const u64 hole : {u64{0x200}, u64{0x2200}, u64{0x7ffc}, u64{0x21fe}}) {
    BOOST_TEST(!row.read(hole, 4));
    BOOST_TEST(!row.write(hole, 4, 0));
  }
}
