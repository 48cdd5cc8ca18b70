// SPDX-License-Identifier: BSL-1.0
// What every scheduler must obey: each VM gets the share it was promised, within 5 % over 10^8 steps, and who cannot go
// on takes nothing from the others.
#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/policy/scheduler/proportional.hpp>
#include <hvkit/vmm/vmm.hpp>

#include "support/torture/bench.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

using cpu_type = torture::cpu_type;

/// Starts `text` in a VM of its own.
template <class Vmm> typename Vmm::guest &start(Vmm &vmm, const std::string &text) {
  auto &guest = *vmm.create({.memory = 64_KiB, .base = gpa{torture::ram}});
  const auto code = torture::assembled(torture::ram, text);
  BOOST_REQUIRE(guest.write(gpa{torture::ram}, code.bytes().data(), code.bytes().size()));
  guest.vcpu().reset(gva{torture::ram});
  return guest;
}
constexpr auto counting = "count: addi a0, a0, 1; j count";
constexpr auto trapping = "trap: csrr a0, misa; addi a1, a1, 1; j trap";
constexpr auto waiting = "wait: wfi; j wait";

template <class Guest> void check_share(const Guest &guest, double of, double all) {
  const double share = static_cast<double>(guest.steps());
  BOOST_TEST(share > 0.95 * of * all);
  BOOST_TEST(share < 1.05 * of * all);
}

constexpr u64 steps = 100'000'000;

} // namespace

BOOST_AUTO_TEST_CASE(round_robin_gives_equal_shares) {
  vmm<cpu_type, engine::blocks> hypervisor({.memory = 4_MiB});
  auto &first = start(hypervisor, counting), &second = start(hypervisor, trapping),
       &third = start(hypervisor, counting);
  BOOST_TEST((hypervisor.run(steps).reason == exit_reason::budget));
  BOOST_TEST(first.steps() + second.steps() + third.steps() == steps);
  for (const auto *guest : {&first, &second, &third})
    check_share(*guest, 1.0 / 3, steps);
}

BOOST_AUTO_TEST_CASE(proportional_gives_what_was_asked) {
  vmm<cpu_type, engine::blocks, scheduler::proportional<5, 2>> hypervisor({.memory = 4_MiB});
  auto &first = start(hypervisor, counting), &second = start(hypervisor, trapping),
       &third = start(hypervisor, counting);
  BOOST_TEST((hypervisor.run(steps).reason == exit_reason::budget));
  BOOST_TEST(first.steps() + second.steps() + third.steps() == steps);
  check_share(first, 5.0 / 8, steps);
  check_share(second, 2.0 / 8, steps);
  check_share(third, 1.0 / 8, steps);
}

BOOST_AUTO_TEST_CASE(who_waits_costs_nothing_and_gets_no_compensation) {
  vmm<cpu_type, engine::blocks, scheduler::proportional<4, 1>> hypervisor({.memory = 4_MiB});
  auto &idle = start(hypervisor, waiting), &busy = start(hypervisor, counting);
  BOOST_TEST((hypervisor.run(steps).reason == exit_reason::budget));
  BOOST_TEST(idle.steps() < 10U);
  BOOST_TEST(idle.count().exits < 10U);
  BOOST_TEST(busy.steps() == steps - idle.steps());
  const u32 loop = 0x0000006f; // j .
  for (u64 at = 0; at < 16; at += 4)
    BOOST_REQUIRE(idle.write(gpa{torture::ram} + at, &loop, 4));
  const u64 before = idle.steps();
  BOOST_TEST((hypervisor.run(steps).reason == exit_reason::budget));
  const double share = static_cast<double>(idle.steps() - before) / steps;
  BOOST_TEST(share > 0.76);
  BOOST_TEST(share < 0.84);
}
