// SPDX-License-Identifier: BSL-1.0
// What every scheduler must obey: each VM gets the share it was promised, within 5 % over 10^8 steps, and who cannot go
// on takes nothing from the others.
#include <boost/test/unit_test.hpp>

#include <hvkit/device/virt_guest.hpp>
#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/policy/scheduler/proportional.hpp>
#include <hvkit/vmm/vmm.hpp>

#include "support/torture/bench.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

using cpu_type = torture::cpu_type;

/// Starts `text` in a VM of its own.
template <class Vmm> typename Vmm::guest &start(Vmm &vmm, const std::string &text, u64 share = 1) {
  auto &guest = *vmm.create({.memory = 64_KiB, .base = gpa{torture::ram}, .share = share});
  const auto code = torture::assembled(torture::ram, text);
  BOOST_REQUIRE(guest.write(gpa{torture::ram}, code.bytes().data(), code.bytes().size()));
  guest.vcpu().reset(gva{torture::ram});
  return guest;
}
constexpr auto counting = "count: addi a0, a0, 1; j count";
constexpr auto trapping = "trap: csrr a0, misa; addi a1, a1, 1; j trap";
constexpr auto waiting = "li t0, 0x800; csrw mie, t0; wait: wfi; j wait";
/// Has the timer wake it, 500 ticks later each time; counts that in s2.
constexpr auto sleeping = R"(
    la t0, trap; csrw mtvec, t0; li t0, 0x80; csrw mie, t0; csrsi mstatus, 8
    li s0, 0x200bff8; li s1, 0x2004000
  again: ld t1, 0(s0); addi t1, t1, 500; sd t1, 0(s1); wfi; j again
    .align 2
  trap: addi s2, s2, 1; li t1, -1; sd t1, 0(s1); mret
)";

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

BOOST_AUTO_TEST_CASE(proportional_gives_what_a_guest_was_created_with) {
  vmm<cpu_type, engine::blocks, scheduler::proportional<>> hypervisor({.memory = 4_MiB});
  auto &first = start(hypervisor, counting, 3), &second = start(hypervisor, counting, 1),
       &third = start(hypervisor, counting, 6);
  BOOST_TEST((hypervisor.run(steps).reason == exit_reason::budget));
  check_share(first, 0.3, steps);
  check_share(second, 0.1, steps);
  check_share(third, 0.6, steps);
  for (const u64 none : {u64{0}, scheduler::largest_share + 1})
    BOOST_TEST(hypervisor.create({.memory = 64_KiB, .share = none}) == nullptr);
}

BOOST_AUTO_TEST_CASE(the_smallest_share_is_one, *boost::unit_test::tolerance(0.05)) {
  vmm<cpu_type, engine::blocks, scheduler::proportional<>> hypervisor({.memory = 4_MiB});
  auto &large = start(hypervisor, counting, 1000), &small = start(hypervisor, counting, 1);
  BOOST_TEST((hypervisor.run(2 * steps).reason == exit_reason::budget));
  BOOST_TEST(static_cast<double>(large.steps()) / static_cast<double>(small.steps()) == 1000.0);
}

namespace {
/// One guest waits for a line, and has work then: the others get all, then each what is promised.
template <class Scheduler> void check_waiting(double of) {
  vmm<cpu_type, engine::blocks, Scheduler> hypervisor({.memory = 4_MiB});
  auto &idle = start(hypervisor, waiting, 4), &busy = start(hypervisor, counting), &more = start(hypervisor, counting);
  BOOST_TEST((hypervisor.run(steps).reason == exit_reason::budget));
  BOOST_TEST(idle.steps() < 10U);
  BOOST_TEST(idle.count().exits < 10U);
  BOOST_TEST(idle.turns() == 1U);
  check_share(busy, 0.5, steps);
  check_share(more, 0.5, steps);
  idle.vcpu().set_level(11, true); // which its mie has
  const u64 before = idle.steps();
  BOOST_TEST((hypervisor.run(steps).reason == exit_reason::budget));
  const double share = static_cast<double>(idle.steps() - before) / steps;
  BOOST_TEST(share > 0.95 * of);
  BOOST_TEST(share < 1.05 * of);
}
} // namespace

BOOST_AUTO_TEST_CASE(who_waits_costs_nothing_and_gets_no_compensation) {
  check_waiting<scheduler::proportional<4, 1, 1>>(4.0 / 6);
  check_waiting<scheduler::proportional<>>(4.0 / 6);
  check_waiting<scheduler::round_robin>(1.0 / 3);
}

BOOST_AUTO_TEST_CASE(who_waits_now_and_then_takes_nothing_from_the_shares_of_others) {
  vmm<cpu_type, engine::blocks> hypervisor({.memory = 4_MiB});
  device::virt_guest<decltype(hypervisor)> sleeper(hypervisor, {.memory_size = 64_KiB});
  BOOST_REQUIRE(sleeper.start(torture::assembled(torture::ram, sleeping)));
  auto &first = start(hypervisor, counting), &second = start(hypervisor, counting);
  BOOST_TEST((hypervisor.run(steps).reason == exit_reason::budget));
  // It sleeps for a thousand instruction times at once, and is not late by a turn of the others.
  const u64 rounds = sleeper.user().x[18];
  BOOST_TEST(rounds > steps / 1100);
  const double left = steps - static_cast<double>(sleeper.vm().steps());
  check_share(first, 0.5, left);
  check_share(second, 0.5, left);
}
