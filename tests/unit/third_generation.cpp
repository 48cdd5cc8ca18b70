// SPDX-License-Identifier: BSL-1.0
// Tests the third-generation machine bare: the paper's traps and address rule, the timer to the instruction, and what
// each privileged and each dishonest instruction does in each mode.
// Source: Popek, Goldberg, "Formal Requirements for Virtualizable Third Generation Architectures", CACM 17(7), 1974.
#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/hardware/engine/step.hpp>

#include "support/third_generation.hpp"

using namespace hvkit;

namespace {
namespace rows = cpu::rows;
namespace field = cpu::generation3::fields;
namespace cause = cpu::generation3::cause;
namespace psw = cpu::generation3::psw;

using whole = cpu::third_generation<rows::honest, rows::popf, rows::pushf, rows::spl, rows::jrst1, rows::lra,
                                    rows::mfpi, rows::stck>;
using with_iopl = cpu::basic_third_generation<cpu::third_generation_knobs{.io_privilege_level = true}, rows::honest,
                                              rows::popf, rows::pushf>;

constexpr u64 user_place = 0x2000, user_size = 0x100;

/// The old PSW, then the new one, which leads to `handler` in supervisor mode, with interrupts off and all storage.
constexpr std::string_view head = R"(
old:    .word 0, 0, 0, 0
new:    .word 0, handler, 0, 0x10000
)";
/// Enters the user program with interrupts on; ends wherever a trap leads.
constexpr std::string_view enter_user = R"(
start:  lpsw psw(r0)
psw:    .word 3, 0, 0x2000, 0x100
handler: la  r15, 1(r15)
        idle
        b    handler
)";

template <class Cpu> class machine {
public:
  explicit machine(std::string_view supervisor, std::string_view user = "")
      : bench_({{0, assembled(std::string(head) + std::string(supervisor))}, {user_place, assembled(user)}}) {
    BOOST_REQUIRE(bench_.loaded());
  }
  exit_record run(u64 steps) { return bench_.machine().run(steps); }
  [[nodiscard]] u32 r(unsigned n) { return bench_.machine().user().r[n]; }
  [[nodiscard]] auto &user() { return bench_.machine().user(); }
  [[nodiscard]] u64 get(const isa::field &f) { return bench_.machine().system().get(f); }
  [[nodiscard]] u32 storage(u64 at) {
    u32 word = 0;
    BOOST_REQUIRE(bench_.machine().read(gpa{at}, &word, sizeof word));
    return word;
  }
  /// The interruption code that the old PSW shows.
  [[nodiscard]] u64 code() { return storage(psw::old_at) >> psw::code_at; }
  [[nodiscard]] u32 old_pc() { return storage(psw::old_at + 4); }
  [[nodiscard]] bool was_user() { return (storage(psw::old_at) & psw::user) != 0; }

private:
  static isa::program assembled(std::string_view text) {
    auto program = isa::assemble_text<Cpu>(0, text);
    BOOST_REQUIRE_MESSAGE(program, program.error);
    return program;
  }
  tests::old_bench<hardware::bare_machine<Cpu, engine::step>> bench_;
};

/// The code of the first trap that a user program of one instruction takes; 0 if it takes none within two steps.
u64 user_trap(std::string_view instruction) {
  machine<whole> m(enter_user, std::string(instruction) + "\n nop_: b nop_\n");
  m.run(3);
  return m.get(field::traps) == 0 ? 0 : m.code();
}
} // namespace

BOOST_AUTO_TEST_CASE(a_trap_swaps_psws) {
  machine<whole> m(enter_user, "li r1, 7\n li r2, 9\n c r1, r2\n svc 0x42\n");
  m.run(7); // lpsw, five instructions, the trap
  BOOST_TEST(m.code() == cause::supervisor_call + 0x42);
  BOOST_TEST(m.was_user());
  BOOST_TEST((m.storage(0) & psw::enabled) != 0U);
  BOOST_TEST(extract(m.storage(0), psw::cc) == 1U); // less
  BOOST_TEST(m.old_pc() == 20U);
  BOOST_TEST(m.storage(8) == user_place);
  BOOST_TEST(m.storage(12) == user_size);
  BOOST_TEST(m.get(field::mode) == 0U);
  BOOST_TEST(m.get(field::enabled) == 0U);
  BOOST_TEST(m.get(field::base) == 0U);
  BOOST_TEST(m.user().retired == 6U); // the trapping instruction does not retire
}

