// SPDX-License-Identifier: BSL-1.0
// Shows that a virtqueue is walked as the standard says, and that a driver's lies break the device and nothing else.
#include <functional>

#include <boost/test/unit_test.hpp>

#include <hvkit/device/virtio/block.hpp>
#include <hvkit/device/virtio/mmio.hpp>

#include "support/virtio_driver.hpp"
#include "support/wires.hpp"

using namespace hvkit;
using namespace hvkit::device::virtio;
using tests::part;

namespace {

constexpr u64 with_tables = version_1 | ring_indirect_desc;
constexpr u64 with_events = version_1 | ring_event_idx;

/// A device with two queues that writes to each request how many bytes it could read of it, and remembers their sum.
struct summing final : model {
  u64 sum = 0;
  u64 requests = 0;
  [[nodiscard]] device_type type() const override { return device_type::entropy; }
  [[nodiscard]] u64 features() const override { return 0; }
  [[nodiscard]] unsigned queues() const override { return 2; }
  [[nodiscard]] u8 config(u64) const override { return 0; }
  void serve(unsigned, split_queue &queue, device::guest_access &memory) override {
    while (const auto request = queue.take()) {
      ++requests;
      std::vector<u8> in(request->readable());
      BOOST_TEST(request->read(memory, 0, in));
      for (const u8 byte : in)
        sum += byte;
      const std::vector<u8> out(request->writable(), 0x5a);
      BOOST_TEST(request->write(memory, 0, out));
      queue.give_back(*request, static_cast<u32>(out.size()));
    }
  }
};

struct bench {
  summing model;
  tests::guest_bytes memory{0x20000};
  tests::lines cpu;
  mmio port{model, memory, {cpu, 1}};
  tests::virtio_driver driver{port, memory};
  explicit bench(u64 features = version_1, u32 size = 8) { BOOST_REQUIRE(driver.begin(features, 2, size)); }

  [[nodiscard]] gpa at(u64 offset) const { return driver.free(offset); }
  /// The device failed as the standard says, and forgot nothing: only a reset helps.
  void is_broken() {
    BOOST_TEST(driver.broken());
    BOOST_TEST(driver.interrupts() == 2u);
    const u64 served = model.requests;
    driver.notify(1);
    BOOST_TEST(model.requests == served);
    BOOST_REQUIRE(driver.begin(version_1, 2));
    BOOST_TEST(!driver.broken());
    driver.post(0, {{at(0), 4}, {at(8), 4, true}});
    driver.notify(0);
    BOOST_TEST(model.requests == served + 1);
    BOOST_TEST(driver.completed(0)->length == 4u);
  }
};

/// What `wrong` puts into queue 0 breaks the device, before it is served.
void breaks(u64 features, const std::function<void(bench &)> &wrong) {
  bench b(features);
  wrong(b);
  b.driver.notify(0);
  BOOST_TEST(b.model.requests == 0u);
  BOOST_TEST(b.driver.used_index(0) == 0u);
  BOOST_TEST(b.cpu[1]);
  b.is_broken();
}

} // namespace

BOOST_AUTO_TEST_CASE(requests_are_read_then_written_then_given_back) {
  bench b;
  b.memory.put_bytes(b.at(0), std::array<u8, 4>{1, 2, 3, 4});
  const u16 head = b.driver.post(0, {{b.at(0), 1}, {b.at(1), 3}, {b.at(16), 2, true}, {b.at(32), 5, true}});
  b.driver.notify(0);
  BOOST_TEST(b.model.sum == 10u);
  const auto done = b.driver.completed(0);
  BOOST_REQUIRE(done.has_value());
  BOOST_TEST(done->id == head);
  BOOST_TEST(done->length == 7u);
  BOOST_TEST((b.memory.get_bytes(b.at(15), 4) == std::vector<u8>{0, 0x5a, 0x5a, 0}));
  BOOST_TEST((b.memory.get_bytes(b.at(31), 7) == std::vector<u8>{0, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0}));
  BOOST_TEST(b.driver.interrupts() == 1u);
  BOOST_TEST(!b.driver.completed(0));
}

