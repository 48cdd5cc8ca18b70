// SPDX-License-Identifier: BSL-1.0
// What paging policies that go out of step may do: guests that fence see no difference to the bare machine, others see
// no translation older than the last fence about it. The audit that says so finds the faults it is there for.
#include <iostream>

#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/policy/paging/shadow_lazy.hpp>
#include <hvkit/policy/technique/interpretation.hpp>
#include <hvkit/vmm/single.hpp>

#include "support/gate.hpp"
#include "support/paging_guest.hpp"
#include "support/seeded/paging.hpp"
#include "support/torture/history.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

using cpu_type = torture::cpu_type;
using reference = torture::reference_machine;
template <class Paging> using guest_with = single_guest<composition<cpu_type, Paging, engine::blocks>>;
using recorded_guest = guest_with<torture::recorded<paging::shadow_lazy>>;

template <class Machine> [[nodiscard]] auto bench_with(u64 memory, const torture::program &p) {
  return torture::bench<Machine>(p, std::make_unique<Machine>(gpa{torture::ram}, memory));
}

} // namespace

static_assert(composition<cpu_type, paging::shadow_lazy>::grade == agreement::fenced);
static_assert(composition<cpu_type, paging::shadow_lazy, technique::interpretation>::grade == agreement::exact);
static_assert(agreement_name(agreement::fenced | agreement::replayed) == "fenced, replayed");
static_assert(agreement_name(agreement::fenced | agreement::unsound) == "unsound");