BOOST_AUTO_TEST_CASE(addresses_obey_base_and_bounds) {
  machine<whole> within(enter_user, "la r2, 0xfc(r0)\n st r2, 0(r2)\n l r3, 0xfc(r0)\n svc 0\n");
  within.run(5);
  BOOST_TEST(within.code() == cause::supervisor_call);
  BOOST_TEST(within.r(3) == 0xfcU);
  BOOST_TEST(within.storage(user_place + 0xfc) == 0xfcU);

  BOOST_TEST(user_trap("l r3, 0x100(r0)") == cause::addressing); // a >= b
  BOOST_TEST(user_trap("l r3, 0xfe(r0)") == cause::addressing);  // its last byte is
  BOOST_TEST(user_trap("ic r3, 0xff(r0)") == 0U);                // the last byte within
  BOOST_TEST(user_trap("st r3, -4(r0)") == cause::addressing);   // 2^32 - 4
  BOOST_TEST(user_trap("b . + 0x200") == cause::addressing);     // the fetch that follows
  BOOST_TEST(user_trap("li r1, 2") == 0U);
  machine<whole> beyond("start: lih r1, 1\n l r2, 0(r1)\nhandler: idle\n"); // a + l >= q, though a < b
  beyond.run(3);
  BOOST_TEST(beyond.code() == cause::addressing);
  BOOST_TEST(!beyond.was_user());
}

BOOST_AUTO_TEST_CASE(privileged_instructions_trap_in_user_mode) {
  for (const auto *text : {"lpsw 0(r0)", "lbar r1, r2", "ssm r1", "spt r1", "stpt r1", "sio r1", "idle"})
    BOOST_TEST(user_trap(text) == cause::privileged, text);
  for (const auto *text : {"spl 3", "jrst1 0(r0)", "lra r1, 0(r0)", "mfpi r1, 0(r0)", "popf r1", "pushf r1", "stck r1"})
    BOOST_TEST(user_trap(text) == 0U, text);
  BOOST_TEST(user_trap(".word 0") == cause::operation);
  BOOST_TEST(user_trap(".word 0x9e000001") == cause::operation); // a bit that belongs to no operand
}

BOOST_AUTO_TEST_CASE(the_timer_asks_after_as_many_instructions_as_it_was_told) {
  for (const unsigned n : {1U, 2U, 10U, 37U}) {
    machine<whole> m("start: li r1, 1\n ssm r1\n la r2, " + std::to_string(n) +
                     "(r0)\n spt r2\nloop: la r3, 1(r3)\n la r3, 1(r3)\n b loop\nhandler: idle\n");
    m.run(5 + n); // up to and with spt
    BOOST_TEST(m.get(field::traps) == 0U);
    BOOST_TEST(m.user().retired == 5 + n);
    m.run(1);
    BOOST_TEST(m.get(field::traps) == 1U);
    BOOST_TEST(m.code() == cause::timer);
    BOOST_TEST(m.get(field::lines) == 0U); // once taken, it asks no more
    BOOST_TEST(m.get(field::deadline) == 0U);
  }
}

BOOST_AUTO_TEST_CASE(mask_and_level_hold_the_timer_back) {
  machine<whole> masked("start: la r2, 3(r0)\n spt r2\nloop: la r3, 1(r3)\n b loop\nhandler: idle\n");
  masked.run(50);
  BOOST_TEST(masked.get(field::traps) == 0U);
  BOOST_TEST(masked.get(field::lines) == 1U);

  machine<whole> high("start: li r1, 1\n ssm r1\n spl 6\n la r2, 1(r0)\n spt r2\n la r3, 1(r0)\n la r3, 2(r0)\n spl 5\n"
                      " la r3, 3(r0)\nhandler: idle\n");
  high.run(30);
  BOOST_TEST(high.code() == cause::timer);
  BOOST_TEST(high.r(3) == 2U); // at once when the level falls
}

BOOST_AUTO_TEST_CASE(idle_waits_for_the_timer) {
  machine<whole> m(
      "start: li r1, 1\n ssm r1\n la r2, 1000(r0)\n spt r2\n idle\nhandler: la r4, 1(r4)\n idle\n b handler\n");
  const exit_record exit = m.run(100);
  BOOST_TEST((exit.reason == exit_reason::waiting)); // nothing is due any more
  BOOST_TEST(m.code() == cause::timer);
  BOOST_TEST(m.get(field::idle) == 999U);
  BOOST_TEST(m.r(4) == 1U);
}

BOOST_AUTO_TEST_CASE(the_timer_can_be_read_and_turned_off) {
  machine<whole> m("start: la r2, 100(r0)\n spt r2\n la r3, 0(r0)\n stpt r4\n la r5, 0(r0)\n spt r5\n stpt r6\n"
                   "handler: idle\n");
  m.run(7);
  BOOST_TEST(m.r(4) == 99U); // one instruction later
  BOOST_TEST(m.r(6) == 0U);
  BOOST_TEST(m.get(field::deadline) == 0U);
}