BOOST_AUTO_TEST_CASE(pieces_without_bytes_are_allowed_anywhere) {
  bench b;
  b.memory.put_bytes(b.at(0), std::array<u8, 2>{5, 6});
  b.driver.post(0, {{gpa{0}, 0}, {b.at(0), 2}, {gpa{~u64{0}}, 0}, {gpa{0}, 0, true}, {b.at(8), 1, true}});
  b.driver.post(0, {{gpa{0}, 0}});
  b.driver.notify(0);
  BOOST_TEST(b.model.sum == 11u);
  BOOST_TEST(b.driver.completed(0)->length == 1u);
  BOOST_TEST(b.driver.completed(0)->length == 0u);
  BOOST_TEST(!b.driver.broken());
}

BOOST_AUTO_TEST_CASE(indices_wrap) {
  for (const u64 features : {version_1, with_events}) {
    bench b(features, 4);
    for (u32 n = 0; n < 70'000; ++n) {
      b.driver.post(0, {{b.at(n % 4), 1}});
      b.driver.set_used_event(0, static_cast<u16>(n));
      b.driver.notify(0);
      if (!b.driver.completed(0) || b.driver.interrupts() != 1) {
        BOOST_TEST(n == ~0U);
        break;
      }
    }
    BOOST_TEST(b.model.requests == 70'000u);
    BOOST_TEST(b.driver.used_index(0) == 70'000 % 0x10000);
  }
}

BOOST_AUTO_TEST_CASE(a_full_queue_is_served_at_once_and_a_fuller_one_is_a_lie) {
  bench b;
  for (int n = 0; n < 8; ++n)
    b.driver.post(0, {{b.at(0), 1}});
  b.driver.notify(0);
  BOOST_TEST(b.model.requests == 8u);
  for (int n = 0; n < 9; ++n)
    b.driver.post(0, {{b.at(0), 1}});
  b.driver.notify(0);
  BOOST_TEST(b.model.requests == 8u);
  BOOST_TEST(b.driver.broken());
}

BOOST_AUTO_TEST_CASE(indirect_tables_are_followed) {
  bench b(with_tables);
  b.memory.put_bytes(b.at(0), std::array<u8, 3>{1, 1, 1});
  b.driver.post_indirect(0, {{b.at(0), 1}, {b.at(1), 1}, {b.at(2), 1}, {b.at(8), 2, true}});
  b.driver.notify(0);
  BOOST_TEST(b.model.sum == 3u);
  BOOST_TEST(b.driver.completed(0)->length == 2u);
  // Ordinary descriptors may come first; WRITE is without meaning in the one that leads to the table.
  b.driver.describe(b.driver.table(0), 5, {b.at(0).value, 2, desc_next, 6});
  b.driver.describe(b.driver.table(0), 6, {b.driver.indirect_table(0).value, 64, desc_indirect | desc_write, 0});
  b.driver.offer(0, 5);
  b.driver.notify(0);
  BOOST_TEST(b.model.sum == 8u);
  BOOST_TEST(b.driver.completed(0)->id == 5u);
  BOOST_TEST(!b.driver.broken());
}

BOOST_AUTO_TEST_CASE(a_table_may_have_as_many_entries_as_the_queue) {
  const auto pieces = [](const bench &b, std::size_t n) { return std::vector<part>(n, {b.at(0), 1}); };
  bench b(with_tables);
  b.driver.post_indirect(0, pieces(b, 8));
  b.driver.notify(0);
  BOOST_TEST(b.model.requests == 1u);
  breaks(with_tables, [&](bench &w) { w.driver.post_indirect(0, pieces(w, 9)); });
}

BOOST_AUTO_TEST_CASE(bad_tables_break_the_device) {
  const auto table = [](u64 address, u32 length, u16 flags) {
    return [=](bench &b) {
      b.driver.describe(b.driver.table(0), 0,
                        {address != 0 ? address : b.driver.indirect_table(0).value, length, flags, 1});
      b.driver.describe(b.driver.table(0), 1, {b.at(0).value, 1, 0, 0});
      b.driver.describe(b.driver.indirect_table(0), 0, {b.at(0).value, 1, 0, 0});
      b.driver.offer(0, 0);
    };
  };
  bench good(with_tables);
  table(0, 16, desc_indirect)(good);
  good.driver.notify(0);
  BOOST_TEST(good.model.requests == 1u);

  breaks(version_1, table(0, 16, desc_indirect));               // was not negotiated
  breaks(with_tables, table(0, 16, desc_indirect | desc_next)); // is not the last
  breaks(with_tables, table(0, 0, desc_indirect));              // has no entry
  breaks(with_tables, table(0, 17, desc_indirect));             // nor a whole number of them
  breaks(with_tables, table(0x1000'1000, 16, desc_indirect));   // in device registers
  breaks(with_tables, table(0x8001'fff8, 16, desc_indirect));   // half beyond memory
  breaks(with_tables, table(~u64{0} - 7, 16, desc_indirect));   // wraps
  breaks(with_tables, table(0, 0xffff'fff0, desc_indirect));    // larger than memory
  breaks(with_tables, [&](bench &b) {                           // a table in a table
    table(0, 16, desc_indirect)(b);
    b.driver.describe(b.driver.indirect_table(0), 0, {b.driver.indirect_table(0).value, 16, desc_indirect, 0});
  });
  breaks(with_tables, [&](bench &b) { // a loop inside
    table(0, 32, desc_indirect)(b);
    b.driver.describe(b.driver.indirect_table(0), 0, {b.at(0).value, 1, desc_next, 0});
  });
  breaks(with_tables, [&](bench &b) { // leaves its table
    table(0, 16, desc_indirect)(b);
    b.driver.describe(b.driver.indirect_table(0), 0, {b.at(0).value, 1, desc_next, 1});
  });
}

BOOST_AUTO_TEST_CASE(bad_chains_break_the_device) {
  const auto first = [](const descriptor &d) {
    return [=](bench &b) {
      b.driver.describe(b.driver.table(0), 0, d);
      b.driver.offer(0, 0);
    };
  };
  const u64 here = 0x8001'0000;
  breaks(version_1, first({here, 1, desc_next, 0})); // a loop of one
  breaks(version_1, first({here, 0, desc_next, 0})); // of nothing
  breaks(version_1, first({here, 1, desc_next, 8})); // beyond the table
  breaks(version_1, first({here, 1, desc_next, 0xffff}));
  breaks(version_1, first({0x8002'0000, 1, 0, 0})); // beyond memory
  breaks(version_1, first({0x8001'ffff, 2, desc_write, 0}));
  breaks(version_1, first({here, 0xffff'ffff, desc_write, 0}));
  breaks(version_1, first({~u64{0}, 2, 0, 0}));                      // wraps
  breaks(version_1, first({0x7fff'ffff, 2, 0, 0}));                  // begins below memory
  breaks(version_1, first({0x1000'1070, 4, desc_write, 0}));         // in device registers
  breaks(version_1, first({0x8000'0000 + (u64{1} << 56), 1, 0, 0})); // beyond physical addresses
  breaks(version_1, [](bench &b) { b.driver.offer(0, 8); });
  breaks(version_1, [](bench &b) { b.driver.offer(0, 0xffff); });
  breaks(version_1, [](bench &b) { // readable after writable
    b.driver.post(0, {{b.at(0), 1, true}, {b.at(1), 1}});
  });
  breaks(version_1, [](bench &b) { // a loop through the whole table
    for (u16 n = 0; n < 8; ++n)
      b.driver.describe(b.driver.table(0), n, {b.at(0).value, 1, desc_next, static_cast<u16>((n + 1) % 8)});
    b.driver.offer(0, 3);
  });
}

BOOST_AUTO_TEST_CASE(a_chain_has_less_than_4_gib) {
  tests::guest_bytes memory(0x20000);
  struct endless final : device::guest_access {
    tests::guest_bytes &real;
    explicit endless(tests::guest_bytes &m) : real(m) {}
    [[nodiscard]] bool contains(gpa, u64) const override { return true; }
    [[nodiscard]] bool read(gpa at, std::span<u8> to) const override { return real.read(at, to); }
    [[nodiscard]] bool write(gpa at, std::span<const u8> from) override { return real.write(at, from); }
  } all(memory);
  const auto walked = [&](u32 second) {
    memory.put(memory.base(), descriptor{0, 0x8000'0000, desc_next | desc_write, 1});
    memory.put(memory.base() + 16, descriptor{0, second, desc_write, 0});
    return chain_walk(all, memory.base(), 8, false).from(0).has_value();
  };
  BOOST_TEST(walked(0x8000'0000));
  BOOST_TEST(!walked(0x8000'0001));
}

BOOST_AUTO_TEST_CASE(rings_that_are_not_memory_break_the_device) {
  for (const u64 reg : {0x80U, 0x90U, 0xa0U})
    for (const u64 where : {u64{0x1000'1000}, u64{0x7fff'fffd}, u64{0x8001'fffe}, u64{0}, u64{0xffff'fffe}}) {
      BOOST_TEST_CONTEXT("register " << reg << ", " << where) {
        bench b;
        b.driver.post(0, {{b.at(0), 1}});
        b.driver.set(0x30, 0);
        b.driver.set(0x44, 0);
        b.driver.set(reg, where);
        b.driver.set(reg + 4, where == 0xffff'fffe ? 0xffff'ffff : 0);
        b.driver.set(0x44, 1);
        b.driver.notify(0);
        b.is_broken();
      }
    }
}

BOOST_AUTO_TEST_CASE(interrupts_are_suppressed_by_flag) {
  bench b;
  b.memory.put<u16>(b.driver.available(0), 1);
  b.driver.post(0, {{b.at(0), 1}});
  b.driver.notify(0);
  BOOST_TEST(b.driver.completed(0).has_value());
  BOOST_TEST(b.driver.interrupts() == 0u);
  b.memory.put<u16>(b.driver.available(0), 0);
  b.driver.notify(0); // nothing new
  BOOST_TEST(b.driver.interrupts() == 0u);
  b.driver.post(0, {{b.at(0), 1}});
  b.driver.notify(0);
  BOOST_TEST(b.driver.interrupts() == 1u);
}

BOOST_AUTO_TEST_CASE(interrupts_are_suppressed_by_index) {
  bench b(with_events);
  b.memory.put<u16>(b.driver.available(0), 1); // without meaning now
  const auto serve = [&](unsigned count, u16 event) {
    for (unsigned n = 0; n < count; ++n)
      b.driver.post(0, {{b.at(0), 1}});
    b.driver.set_used_event(0, event);
    b.driver.notify(0);
    return b.driver.interrupts();
  };
  BOOST_TEST(serve(1, 0) == 1u); // entry 0 was waited for
  BOOST_TEST(serve(1, 2) == 0u); // entry 1 is given back, 2 is waited for
  BOOST_TEST(serve(1, 2) == 1u);
  BOOST_TEST(serve(3, 4) == 1u); // 3, 4 and 5
  BOOST_TEST(serve(3, 5) == 0u); // 6, 7 and 8: 5 was before
  BOOST_TEST(serve(3, 12) == 0u);
  BOOST_TEST(serve(0, 11) == 0u);
}

BOOST_AUTO_TEST_CASE(notifications_are_asked_for_by_index) {
  bench b(with_events);
  BOOST_TEST(b.driver.avail_event(0) == 0u);
  for (u16 n = 1; n < 20; ++n) {
    b.driver.post(0, {{b.at(0), 1}});
    b.driver.post(0, {{b.at(0), 1}});
    b.driver.notify(0);
    BOOST_TEST(b.driver.avail_event(0) == 2 * n);
  }
  bench plain;
  plain.driver.post(0, {{plain.at(0), 1}});
  plain.driver.notify(0);
  BOOST_TEST(plain.driver.avail_event(0) == 0u);
  BOOST_TEST(plain.memory.get<u16>(plain.driver.used(0)) == 0u); // VIRTQ_USED_F_NO_NOTIFY is never set
}

/// A device that writes over the driver's ring ends nevertheless.
BOOST_AUTO_TEST_CASE(what_is_available_is_looked_up_once) {
  bench b;
  b.driver.post(0, {{b.driver.available(0) + 2, 2, true}}); // idx becomes 0x5a5a
  b.driver.notify(0);
  BOOST_TEST(b.model.requests == 1u);
  b.driver.notify(0);
  BOOST_TEST(b.driver.broken());
}
