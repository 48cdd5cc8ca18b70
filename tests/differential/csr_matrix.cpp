// SPDX-License-Identifier: BSL-1.0
// Every CSR number by every instruction that reaches it, and every other instruction that mstatus can forbid: 4096
// numbers x {rw, rs, rc, and their immediate forms} x {rd x0 or not} x {rs1 x0 or not}, in each mode, for each setting
// of TVM, TW, TSR, mcounteren, scounteren and FS. Whether it traps is what the manual's rules say; every VMM leaves the
// state that the bare machine leaves. Source: The RISC-V Instruction Set Manual, Volume II, "CSR Address Mapping
// Conventions", "Machine Status Registers", "Machine Counter-Enable Register", "Supervisor Counter-Enable Register".
#include <boost/test/unit_test.hpp>

#include <array>
#include <sstream>

#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/isa/disassembler.hpp>

#include "support/gate.hpp"
#include "support/single_steps.hpp"
#include "support/torture/writer.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

using namespace cpu::riscv;

constexpr u64 home = 0x80110000;
constexpr u32 words_of_csrs = 4096 * 24;
constexpr std::array<u32, 6> others{0x10200073, 0x30200073, 0x10500073, 0x12000073, 0x12b50073, 0x00000073};
constexpr u32 word_total = words_of_csrs + others.size(); // sret, mret, wfi, sfence.vma twice, ecall
constexpr u32 setting_total = 3 * 64;

/// The instruction of that number: register x5 or 5 is what is written, x6 where the old value goes.
[[nodiscard]] u32 word_of(u32 n) {
  if (n >= words_of_csrs)
    return others[n - words_of_csrs];
  const u32 form = n % 24, kind = form % 6;
  constexpr std::array<u32, 6> funct3{1, 2, 3, 5, 6, 7};
  return n / 24 << 20 | (form / 12 != 0 ? 5U : 0U) << 15 | funct3[kind] << 12 | (form / 6 % 2 != 0 ? 6U : 0U) << 7 |
         0x73;
}

struct setting {
  u64 mode;
  bool tvm, tw, tsr, machine_counters, supervisor_counters, floating_point;
  explicit setting(u32 n)
      : mode(n % 3 == 2 ? privilege::machine : n % 3), tvm(n / 3 & 1), tw(n / 6 & 1), tsr(n / 12 & 1),
        machine_counters(n / 24 & 1), supervisor_counters(n / 48 & 1), floating_point(n / 96 & 1) {}
};

std::string in_words(u32 word, const setting &s) {
  std::ostringstream text;
  text << isa::disassemble<cpu::rv64>(word, gva{home}) << " in mode " << s.mode << (s.tvm ? ", TVM" : "")
       << (s.tw ? ", TW" : "") << (s.tsr ? ", TSR" : "") << (s.machine_counters ? ", mcounteren" : "")
       << (s.supervisor_counters ? ", scounteren" : "") << (s.floating_point ? ", FS" : "");
  return text.str();
}

/// Makes one step of it; answers whether it trapped.
template <class Any> bool step(single_stepper<Any> &machine, u32 word, const setting &how, u64 operand) {
  machine.put(home, word);
  return machine.step([&](auto &user, auto &s) {
    user.pc = home;
    user.x[5] = operand;
    s.set(fields::mode, how.mode);
    s.set(fields::status::tvm, how.tvm);
    s.set(fields::status::tw, how.tw);
    s.set(fields::status::tsr, how.tsr);
    s.set(w_mcounteren, how.machine_counters ? 7 : 0);
    s.set(w_scounteren, how.supervisor_counters ? 7 : 0);
    s.set(fields::status::fs, how.floating_point ? 3 : 0);
    s.set(w_mepc, home + 8);
    s.set(w_sepc, home + 12);
  });
}

/// Which numbers are registers: those that machine mode can read with everything switched on.
template <class Any> std::array<bool, 4096> registers_of(single_stepper<Any> &machine) {
  std::array<bool, 4096> there{};
  for (u32 number = 0; number < 4096; ++number)
    there[number] = !step(machine, number << 20 | 2 << 12 | 6 << 7 | 0x73, setting(2 + 24 + 48 + 96), 0);
  return there;
}

