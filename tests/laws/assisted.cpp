// SPDX-License-Identifier: BSL-1.0
// What hardware that helps does for a guest: it is not seen, what the guest's supervisor does by itself makes no exit,
// a walk of both stages reads fifteen entries, and a switch between the guest's modes forgets none of them.
#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/policy/technique/hardware_assisted.hpp>
#include <hvkit/vmm/single.hpp>

#include "support/torture/bench.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

using torture::cpu_type;
using assisted = single_guest<composition<cpu_type, technique::hardware_assisted>>;
using shadowed = single_guest<composition<cpu_type, technique::trap_and_emulate>>;

torture::program program_of(const isa::program &code) {
  return {{code.bytes().begin(), code.bytes().end()}, torture::ram};
}
template <class Machine> void run_to(Machine &m, u64 pc) {
  for (int left = 20'000; m.user().pc != pc; --left) {
    BOOST_REQUIRE(left != 0);
    static_cast<void>(m.run(1));
  }
}

/// Leaves everything to supervisor mode, maps memory as it lies by pages of 4 KiB and goes there. From 0x80010000 on:
/// the root, the table in the middle, the leaves of the first 2 MiB.
constexpr const char *supervisor = R"(
    la t0, machine; csrw mtvec, t0; la t0, own; csrw stvec, t0
    li t0, -1; csrw pmpaddr0, t0; li t0, 0x1f; csrw pmpcfg0, t0
    li t0, 0xb1ff; csrw medeleg, t0; li t0, 0x222; csrw mideleg, t0; csrw mie, t0
    li s1, 0x80010000; li t0, 0x20004401; sd t0, 16(s1)
    li t0, 0x20004801; lui t1, 1; add t1, t1, s1; sd t0, 0(t1)
    lui t1, 2; add t1, t1, s1; li t0, 0x200000cf; li t2, 512
  leaf: sd t0, 0(t1); addi t0, t0, 0x400; addi t1, t1, 8; addi t2, t2, -1; bnez t2, leaf
    li t0, 0x8000000000080010; csrw satp, t0
    la t0, start; csrw mepc, t0; li t0, 1 << 11; csrw mstatus, t0; mret
  .align 2
  machine: csrrw a7, mscratch, a7; csrr a7, mepc; addi a7, a7, 4; csrw mepc, a7; csrrw a7, mscratch, a7; mret
  .align 2
  own: addi a1, a1, 1; csrr t0, sepc; addi t0, t0, 4; csrw sepc, t0; csrr t0, scause; bgez t0, back; csrci sip, 2
    csrr t0, sepc; addi t0, t0, -4; csrw sepc, t0
  back: sret
  .align 2
  start:
)";

/// How many exits there are while `text` runs as often as `times` says.
u64 exits_of(const char *text, u64 times) {
  const auto code = torture::assembled(torture::ram, std::string(supervisor) + "li s10, " + std::to_string(times) +
                                                         "\nagain: " + text + "\naddi s10, s10, -1; bnez s10, again\n" +
                                                         "end: j end");
  torture::bench<assisted> b(program_of(code));
  run_to(b.machine(), *code.find("end"));
  BOOST_TEST(b.machine().guest().count().add_up());
  return b.machine().guest().count().exits;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_guest_does_not_see_it) {
  const auto code = torture::assembled(torture::ram, R"(
      la t0, trap; csrw mtvec, t0; li t0, -1; csrw pmpaddr0, t0; li t0, 0x1f; csrw pmpcfg0, t0; csrr a0, misa
      li s0, 2 << 11; li s1, 3
    mode: slli t0, s1, 11; la t1, probe; csrw mepc, t1; li t2, 3 << 11; csrc mstatus, t2; csrs mstatus, t0; mret
    probe: csrr a0, hstatus; csrr a1, hgatp; csrw vsatp, a0; csrr a2, vsstatus; csrr a3, mtval2; csrr a4, hgeip
      csrwi hvip, 4; .word 0x62000073; .word 0x22000073; .word 0x6c05c573; .word 0x60b54073; li a0, -1
      ecall
    .align 2
    trap: csrr t3, mcause; csrr t4, mtval; csrr t5, mstatus; mul s3, s3, s2; add s3, s3, t3; add s3, s3, t4
      add s3, s3, t5; addi s2, s2, 31; csrr t0, mepc; addi t0, t0, 4; csrw mepc, t0
      addi t3, t3, -8; bltz t3, resume; addi s1, s1, -1; bltz s1, end; li t0, 2; bne s1, t0, mode; li s1, 1; j mode
    resume: mret
    end: j end
  )");
  torture::bench<torture::reference_machine> bare(program_of(code));
  torture::bench<assisted> hosted(program_of(code));
  static_cast<void>(bare.machine().run(2000));
  static_cast<void>(hosted.machine().run(2000));
  BOOST_TEST(bare.machine().user().pc == *code.find("end"));
  BOOST_TEST(bare.machine().system().get(cpu_type::traps_word) == 3U * 12);
  BOOST_TEST(difference(bare.machine(), hosted.machine(), true, [] { return std::string(); }) == "");
}