BOOST_AUTO_TEST_CASE(the_console_counts_what_is_sent) {
  machine<whole> m("start: la r1, 0x48(r0)\n sio r1\n la r1, 0x69(r0)\n sio r1\nhandler: idle\n");
  m.run(4);
  BOOST_TEST(m.get(field::console) == 0x269U);
}

BOOST_AUTO_TEST_CASE(dishonest_instructions_by_mode) {
  // Supervisor first: R = (0, all), then the same in user mode.
  machine<whole> m("start: lra r1, 0x40(r0)\n mfpi r2, 0x2020(r0)\n la r3, 2(r0)\n popf r3\n pushf r4\n spl 2\n"
                   " la r3, 0(r0)\n popf r3\n lpsw psw(r0)\npsw: .word 3, 0, 0x2000, 0x100\nhandler: b handler\n",
                   "lra r5, 0x40(r0)\n mfpi r6, 0x20(r0)\n popf r0\n pushf r7\n spl 7\n stck r8\n svc 0\n"
                   ".word 0\n.word 0x12345678\n");
  m.run(5);
  BOOST_TEST(m.r(1) == 0x40U);
  BOOST_TEST(m.r(2) == 0x12345678U); // storage itself
  BOOST_TEST(m.r(4) == 2U);
  m.run(3);
  BOOST_TEST(m.get(field::enabled) == 0U);
  BOOST_TEST(m.get(field::level) == 2U);
  m.run(1 + 6);
  BOOST_TEST(m.r(5) == user_place + 0x40);
  BOOST_TEST(m.r(6) == 0x12345678U); // the program's own
  BOOST_TEST(m.r(7) == 2U);          // the real mask, which popf kept
  BOOST_TEST(m.get(field::enabled) == 1U);
  BOOST_TEST(m.get(field::level) == 0U); // spl did nothing
  BOOST_TEST(m.r(8) == m.user().retired - 1);
}

BOOST_AUTO_TEST_CASE(jrst1_returns_to_user_mode) {
  machine<whole> m("start: li r1, 0x2000\n li r2, 0x100\n jrst1 user(r0)\nuser: ssm r0\nhandler: b handler\n");
  m.run(6);
  BOOST_TEST(m.get(field::mode) == 0U);
  BOOST_TEST(m.code() == cause::privileged);
  BOOST_TEST(m.was_user());
}

BOOST_AUTO_TEST_CASE(an_io_privilege_level_lets_user_mode_mask) {
  for (const bool allowed : {false, true}) {
    machine<with_iopl> m(allowed ? "start: lpsw psw(r0)\npsw: .word 7, 0, 0x2000, 0x100\nhandler: b handler\n"
                                 : "start: lpsw psw(r0)\npsw: .word 3, 0, 0x2000, 0x100\nhandler: b handler\n",
                         "popf r0\n pushf r1\n");
    m.run(3);
    BOOST_TEST(m.get(field::enabled) == (allowed ? 0U : 1U));
    BOOST_TEST(m.r(1) == (allowed ? 4U : 2U)); // user mode does not change the level itself
  }
}

BOOST_AUTO_TEST_CASE(a_supervisor_serves_a_user_program_and_a_timer) {
  machine<whole> m(R"(
start:  la   r10, 16(r0)
        li   r11, 0x8080           # the timer's code
        la   r2, 40(r0)
        spt  r2
        lpsw psw(r0)
psw:    .word 3, 0, 0x2000, 0x100
calls:  .word 0
ticks:  .word 0
saved:  .word 0
handler: st  r1, saved(r0)
        l    r1, 0(r0)             # the old PSW: which interruption?
        srl  r1, r1, r10
        c    r1, r11
        be   timer
        l    r1, calls(r0)
        la   r1, 1(r1)
        st   r1, calls(r0)
        l    r1, 4(r0)             # go on behind the call
        la   r1, 4(r1)
        st   r1, 4(r0)
        l    r1, saved(r0)
        lpsw 0(r0)
timer:  l    r1, ticks(r0)
        la   r1, 1(r1)
        st   r1, ticks(r0)
        idle                       # nothing will come: the machine halts
)",
                   "loop: la r1, 1(r1)\n svc 1\n b loop\n");
  const exit_record exit = m.run(1000);
  BOOST_TEST((exit.reason == exit_reason::waiting));
  // A round is 15 instructions: la, 13 in the handler, b. The timer asks in the third one's handler, which masks it.
  BOOST_TEST(m.storage(0x48) == 3U); // calls
  BOOST_TEST(m.storage(0x4c) == 1U); // ticks
  BOOST_TEST(m.was_user());
  BOOST_TEST(m.code() == cause::timer);
  BOOST_TEST(m.user().retired == 6U + 2 * 15 + 1 + 13 + 9);
}
