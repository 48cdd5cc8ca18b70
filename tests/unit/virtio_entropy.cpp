// SPDX-License-Identifier: BSL-1.0
// Shows that random numbers are the same for the same seed, and that the virtio entropy device hands out no others.
#include <boost/test/unit_test.hpp>

#include <hvkit/device/virtio/entropy.hpp>
#include <hvkit/device/virtio/mmio.hpp>

#include "support/virtio_driver.hpp"
#include "support/wires.hpp"

using namespace hvkit;
using namespace hvkit::device::virtio;

namespace {

struct bench {
  entropy model{42};
  tests::guest_bytes memory{0x40000};
  tests::lines cpu;
  mmio port{model, memory, {cpu, 1}};
  tests::virtio_driver driver{port, memory};
  bench() { BOOST_REQUIRE(driver.begin(version_1, 1)); }
};

} // namespace

BOOST_AUTO_TEST_CASE(the_generator_is_the_published_one) {
  device::random_source r(0);
  r.state = {1, 2, 3, 4};
  // The first numbers of xoshiro256** from that state, as its authors' program prints them.
  for (const u64 wanted : {u64{11520}, u64{0}, u64{1509978240}, u64{1215971899390074240}})
    BOOST_TEST(r() == wanted);
  // splitmix64 from 0.
  BOOST_TEST(device::random_source(0).state[0] == 0xe220a8397b1dcdafu);
  BOOST_TEST(device::random_source(0).state[1] == 0x6e789e6aa1b965f4u);
}

BOOST_AUTO_TEST_CASE(buffers_are_filled_with_the_seeds_numbers) {
  bench b;
  BOOST_TEST(b.port.read(8, 4).value() == 4u);
  b.driver.post(0, {{b.driver.free(), 5, true}, {b.driver.free(0x100), 15, true}});
  b.driver.notify(0);
  BOOST_TEST(b.driver.completed(0)->length == 20u);
  BOOST_TEST(b.driver.interrupts() == 1u);
  std::vector<u8> wanted(20);
  device::random_source(42).fill(wanted);
  auto got = b.memory.get_bytes(b.driver.free(), 5);
  const auto rest = b.memory.get_bytes(b.driver.free(0x100), 15);
  got.insert(got.end(), rest.begin(), rest.end());
  BOOST_TEST((got == wanted));
  BOOST_TEST(b.memory.get<u8>(b.driver.free(5)) == 0);
  BOOST_TEST((device::random_source(42).state != device::random_source(43).state));
}

BOOST_AUTO_TEST_CASE(a_request_gets_so_many_at_most) {
  bench b;
  b.driver.post(0, {{b.driver.free(), 0x10000, true}});
  b.driver.notify(0);
  BOOST_TEST(b.driver.completed(0)->length == entropy::largest);
  BOOST_TEST(b.memory.get<u64>(b.driver.free(entropy::largest)) == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_no_request_breaks_the_device) {
  for (const tests::part &p : {tests::part{gpa{0x8001'0000}, 4}, tests::part{gpa{0x8001'0000}, 0, true}}) {
    bench b;
    b.driver.post(0, {p});
    b.driver.notify(0);
    BOOST_TEST(b.driver.broken());
    BOOST_TEST((b.model.source.state == device::random_source(42).state));
  }
}