BOOST_AUTO_TEST_CASE(what_supervisors_do_makes_no_exit) {
  for (const char *text : {
           "csrr t0, sstatus; csrw sscratch, t0; csrsi sstatus, 2; csrci sstatus, 2",
           "csrr t0, satp; csrw satp, t0; sfence.vma",
           "csrwi sie, 0; csrr t0, sip",
           "ebreak",
           "li t0, 1 << 18; csrs sstatus, t0; csrc sstatus, t0",
           "li t0, 0x80018000; ld t1, 0(t0); sd t1, 8(t0)",
           "li t0, 1 << 37; ld t0, 0(t0)", // a page fault
           "csrwi sie, 2; csrsi sip, 2; csrsi sstatus, 2; csrci sstatus, 2",
       })
    BOOST_TEST(exits_of(text, 100) == exits_of(text, 3), text);
  BOOST_TEST(exits_of("ecall", 100) > exits_of("ecall", 3) + 97 * 4); // the guest's machine mode has none of that
  BOOST_TEST(exits_of("rdtime t0", 103) == exits_of("rdtime t0", 3) + 100);
}

BOOST_AUTO_TEST_CASE(interrupts_and_traps_are_taken_inside) {
  const auto code = torture::assembled(torture::ram, std::string(supervisor) + R"(
      csrwi sie, 2; li s10, 50
    again: csrsi sip, 2; csrsi sstatus, 2; csrci sstatus, 2; ebreak; addi s10, s10, -1; bnez s10, again
    end: j end
  )");
  torture::bench<assisted> b(program_of(code));
  run_to(b.machine(), *code.find("end"));
  BOOST_TEST(b.machine().user().x[11] == 100U);
  BOOST_TEST(b.machine().guest().count().inside == 100U);
}

namespace {
/// References while `pages` pages are touched whose translations were all made before and then forgotten.
template <class Guest> u64 references_for(unsigned pages) {
  const std::string touch = "li t0, 0x80020000; lui t2, 1; li t1, " + std::to_string(pages) +
                            "\n1: ld t3, 0(t0); sd t3, 8(t0); add t0, t0, t2; addi t1, t1, -1; bnez t1, 1b\n";
  const auto code =
      torture::assembled(torture::ram, std::string(supervisor) + touch + "warm:\n" + touch + "end: j end");
  torture::bench<Guest> b(program_of(code));
  run_to(b.machine(), *code.find("warm"));
  b.machine().hart().flush();
  const u64 before = b.machine().guest().count().walk_references;
  run_to(b.machine(), *code.find("end"));
  return b.machine().guest().count().walk_references - before;
}
} // namespace

BOOST_AUTO_TEST_CASE(walks_read_as_many_entries_as_the_formula_says) {
  constexpr u64 n = 3, m = 3;
  // A load and a store each, and the page of code once.
  BOOST_TEST(references_for<assisted>(9) - references_for<assisted>(5) == 4 * 2 * (n * m + n + m));
  BOOST_TEST(references_for<shadowed>(9) - references_for<shadowed>(5) == 4 * 2 * n);
}

BOOST_AUTO_TEST_CASE(a_switch_of_modes_forgets_nothing) {
  const auto code = torture::assembled(torture::ram, std::string(supervisor) + R"(
      li s10, 60; li s9, 50
    again: ecall; ld t0, 0(s1); addi s10, s10, -1; beq s10, s9, warm; bnez s10, again
    end: j end
    warm: j again
  )");
  torture::bench<assisted> b(program_of(code));
  run_to(b.machine(), *code.find("warm"));
  const u64 before = b.machine().guest().count().walk_references;
  run_to(b.machine(), *code.find("end"));
  BOOST_TEST(b.machine().guest().count().walk_references == before);
}
