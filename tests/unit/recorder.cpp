// SPDX-License-Identifier: BSL-1.0
// Tests the recorder: it notes each touch of system state, count and clock; it runs rows as the hart does; and what it
// calls a result is compared as the theory says.
#include <boost/test/unit_test.hpp>

#include <array>
#include <vector>

#include <hvkit/cpu/ia32.hpp>
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/hardware/engine/step.hpp>
#include <hvkit/hardware/hart.hpp>
#include <hvkit/theory/classes.hpp>

using namespace hvkit;

namespace {
namespace rv = cpu::riscv;
namespace old = cpu::generation3;
using rv64 = cpu::rv64;
using third = cpu::third_generation<cpu::rows::honest, cpu::rows::popf, cpu::rows::mfpi>;

template <class Cpu> theory::state<Cpu> base(u8 n, u64 mode) {
  return theory::examination<Cpu>::twin(theory::examination<Cpu>::base(n), mode);
}
template <std::size_t N> std::vector<u16> listed(const theory::number_set<N> &set) {
  std::vector<u16> all;
  set.each([&](u16 n) { all.push_back(n); });
  return all;
}
rv64::operands csr(u16 number, u8 rs1 = 0) { return {7, rs1, 0, 1, number}; }
isa::row_id row(std::string_view name) { return isa::find_row<rv64>(name); }
} // namespace

