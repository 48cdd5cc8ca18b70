// SPDX-License-Identifier: BSL-1.0
// What paging policies do beyond translating right: superpages stand where nothing under them is apart, frames that are
// tables no longer are written freely, contexts without end take no memory.
#include <tuple>
#include <type_traits>

#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/policy/paging/shadow_lazy.hpp>
#include <hvkit/vmm/single.hpp>

#include "support/gate.hpp"
#include "support/paging_guest.hpp"
#include "support/torture/audit.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

using cpu_type = torture::cpu_type;
using reference = torture::reference_machine;
template <class Paging> using guest_with = single_guest<composition<cpu_type, Paging, engine::blocks>>;
using shadow_guest = guest_with<paging::shadow>;
using pagings = std::tuple<paging::shadow, paging::shadow_lazy>;

template <class Machine> [[nodiscard]] auto bench_with(u64 memory, const torture::program &p) {
  return torture::bench<Machine>(p, std::make_unique<Machine>(gpa{torture::ram}, memory));
}
[[nodiscard]] torture::program program_of(const std::string &text) {
  const auto code = torture::assembled(torture::ram, text);
  return {{code.bytes().begin(), code.bytes().end()}, torture::ram};
}

} // namespace

BOOST_AUTO_TEST_CASE(pages_of_every_size) {
  const u64 first = seed() * 1'000'000;
  u64 superpages = 0, emulated = 0;
  for (u64 n = first; n < first + amount(40, 1500, 50'000); ++n) {
    const auto p = paging_guest::make(n, false);
    auto left = bench_with<reference>(paging_guest::memory, p);
    auto right = bench_with<shadow_guest>(paging_guest::memory, p);
    random_numbers random(n);
    for (int stop = 0; stop < 30; ++stop) {
      const u64 budget = random.between(1, 200);
      static_cast<void>(left.machine().run(budget));
      static_cast<void>(right.machine().run(budget));
      const std::string apart = difference(left.machine(), right.machine(), stop == 29, [] { return std::string(); });
      torture::shadow_audit audit(right.machine().guest());
      const std::string wrong = audit.run();
      const std::string stale =
          torture::audit_translations(right.machine().vmm().hart(), right.machine().vmm().memory());
      BOOST_REQUIRE_MESSAGE((apart + wrong + stale).empty(),
                            "guest " << n << ", stop " << stop << ": " << apart << wrong << stale);
    }
    superpages += right.machine().guest().paging_count().superpages;
    emulated += right.machine().guest().paging_count().table_stores;
    BOOST_REQUIRE(right.machine().guest().count().add_up());
  }
  BOOST_TEST(superpages > 100U);
  BOOST_TEST(emulated > 100U);
}

namespace {

/// Two roots that map memory as it lies, and 0xc0000000 to a page of one's own; then supervisor mode.
constexpr const char *two_roots = R"(
    la t0, trap; csrw mtvec, t0; li t0, -1; csrw pmpaddr0, t0; li t0, 0x1f; csrw pmpcfg0, t0
    li s1, 0x80010000; li s2, 0x80014000                      # root, middle, leaves and page, one behind the other
    li t1, 0x200000cf; sd t1, 16(s1); sd t1, 16(s2)
    li t1, 0x20004401; sd t1, 24(s1); li t1, 0x20004801; sd t1, 0x400(s1); lui t2, 1; add t2, t2, s1; sd t1, 0(t2)
    li t1, 0x20005401; sd t1, 24(s2); li t1, 0x20005801; lui t2, 1; add t2, t2, s2; sd t1, 0(t2)
    li t1, 0x20004ccf; lui t2, 2; add t2, t2, s1; sd t1, 0(t2)
    li t1, 0x20005ccf; lui t2, 2; add t2, t2, s2; sd t1, 0(t2)
    lui t2, 3; add t2, t2, s1; li t1, 3; sd t1, 0(t2)
    lui t2, 3; add t2, t2, s2; li t1, 50; sd t1, 0(t2)
    li s3, 0x8000000000080010; li s4, 0x8000000000080014; li s5, 0xc0000000
    csrw satp, s3; la t0, start; csrw mepc, t0; li t0, 1 << 11; csrw mstatus, t0; mret
  .align 2
  trap: addi a1, a1, 1; csrr t0, mepc; addi t0, t0, 4; csrw mepc, t0; mret
  start:
)";

template <class Machine> [[nodiscard]] auto run_to(Machine &m, u64 steps) {
  static_cast<void>(m.run(steps));
  return std::pair(m.user().x[10], m.user().x[11]);
}

} // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(a_frame_that_is_no_table_any_more_is_written_freely, Paging, pagings) {
  const auto p = program_of(std::string(two_roots) + R"(
      ld a0, 0(s5)                            # 3; the walk makes the first root's tables tracked frames
      csrw satp, s4; ld t0, 0(s5); add a0, a0, t0
      li t3, 5000; addi t4, s1, 0x600
    data: sd t3, 0(t4); addi t3, t3, -1; bnez t3, data
      csrw satp, s3; sfence.vma; ld t0, 0(s5); add a0, a0, t0     # a table again
      sd zero, 24(s1); sfence.vma; ld t0, 0(s5)                   # and seen as one: this traps
    end: j end
  )");
  auto left = bench_with<reference>(256_KiB, p);
  auto right = bench_with<guest_with<Paging>>(256_KiB, p);
  constexpr u64 steps = 16'000;
  const std::pair<u64, u64> wanted(3 + 50 + 3, 1);
  BOOST_TEST((run_to(left.machine(), steps) == wanted));
  BOOST_TEST((run_to(right.machine(), steps) == wanted));
  const auto &count = right.machine().guest().paging_count();
  constexpr bool lazy = std::is_same_v<Paging, paging::shadow_lazy>;
  BOOST_TEST(count.forsaken == (lazy ? 0U : 1U));
  BOOST_TEST((lazy ? count.opened > 0 : count.opened == 0));
  BOOST_TEST(count.table_stores < (lazy ? 10U : 32U + 10));
  BOOST_TEST(right.machine().guest().count().memory_accesses < 32U + 20);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(contexts_without_end, Paging, pagings) {
  const auto p = program_of(std::string(two_roots) + R"(
      li t3, 0x20000; li t5, 0xffff
    again:
      and t0, t3, t5; slli t0, t0, 44; srli t1, t3, 16; add t1, t1, t3; andi t1, t1, 1
      mv t2, s3; bnez t1, chosen; mv t2, s4
    chosen: or t2, t2, t0; csrw satp, t2; ld t0, 0(s5); add a0, a0, t0
      addi t3, t3, -1; bnez t3, again
    end: j end
  )");
  auto left = bench_with<reference>(256_KiB, p);
  auto right = bench_with<guest_with<Paging>>(256_KiB, p);
  auto &guest = right.machine().guest();
  random_numbers random(seed());
  u64 least = ~u64{0};
  for (u64 round = 0; left.machine().user().x[28] != 0 || round < 3; ++round) {
    const u64 budget = random.between(5000, 15'000);
    BOOST_REQUIRE(run_to(left.machine(), budget) == run_to(right.machine(), budget));
    least = std::min(least, guest.frames().available());
    bool current = false;
    const hpa root{(right.machine().hart().system().get(cpu::riscv::w_satp) & low_bits(44)) << frame_bits};
    guest.translation().each_root([&](auto &, auto &, hpa top) { current = current || top == root; });
    BOOST_REQUIRE(current); // the one in use is never the one that gives way
    torture::shadow_audit audit(guest);
    BOOST_REQUIRE(audit.run().empty());
  }
  BOOST_TEST(left.machine().user().x[10] == 0x20000 / 2 * (3 + 50));
  BOOST_TEST(guest.paging_count().roots_made > 0x20000U);
  BOOST_TEST(guest.frames().available() == least); // at no time there was less
  guest.drop(paging::every_frame);
  BOOST_TEST(guest.frames().available() > least);
}
