// SPDX-License-Identifier: BSL-1.0
// What traps and returns do besides going somewhere, which no pair of machines that share it can show: MPRV is cleared
// on the way down, reservations die, counters that are written count on from there.
// Source: The RISC-V Instruction Set Manual, Volume II, "Privilege and Global Interrupt-Enable Stack in mstatus
// register", "Hardware Performance Monitor"; for reservations semantics as stated in cpu/rv64/traps.hpp.
#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/vmm/single.hpp>

#include "support/torture/bench.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

using torture::cpu_type;

/// Runs `text` to its label `end` on each machine and gives a0.
template <class Machine> u64 result_on(const isa::program &code) {
  torture::program p;
  p.image.assign(code.bytes().begin(), code.bytes().end());
  p.entry = torture::ram;
  torture::bench<Machine> b(p);
  for (int i = 0; i < 200 && b.machine().user().pc != *code.find("end"); ++i)
    static_cast<void>(b.machine().run(1));
  BOOST_REQUIRE(b.machine().user().pc == *code.find("end"));
  return b.machine().user().x[10];
}
void expect(const char *text, u64 a0) {
  const auto code = torture::assembled(torture::ram, text);
  BOOST_TEST(result_on<torture::reference_machine>(code) == a0);
  using blocks_machine = hardware::bare_machine<cpu_type, engine::blocks>;
  BOOST_TEST(result_on<blocks_machine>(code) == a0);
  BOOST_TEST((result_on<single_guest<composition<cpu_type, engine::blocks>>>(code) == a0));
}

constexpr u64 mprv = bit(17);

} // namespace

BOOST_AUTO_TEST_CASE(mret_to_a_lower_mode_clears_mprv) {
  expect(R"(
      la t0, handler; csrw mtvec, t0; la t0, inner; csrw mepc, t0
      li t0, 1 << 17; csrs mstatus, t0; mret        # to U, where nothing may be fetched
    inner: nop
    .align 2
    handler: csrr a0, mstatus; li t0, 1 << 17; and a0, a0, t0
    end: j end
  )",
         0);
}
BOOST_AUTO_TEST_CASE(mret_to_machine_mode_keeps_mprv) {
  expect(R"(
      la t0, inner; csrw mepc, t0; li t0, 1 << 17 | 3 << 11; csrs mstatus, t0; mret
    inner: csrr a0, mstatus; li t0, 1 << 17; and a0, a0, t0
    end: j end
  )",
         mprv);
}
BOOST_AUTO_TEST_CASE(sret_clears_mprv) {
  expect(R"(
      la t0, handler; csrw mtvec, t0; la t0, inner; csrw sepc, t0; li t0, 1 << 17; csrs mstatus, t0; sret
    inner: nop
    .align 2
    handler: csrr a0, mstatus; li t0, 1 << 17; and a0, a0, t0
    end: j end
  )",
         0);
}
BOOST_AUTO_TEST_CASE(trap_kills_the_reservation) {
  expect(R"(
      la t0, handler; csrw mtvec, t0; li t1, 0x80001000
      lr.w t2, (t1); ecall
    .align 2
    handler: sc.w a0, t2, (t1)
    end: j end
  )",
         1);
}
BOOST_AUTO_TEST_CASE(return_kills_the_reservation) {
  expect(R"(
      la t0, inner; csrw mepc, t0; li t0, 3 << 11; csrs mstatus, t0; li t1, 0x80001000
      lr.w t2, (t1); mret
    inner: sc.w a0, t2, (t1)
    end: j end
  )",
         1);
}
BOOST_AUTO_TEST_CASE(written_counter_counts_on_from_there) {
  expect("li t0, 1000; csrw minstret, t0; csrr a0, minstret\nend: j end", 1000);
  expect("li t0, 1000; csrw minstret, t0; nop; csrr a0, minstret\nend: j end", 1001);
  expect("li t0, 1000; csrw mcycle, t0; nop; nop; csrr a0, mcycle\nend: j end", 1002);
}
