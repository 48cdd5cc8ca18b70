// SPDX-License-Identifier: BSL-1.0
// What traps and returns do besides going somewhere, which no pair of machines that share it can show: MPRV is cleared
// on the way down, reservations die, TSR, TW and TVM stop S mode, counters that are written count on from there.
// Source: The RISC-V Instruction Set Manual, Volume II, "Privilege and Global Interrupt-Enable Stack in mstatus
// register", "Hardware Performance Monitor"; for reservations semantics as stated in cpu/rv64/traps.hpp.
#include <boost/test/unit_test.hpp>

#include "support/everywhere.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

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

namespace {
/// Runs `what` in S mode with `bits` of mstatus set; a0 is the cause of the trap, or 100.
void expect_in_supervisor_mode(const std::string &bits, const std::string &what, u64 cause) {
  const std::string text = R"(
      la t0, handler; csrw mtvec, t0; la t0, inner; csrw mepc, t0; csrw sepc, t0
      li t0, -1; csrw pmpaddr0, t0; li t0, 0x1f; csrw pmpcfg0, t0
      li t0, )" + bits + R"( | 1 << 11; csrs mstatus, t0; la t1, after; mret
    inner: )" + what + R"(
      li t2, 1; nop
    after: li a0, 100; j end
    .align 2
    handler: csrr a0, mcause
    end: j end
  )";
  expect(text.c_str(), cause);
}
} // namespace

BOOST_AUTO_TEST_CASE(gates_stop_supervisor_mode) {
  constexpr u64 nothing = 100;
  expect_in_supervisor_mode("1 << 22", "sret", cpu::riscv::cause::illegal_instruction);
  expect_in_supervisor_mode("0", "csrw sepc, t1; sret", nothing); // to `after`, in U
  expect_in_supervisor_mode("1 << 21", "wfi", cpu::riscv::cause::illegal_instruction);
  expect_in_supervisor_mode("1 << 20", "csrr t2, satp", cpu::riscv::cause::illegal_instruction);
  expect_in_supervisor_mode("1 << 20", "sfence.vma", cpu::riscv::cause::illegal_instruction);
  expect_in_supervisor_mode("0", "csrr t2, satp", nothing);
  expect_in_supervisor_mode("0", "sfence.vma", nothing);
  expect_in_supervisor_mode("1 << 22 | 1 << 21", "csrr t2, satp", nothing);
}
BOOST_AUTO_TEST_CASE(large_pages_must_be_aligned) {
  const auto with_entry = [](const std::string &entry, u64 cause) {
    const std::string text = R"(
        la t0, handler; csrw mtvec, t0; li t0, -1; csrw pmpaddr0, t0; li t0, 0x1f; csrw pmpcfg0, t0
        li s0, 0x80010000; li t0, )" +
                             entry + R"(; sd t0, 8(s0); li t0, 0x8000000000080010; csrw satp, t0
        li t0, 1 << 17 | 1 << 11; li t1, 0x40000000; csrs mstatus, t0; ld t2, 0(t1)
        li t0, 1 << 17; csrc mstatus, t0; li a0, 100; j end
      .align 2
      handler: csrr a0, mcause
      end: j end
    )";
    expect(text.c_str(), cause);
  };
  with_entry("0x200000cf", 100);
  with_entry("0x200004cf", cpu::riscv::cause::load_page); // its low PPN bits are not 0
  with_entry("0x200800cf", cpu::riscv::cause::load_page);
}