BOOST_AUTO_TEST_CASE(number_sets_are_ordered) {
  theory::number_set<130> set;
  for (const u16 n : std::array<u16, 5>{129, 0, 64, 63, 64})
    set.insert(n);
  BOOST_TEST(listed(set) == (std::vector<u16>{0, 63, 64, 129}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(each_word_has_fields_and_no_bit_has_two) {
  const auto check = [](const auto &fields, std::size_t words) {
    std::vector<u64> covered(words);
    for (const isa::field &f : fields) {
      BOOST_TEST((covered[f.word] & f.mask) == 0U, f.name);
      covered[f.word] |= f.mask;
    }
    for (std::size_t w = 0; w < words; ++w)
      BOOST_TEST(covered[w] != 0U, "word " << w << " has no field");
  };
  check(rv64::state_fields, theory::system_words<rv64>);
  check(third::state_fields, theory::system_words<third>);
  check(cpu::ia32::state_fields, theory::system_words<cpu::ia32>);
}

BOOST_AUTO_TEST_CASE(touches_are_noted) {
  const auto start = base<rv64>(1, rv::privilege::machine);
  theory::recorder<rv64> read(start);
  BOOST_TEST((read.run(row("csrrs"), csr(0x340)) == theory::outcome::completed));
  BOOST_TEST(listed(read.touched().read) == (std::vector<u16>{rv::w_mode, rv::w_mscratch}),
             boost::test_tools::per_element());
  BOOST_TEST(listed(read.touched().written).empty());
  BOOST_TEST(read.touched().bits_read[rv::w_mode] == 3U);
  BOOST_TEST(!read.touched().retired);

  theory::recorder<rv64> written(start);
  written.run(row("csrrw"), csr(0x340, 10));
  BOOST_TEST(listed(written.touched().written) == (std::vector<u16>{rv::w_mscratch}), boost::test_tools::per_element());

  theory::recorder<rv64> instret(start);
  instret.run(row("csrrs"), csr(0xc02));
  BOOST_TEST((instret.touched().retired && !instret.touched().ticks));
  theory::recorder<rv64> time(start);
  time.run(row("csrrs"), csr(0xc01));
  BOOST_TEST((time.touched().ticks && !time.touched().retired));
  BOOST_TEST(time.user().x[7] == start.ticks);
}

BOOST_AUTO_TEST_CASE(runs_end_in_one_of_three_ways) {
  theory::recorder<rv64> trapped(base<rv64>(0, rv::privilege::user));
  BOOST_TEST((trapped.run(row("mret"), {}) == theory::outcome::trapped));
  BOOST_TEST(trapped.raised().cause == rv::cause::illegal_instruction);
  BOOST_TEST(trapped.raised().value == 0x30200073U); // the word, put together again

  theory::recorder<third> beyond(base<third>(1, old::mode::supervisor)); // its registers are zeros
  old::operands o{3, 0, 0, 0, 0x100};
  BOOST_TEST((beyond.run(isa::find_row<third>("lpsw"), o) == theory::outcome::memory_trap));
  BOOST_TEST(!beyond.touched().memory);
}

BOOST_AUTO_TEST_CASE(a_delegated_trap_is_an_effect) {
  using delegating = cpu::basic_rv64<cpu::rv64_knobs{.traps_delegated = true}>;
  theory::recorder<delegating> m(base<delegating>(0, rv::privilege::user));
  BOOST_TEST((m.run(isa::find_row<delegating>("mret"), {}) == theory::outcome::completed));
  BOOST_TEST(m.words().get(rv::fields::mode) == rv::privilege::supervisor);
  BOOST_TEST(m.words().get(rv::w_scause) == rv::cause::illegal_instruction);
  BOOST_TEST(m.user().pc == m.words().get(rv::w_stvec));
}

BOOST_AUTO_TEST_CASE(what_was_unequal_and_left_alone_is_no_difference) {
  const auto first = base<rv64>(1, rv::privilege::machine);
  const auto second = theory::with_field<rv64>(first, 0, rv::privilege::supervisor);
  theory::recorder<rv64> a(first);
  theory::recorder<rv64> b(second);
  a.run(row("csrrw"), csr(0x140, 10)); // sscratch: both modes may
  b.run(row("csrrw"), csr(0x140, 10));
  BOOST_TEST(!theory::compare<rv64>({first, a}, {second, b}));

  auto other = first;
  other.user.x[10] ^= 1;
  theory::recorder<rv64> c(other);
  c.run(row("csrrw"), csr(0x140, 10));
  const auto d = theory::compare<rv64>({first, a}, {other, c});
  BOOST_TEST(bool(d)); // the operand itself, and what it left behind
}

BOOST_AUTO_TEST_CASE(a_moved_program_is_compared_with_itself) {
  const auto start = base<third>(0, old::mode::user);
  const auto moved = theory::examination<third>::moved(start);
  BOOST_REQUIRE(bool(moved));
  BOOST_TEST(!theory::examination<third>::moved(*moved)); // only from the first place to the second
  theory::recorder<third> here(start);
  theory::recorder<third> there(*moved);
  const old::operands o{3, 0, 0, 0, 0x20};
  here.run(isa::find_row<third>("mfpi"), o);
  there.run(isa::find_row<third>("mfpi"), o);
  BOOST_TEST(here.user().r[3] == start.memory[16 + 8]);
  BOOST_TEST(!theory::compare<third>({start, here}, {*moved, there}));
}

BOOST_AUTO_TEST_CASE(rows_do_on_the_recorder_what_they_do_on_a_hart) {
  hardware::physical_memory memory(hpa{0}, frame_size);
  hardware::hart<rv64, engine::step::over> hart(memory);
  unsigned compared = 0;
  for (const theory::unit &u : theory::units<rv64>)
    for (u16 n = 0; n < u.specimens; ++n)
      for (const u64 mode : theory::examination<rv64>::modes) {
        const auto o = theory::examination<rv64>::specimen(u, n);
        const auto start = base<rv64>(1, mode);
        theory::recorder<rv64> recorder(start);
        const auto ended = recorder.run(u.row, o);
        hart.user() = start.user;
        hart.system() = start.system;
        const bool retired = hart.execute({u.row, o});
        BOOST_TEST(retired == (ended == theory::outcome::completed));
        if (!retired || recorder.touched().ticks) // the hart's clock is its own
          continue;
        auto end = recorder.user().values();
        end.retired = start.user.retired + 1;
        BOOST_TEST((hart.user() == end));
        BOOST_TEST((hart.system() == recorder.words()));
        ++compared;
      }
  BOOST_TEST(compared > 100U);
}