/// Whether machine, supervisor and user mode may, by the rules that the manual states of numbers and fields.
bool forbidden(u32 word, const setting &s, const std::array<bool, 4096> &there) {
  const u32 number = word >> 20, funct3 = word >> 12 & 7, source = word >> 15 & 31;
  if (funct3 == 0)
    switch (word) {
    case 0x10200073:
      return s.mode == privilege::user || (s.mode == privilege::supervisor && s.tsr);
    case 0x30200073:
      return s.mode != privilege::machine;
    case 0x10500073:
      return s.mode == privilege::user || (s.mode == privilege::supervisor && s.tw);
    case 0x00000073:
      return true;
    default:
      return s.mode == privilege::user || (s.mode == privilege::supervisor && s.tvm);
    }
  const bool writes = (funct3 & 3) == 1 || source != 0;
  if (!there[number] || s.mode < (number >> 8 & 3) || (writes && number >> 10 == 3))
    return true;
  if (number >= 1 && number <= 3) // fflags, frm, fcsr
    return !s.floating_point;
  if (number == 0x180 && s.mode == privilege::supervisor)
    return s.tvm;
  if (number >= 0xc00 && number < 0xc20) // counters for all modes, of which these machines have three
    return (s.mode != privilege::machine && !s.machine_counters) ||
           (s.mode == privilege::user && !s.supervisor_counters);
  return false;
}

/// Calls `f(word, setting, operand)` for one case of every `stride`, from a place of the seed's.
template <class F> void each_case(u64 stride, F f) {
  random_numbers random(seed());
  for (u64 n = random.between(0, stride - 1); n < u64{word_total} * setting_total;
       n += random.between(1, 2 * stride - 1))
    f(word_of(static_cast<u32>(n % word_total)), setting(static_cast<u32>(n / word_total)),
      torture::boundary_word(random));
}

using bare = hardware::bare_machine<cpu::rv64, engine::step>;

} // namespace

BOOST_AUTO_TEST_CASE(traps_are_those_of_the_manual) {
  auto machine = single_stepper<bare>::of<bare>();
  const auto there = registers_of(machine);
  u64 cases = 0, traps = 0;
  each_case(amount(24, 1, 1), [&](u32 word, const setting &s, u64 operand) {
    const bool trapped = step(machine, word, s, operand), wanted = forbidden(word, s, there);
    BOOST_REQUIRE_MESSAGE(trapped == wanted, in_words(word, s) << (wanted ? " must trap" : " must not trap"));
    const u64 cause = word == 0x73 ? 8 + s.mode : 2;
    BOOST_REQUIRE_MESSAGE((!trapped || machine.system().get(w_mcause) == cause), in_words(word, s));
    BOOST_REQUIRE_MESSAGE((!trapped || machine.system().get(w_mepc) == home), in_words(word, s));
    ++cases, traps += trapped ? 1 : 0;
  });
  BOOST_TEST(cases > amount(700'000, 18'000'000, 18'000'000));
  BOOST_TEST((traps > cases / 2 && traps < cases - cases / 400));
}

namespace {
template <class Any> void leaves_the_same(single_stepper<Any> hosted) {
  auto machine = single_stepper<bare>::of<bare>();
  u64 cases = 0;
  each_case(amount(1500, 50, 3), [&](u32 word, const setting &s, u64 operand) {
    const bool left = step(machine, word, s, operand), right = step(hosted, word, s, operand);
    BOOST_REQUIRE_MESSAGE((left == right && machine.user() == hosted.user() && machine.system() == hosted.system()),
                          in_words(word, s)
                              << ", operand 0x" << std::hex << operand << ": bare cause "
                              << machine.system().get(w_mcause) << ", hosted " << hosted.system().get(w_mcause));
    ++cases;
  });
  BOOST_TEST(cases > amount(10'000, 300'000, 5'000'000));
}
} // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(in_every_vm, Guest, rv64_guests) {
  BOOST_TEST_CONTEXT(name_of<Guest>()) { leaves_the_same(single_stepper<typename Guest::any>::template of<Guest>()); }
}