BOOST_AUTO_TEST_CASE(guests_that_fence_see_no_difference) {
  const u64 first = seed() * 1'000'000;
  u64 opened = 0;
  for (u64 n = first; n < first + amount(60, 2000, 60'000); ++n) {
    const auto p = paging_guest::make(n, true);
    auto left = bench_with<reference>(paging_guest::memory, p);
    auto right = bench_with<recorded_guest>(paging_guest::memory, p);
    random_numbers random(n);
    for (int stop = 0; stop < 30; ++stop) {
      const u64 budget = random.between(1, 200);
      static_cast<void>(left.machine().run(budget));
      static_cast<void>(right.machine().run(budget));
      const std::string apart = difference(left.machine(), right.machine(), stop == 29, [] { return std::string(); });
      const std::string &wrong = right.machine().guest().translation().wrong();
      BOOST_REQUIRE_MESSAGE((apart + wrong).empty(), "guest " << n << ", stop " << stop << ": " << apart << wrong);
    }
    opened += right.machine().guest().paging_count().opened;
    BOOST_REQUIRE(right.machine().guest().count().add_up());
  }
  BOOST_TEST(opened > 100U);
}

namespace {

/// Runs guests that fence now and then, until the audit complains. Answers how many were run.
template <class Guest> u64 complain(u64 guests, std::string &wrong, u64 &stale) {
  const u64 first = seed() * 1'000'000 + 300'000;
  for (u64 n = first; n < first + guests; ++n) {
    auto b = bench_with<Guest>(paging_guest::memory, paging_guest::make(n, false));
    static_cast<void>(b.machine().run(4000));
    wrong = b.machine().guest().translation().wrong();
    stale += b.machine().guest().translation().history().stale();
    if (!wrong.empty())
      return n - first + 1;
  }
  return guests;
}

} // namespace

BOOST_AUTO_TEST_CASE(others_see_what_the_manual_allows) {
  std::string wrong;
  u64 stale = 0;
  const u64 guests = amount(100, 4000, 100'000);
  BOOST_TEST(complain<recorded_guest>(guests, wrong, stale) == guests);
  BOOST_TEST(wrong.empty(), wrong);
  BOOST_TEST(stale > 100U); // there was something to allow
}

BOOST_AUTO_TEST_CASE(a_policy_in_step_has_nothing_stale) {
  std::string wrong;
  u64 stale = 0;
  const u64 guests = amount(30, 1000, 30'000);
  BOOST_TEST(complain<guest_with<torture::recorded<paging::shadow>>>(guests, wrong, stale) == guests);
  BOOST_TEST(wrong.empty(), wrong);
  BOOST_TEST(stale == 0U);
}

BOOST_AUTO_TEST_CASE(the_audit_finds_faults) {
  using flawed = guest_with<torture::recorded<seeded::flawed_lazy_paging>>;
  u64 planted = 0;
  for (const seeded::bug &b : seeded::bugs) {
    if (b.in != seeded::manner::lazy || b.name == "bare_fence_skipped") // these guests leave paging on
      continue;
    const seeded::plant in_force(b);
    std::string wrong;
    u64 stale = 0;
    const u64 guests = amount(200, 2000, 20'000);
    const u64 run = complain<flawed>(guests, wrong, stale);
    BOOST_TEST(!wrong.empty(), b.name << " was not found by " << run << " guests");
    BOOST_TEST_MESSAGE(b.name << ", guest " << run << ": " << wrong);
    ++planted;
  }
  BOOST_TEST(planted >= 8U);
}

namespace {

/// A supervisor with 128 tables of last level, each with one entry that it changes all the time without a fence; in the
/// end it fences and adds up what it finds. s4 counts rounds.
constexpr const char *never_fences = R"(
    la t0, trap; csrw mtvec, t0; li t0, -1; csrw pmpaddr0, t0; li t0, 0x1f; csrw pmpcfg0, t0
    li s0, 0x80010000; li t0, 0x200000cf; sd t0, 16(s0); li t0, 0x20004401; sd t0, 24(s0)  # root; memory; middle
    li t1, 0x80011000; li t2, 0x20005001; li s1, 0x80014000; li t3, 128                    # middle, tables of leaves
    li s5, 0x200048cf; li s6, 0x20004ccf                                                   # to 0x80012000, 0x80013000
  fill: sd t2, 0(t1); sd s5, 0(s1); addi t1, t1, 8; addi t2, t2, 1 << 10; lui t4, 1; add s1, s1, t4
    addi t3, t3, -1; bnez t3, fill
    li t0, 0x80012000; li t1, 3; sd t1, 0(t0); li t0, 0x80013000; li t1, 50; sd t1, 0(t0)
    li t0, 0x8000000000080010; csrw satp, t0; la t0, start; csrw mepc, t0; li t0, 1 << 11; csrw mstatus, t0; mret
  .align 2
  trap: j trap
  start: li s4, 40
  round: li s2, 0xc0000000; li s1, 0x80014000; li t3, 128; lui t4, 1; li t5, 0x200000
  next: ld t0, 0(s2); ld t1, 0(s1); xor t1, t1, s5; xor t1, t1, s6; sd t1, 0(s1); ld t0, 0(s2)
    add s1, s1, t4; add s2, s2, t5; addi t3, t3, -1; bnez t3, next
    addi s4, s4, -1; bnez s4, round
    sfence.vma; li s2, 0xc0000000; li t3, 128
  sum: ld t0, 0(s2); add a0, a0, t0; add s2, s2, t5; addi t3, t3, -1; bnez t3, sum
  end: j end
)";

} // namespace

BOOST_AUTO_TEST_CASE(more_tables_out_of_step_than_there_are_places) {
  const auto code = torture::assembled(torture::ram, never_fences);
  const torture::program p{{code.bytes().begin(), code.bytes().end()}, torture::ram};
  constexpr u64 steps = 100'000;
  auto left = bench_with<reference>(1_MiB, p);
  auto right = bench_with<recorded_guest>(1_MiB, p);
  static_cast<void>(left.machine().run(steps));
  static_cast<void>(right.machine().run(steps));
  auto &guest = right.machine().guest();
  BOOST_TEST(right.machine().user().pc == *code.find("end"));
  BOOST_TEST(left.machine().user().x[10] == 128U * 3);
  BOOST_TEST((left.machine().user() == right.machine().user()));
  BOOST_TEST(guest.translation().wrong().empty(), guest.translation().wrong());
  BOOST_TEST(guest.paging_count().opened > 40U * 128 / 2);
  BOOST_TEST(guest.translation().history().stale() > 0U);
  BOOST_TEST(guest.count().add_up());
}
