// SPDX-License-Identifier: BSL-1.0
// Shows that the virtio console sends what it is given, and takes from its source no more than there are buffers for.
#include <string>

#include <boost/test/unit_test.hpp>

#include <hvkit/device/virtio/console.hpp>
#include <hvkit/device/virtio/mmio.hpp>

#include "support/virtio_driver.hpp"
#include "support/wires.hpp"

using namespace hvkit;
using namespace hvkit::device::virtio;

namespace {

struct bench {
  device::collected_bytes output;
  device::queued_bytes input;
  console model{output, input};
  tests::guest_bytes memory{0x40000};
  tests::lines cpu;
  mmio port{model, memory, {cpu, 1}};
  tests::virtio_driver driver{port, memory};
  explicit bench(u64 features = version_1) { BOOST_REQUIRE(driver.begin(features, 2)); }

  void arrive(std::string_view text) {
    input.push(text);
    port.advance(0);
  }
  [[nodiscard]] std::string text(gpa at, u64 size) const {
    const auto bytes = memory.get_bytes(at, size);
    return {bytes.begin(), bytes.end()};
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(it_says_what_it_is) {
  bench b;
  BOOST_TEST(b.port.read(8, 4).value() == 3u);
  BOOST_TEST((b.driver.offered() & low_bits(24)) == console::f_size);
  BOOST_TEST(b.port.read(0x100, 2).value() == 80u);
  BOOST_TEST(b.port.read(0x102, 2).value() == 25u);
  BOOST_TEST(b.port.read(0x104, 4).value() == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_sent_comes_out_whole) {
  bench b;
  const std::string text(1000, 'x');
  b.memory.put_bytes(b.driver.free(), std::vector<u8>(text.begin(), text.end()));
  b.memory.put<u8>(b.driver.free(999), '!');
  b.driver.post(1, {{b.driver.free(), 400}, {b.driver.free(400), 600}});
  b.driver.notify(1);
  BOOST_TEST(b.output.text() == text.substr(1) + "!");
  BOOST_TEST(b.driver.completed(1)->length == 0u);
  BOOST_TEST(b.driver.interrupts() == 1u);
}

BOOST_AUTO_TEST_CASE(what_arrives_finds_a_buffer_or_waits) {
  bench b;
  b.arrive("abc");
  BOOST_TEST(!b.cpu[1]);
  BOOST_TEST(b.input.available() == 3u);
  b.driver.post(0, {{b.driver.free(), 2, true}});
  b.driver.notify(0);
  BOOST_TEST(b.driver.completed(0)->length == 2u);
  BOOST_TEST(b.text(b.driver.free(), 2) == "ab");
  BOOST_TEST(b.input.available() == 1u);
  BOOST_TEST(b.driver.interrupts() == 1u);
  b.driver.post(0, {{b.driver.free(), 100, true}});
  b.driver.notify(0);
  BOOST_TEST(b.driver.completed(0)->length == 1u);
  b.driver.post(0, {{b.driver.free(), 100, true}});
  b.driver.notify(0);
  BOOST_TEST(!b.driver.completed(0));
  BOOST_TEST(b.driver.interrupts() == 1u);
  b.arrive("later");
  BOOST_TEST(b.cpu[1]);
  BOOST_TEST(b.driver.completed(0)->length == 5u);
  BOOST_TEST(b.text(b.driver.free(), 5) == "later");
}

BOOST_AUTO_TEST_CASE(much_input_fills_many_buffers) {
  bench b;
  for (u64 n = 0; n < 8; ++n)
    b.driver.post(0, {{b.driver.free(1000 * n), 1000, true}});
  b.driver.notify(0);
  BOOST_TEST(b.driver.used_index(0) == 0u);
  const std::string text = std::string(300, 'p') + std::string(300, 'q');
  b.arrive(text);
  std::string got;
  for (u64 n = 0; const auto done = b.driver.completed(0); ++n)
    got += b.text(b.driver.free(1000 * n), done->length);
  BOOST_TEST(got == text);
}

BOOST_AUTO_TEST_CASE(nothing_is_taken_before_the_driver_is_ready) {
  bench b;
  b.driver.set(0x70, 0);
  b.arrive("early");
  BOOST_TEST(b.input.available() == 5u);
  BOOST_REQUIRE(b.driver.begin(version_1 | console::f_size | ring_event_idx, 2));
  b.driver.post(0, {{b.driver.free(), 16, true}});
  b.driver.notify(0);
  BOOST_TEST(b.driver.completed(0)->length == 5u);
  BOOST_TEST(b.driver.avail_event(0) == 1u);
}

BOOST_AUTO_TEST_CASE(looking_for_input_again_changes_nothing) {
  bench b(version_1 | ring_event_idx);
  b.input.push("x");
  const auto state = b.port.state;
  const u64 writes = b.memory.writes;
  b.port.advance(0);
  b.port.advance(1);
  BOOST_TEST((b.port.state == state));
  BOOST_TEST(b.memory.writes == writes);
}

BOOST_AUTO_TEST_CASE(buffers_of_the_wrong_kind_break_the_device) {
  const auto breaks = [](unsigned queue, auto post) {
    bench b;
    b.input.push("x");
    post(b);
    b.driver.notify(queue);
    BOOST_TEST(b.driver.broken());
    BOOST_TEST(b.output.text().empty());
    BOOST_TEST(b.input.available() == 1u);
    BOOST_TEST(b.driver.interrupts() == 2u);
  };
  breaks(0, [](bench &b) { b.driver.post(0, {{b.driver.free(), 4}}); });
  breaks(0, [](bench &b) { b.driver.post(0, {{b.driver.free(), 0, true}}); });
  breaks(0, [](bench &b) { b.driver.post(0, {{b.driver.free(), 4}, {b.driver.free(), 4, true}}); });
  breaks(1, [](bench &b) { b.driver.post(1, {{b.driver.free(), 4, true}}); });
  breaks(1, [](bench &b) { b.driver.post(1, {{b.driver.free(), console::largest + 1}}); });
}
