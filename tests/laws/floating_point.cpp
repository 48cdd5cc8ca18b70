// SPDX-License-Identifier: BSL-1.0
// What floating point does to mstatus and what mstatus does to floating point, on the bare machine and in every
// composition: FS goes to Dirty without a trap, and whoever reads mstatus next sees it, whatever lies between.
// Source: The RISC-V Instruction Set Manual, Volume II, "Extension Context Status in mstatus Register".
#include <boost/test/unit_test.hpp>

#include "support/everywhere.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {
/// SD and FS.
constexpr u64 off = 0, initial = u64{1} << 13, clean = u64{2} << 13, dirty = bit(63) | u64{3} << 13;

/// `body` in user mode with that FS; a0 is SD and FS afterwards, or the cause of the trap that `body` ends in.
void expect_status(u64 fs, const char *body, u64 status) {
  const std::string text = "la t0, handler; csrw mtvec, t0; la t0, inner; csrw mepc, t0; li t0, " + std::to_string(fs) +
                           "; csrw mstatus, t0; li t0, -1; csrw pmpaddr0, t0; li t0, 31; csrw pmpcfg0, t0\n"
                           "li t2, 0x80001000; mret\ninner: " +
                           body + R"(
      ecall
    .align 2
    handler: csrr a1, mcause; li a2, 8; bne a1, a2, other
      csrr a0, mstatus; li t1, 1 << 63 | 3 << 13; and a0, a0, t1; j end
    other: mv a0, a1
    end: j end
  )";
  expect(text.c_str(), status);
}
} // namespace

BOOST_AUTO_TEST_CASE(writing_a_register_makes_it_dirty) {
  for (const u64 fs : {initial, clean}) {
    expect_status(fs, "fmv.d.x fa0, zero", dirty);
    expect_status(fs, "fld fa0, 0(t2)", dirty);
    expect_status(fs, "fadd.d fa0, fa1, fa2", dirty);
    expect_status(fs, "c.fldsp fa0, 0(sp)", fs == 0 ? off : 5); // sp is 0: a load access fault
  }
}
BOOST_AUTO_TEST_CASE(reading_leaves_it) {
  for (const u64 fs : {initial, clean}) {
    expect_status(fs, "nop", fs);
    expect_status(fs, "fsd fa0, 0(t2)", fs);
    expect_status(fs, "feq.d a0, fa0, fa0; fmv.x.d a0, fa0; fclass.s a0, fa1; frcsr a0", fs);
  }
}
BOOST_AUTO_TEST_CASE(raising_a_flag_makes_it_dirty) {
  expect_status(clean, "flt.s a0, fa0, fa1", dirty); // f registers are 0 at reset: not boxed, so NaNs
  expect_status(clean, "fcvt.w.s a0, fa0", dirty);
  expect_status(clean, "csrwi fflags, 0", dirty);
  expect_status(clean, "fsrmi 1", dirty);
}
BOOST_AUTO_TEST_CASE(off_makes_everything_illegal) {
  for (const char *body : {"fadd.d fa0, fa1, fa2", "fld fa0, 0(t2)", "fsw fa0, 0(t2)", "fmv.x.w a0, fa0",
                           "fclass.d a0, fa0", "frcsr a0", "fsrmi 0", "c.fsd fa0, 0(a0)"})
    expect_status(off, body, 2);
}
BOOST_AUTO_TEST_CASE(reserved_rounding_modes_are_illegal) {
  expect_status(initial, ".word 0x00c5d553", 2); // fadd.s with mode 5
  expect_status(initial, ".word 0x00c5e553", 2);
  expect_status(initial, "fsrmi 5; fadd.s fa0, fa1, fa2", 2);
  expect_status(initial, "fsrmi 7; fcvt.w.d a0, fa1", 2);
  expect_status(initial, "fsrmi 6; .word 0x4205f553", 2);              // fcvt.d.s by frm, though it never rounds
  expect_status(initial, "fsrmi 5; fadd.s fa0, fa1, fa2, rtz", dirty); // not asked
  expect_status(initial, "fsrmi 5; fmin.s fa0, fa1, fa2", dirty);
}
/// Exits of all kinds stand between the instruction and whoever looks.
BOOST_AUTO_TEST_CASE(dirt_survives_exits) {
  expect(R"(
      la t0, handler; csrw mtvec, t0; li t0, 1 << 13; csrs mstatus, t0; li t2, 0x2000000
      fmv.d.x fa0, zero; lw a1, 0(t2); ecall
    .align 2
    handler: csrr a0, mstatus; srli a0, a0, 63
    end: j end
  )",
         1);
}
BOOST_AUTO_TEST_CASE(supervisor_sees_and_sets_it) {
  expect(R"(
      li t0, -1; csrw pmpaddr0, t0; li t0, 31; csrw pmpcfg0, t0
      la t0, inner; csrw mepc, t0; li t0, 1 << 11; csrw mstatus, t0; mret
    inner: li t0, 2 << 13; csrs sstatus, t0; fmv.w.x fa0, zero; csrr a0, sstatus; csrc sstatus, t0
      csrr a1, sstatus; srli a0, a0, 63; slli a0, a0, 1; srli a1, a1, 13; andi a1, a1, 3; slli a1, a1, 4; or a0, a0, a1
    end: j end
  )",
         1 << 1 | 1 << 4);
}
/// Longer than any stack if handlers called each other.
BOOST_AUTO_TEST_CASE(long_loops_need_no_stack) {
  const auto code = torture::assembled(torture::ram, R"(
      li t0, 1 << 13; csrs mstatus, t0; li a0, 3000000
    again: fadd.s fa0, fa1, fa2; fmadd.d fa0, fa1, fa2, fa3; fcvt.w.d a1, fa0; fld fa4, 0(sp); fsqrt.d fa1, fa0, rmm
      flt.d a1, fa0, fa1; addi a0, a0, -1; bnez a0, again
    end: j end
  )");
  torture::program p;
  p.image.assign(code.bytes().begin(), code.bytes().end());
  p.entry = torture::ram;
  torture::bench<hardware::bare_machine<cpu_type, engine::blocks>> b(p);
  b.machine().user().x[2] = torture::ram;
  static_cast<void>(b.machine().run(30'000'000));
  BOOST_TEST(b.machine().user().pc == *code.find("end"));
}
