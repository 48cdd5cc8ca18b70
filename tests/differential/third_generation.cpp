// SPDX-License-Identifier: BSL-1.0
// The machine of the 1974 paper in lock-step: random user programs under a small supervisor, bare and in each VMM.
#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/policy/paging/relocation.hpp>
#include <hvkit/vmm/lockstep.hpp>

#include "support/compositions.hpp"
#include "support/gate.hpp"
#include "support/third_generation.hpp"

using namespace hvkit;

namespace {

using honest = cpu::third_generation<cpu::rows::honest>;

/// The honest machine with one more row, and how user programs use it; @ stands for an address.
template <const auto &Row> struct with {
  using cpu = cpu::third_generation<cpu::rows::honest, Row>;
  static std::string extra();
};
template <> std::string with<cpu::rows::jrst1>::extra() { return "jrst1 @"; }
template <> std::string with<cpu::rows::spl>::extra() { return "spl 3"; }
template <> std::string with<cpu::rows::lra>::extra() { return "lra r2, @"; }
template <> std::string with<cpu::rows::mfpi>::extra() { return "mfpi r3, @"; }
template <> std::string with<cpu::rows::popf>::extra() { return "popf r2"; }
template <> std::string with<cpu::rows::pushf>::extra() { return "pushf r2"; }
template <> std::string with<cpu::rows::stck>::extra() { return "stck r3"; }
using variants = std::tuple<with<cpu::rows::jrst1>, with<cpu::rows::spl>, with<cpu::rows::lra>, with<cpu::rows::mfpi>,
                            with<cpu::rows::popf>, with<cpu::rows::pushf>, with<cpu::rows::stck>>;

/// A user program: arithmetic, loops, loads and stores (some out of bounds), supervisor calls, privileged instructions
/// and, where the machine has them, `extra` ones.
[[nodiscard]] std::string user_program(random_numbers &random, std::string_view label, std::string_view extra) {
  const auto reg = [&] { return "r" + std::to_string(random.between(1, 5)); };
  std::string text = std::string(label) + ":\n";
  for (unsigned line = 0; line < 60; ++line) {
    const std::string here = std::string(label) + "_" + std::to_string(line);
    text += here + ": ";
    switch (random.between(0, 11)) {
    case 0:
      text += "li " + reg() + ", " + std::to_string(random.between(0, 0xfff));
      break;
    case 1:
      text += "l " + reg() + ", " + std::to_string(4 * random.between(0, 511)) + "(r0)";
      break;
    case 2:
      text += "st " + reg() + ", " + std::to_string(1024 + 4 * random.between(0, 255)) + "(r0)";
      break;
    case 3:
      text += "l " + reg() + ", " + std::to_string(random.between(0, 0x7fff)) + "(" + reg() + ")";
      break;
    case 4:
      text += "svc " + std::to_string(random.between(1, 4));
      break;
    case 5:
      text += "c " + reg() + ", " + reg();
      break;
    case 6:
      text += "bc " + std::to_string(random.between(0, 15)) + ", . + 8";
      break;
    case 7:
      text += random.between(0, 1) != 0 ? "lpsw 0(r0)" : "spt " + reg();
      break;
    case 8:
      text += extra.substr(0, extra.find('@'));
      if (extra.find('@') != extra.npos)
        text += "4*" + std::to_string(line + 1) + "(r0)";
      break;
    case 9:
      text += "ic " + reg() + ", " + std::to_string(random.between(0, 2047)) + "(r0)";
      break;
    default:
      text += "add " + reg() + ", " + reg() + ", " + reg();
      break;
    }
    text += "\n";
  }
  return text + "b " + std::string(label) + "\n";
}

template <class Cpu> [[nodiscard]] tests::old_system make_system(u64 seed, std::string_view extra) {
  random_numbers random(seed);
  tests::old_system all;
  all.push_back({0, isa::assemble_text<Cpu>(0, tests::supervisor_text)});
  all.push_back({0x2000, isa::assemble_text<Cpu>(0, user_program(random, "first", extra))});
  all.push_back({0x3000, isa::assemble_text<Cpu>(0, user_program(random, "second", extra))});
  for (const auto &[at, program] : all)
    BOOST_REQUIRE_MESSAGE(program, program.error);
  return all;
}

template <class Cpu, class Any>
void agree_with(const std::function<std::unique_ptr<Any>()> &make, std::string_view extra) {
  using reference = hardware::bare_machine<Cpu, engine::step>;
  for (u64 n = 0; n < tests::amount(8, 100, 2000); ++n) {
    const u64 seed = tests::seed() * 1000 + n;
    const auto programs = make_system<Cpu>(seed, extra);
    const auto apart = lockstep_exactly(
        {seed, 40'000, 300, 20}, [&] { return std::make_unique<tests::old_pair<reference, Any>>(programs, make()); });
    BOOST_REQUIRE_MESSAGE(!apart, "program " << seed << ": " << (apart ? describe(*apart) : ""));
  }
}
template <class Cpu, class Subject> void agree(std::string_view extra = "xor r1, r1, r2") {
  using any = typename Subject::any;
  agree_with<Cpu, any>([] { return tests::old_bench<any>::template make<Subject>(); }, extra);
}

template <class Cpu> using guests = tests::every_guest<Cpu, paging::relocation>;
template <class Cpu> using techniques = tests::every_technique<Cpu, paging::relocation>;

} // namespace

BOOST_AUTO_TEST_CASE(blocks_like_step) { agree<honest, hardware::bare_machine<honest, engine::blocks>>(); }
BOOST_AUTO_TEST_CASE_TEMPLATE(in_a_vmm, Guest, guests<honest>) { agree<honest, Guest>(); }

// Each further row under every technique that the verdict allows.
BOOST_AUTO_TEST_CASE_TEMPLATE(with_one_more_row, Variant, variants) {
  using cpu_type = typename Variant::cpu;
  tests::mp::mp_for_each<tests::mp::mp_transform<tests::mp::mp_identity, techniques<cpu_type>>>(
      [&]<class Guest>(tests::mp::mp_identity<Guest>) {
        BOOST_TEST_CONTEXT(tests::name_of<Guest>()) { agree<cpu_type, Guest>(Variant::extra()); }
      });
}
BOOST_AUTO_TEST_CASE(the_verdicts_allow_what_they_must) {
  namespace mp = tests::mp;
  BOOST_TEST(mp::mp_size<guests<honest>>::value == 12U);
  BOOST_TEST(mp::mp_size<techniques<with<cpu::rows::popf>::cpu>>::value == 2U);  // hybrid and interpretation
  BOOST_TEST(mp::mp_size<techniques<with<cpu::rows::pushf>::cpu>>::value == 1U); // interpretation alone
}

BOOST_AUTO_TEST_CASE(the_supervisor_does_its_work) {
  tests::old_bench<single_guest<composition<honest, paging::relocation, engine::blocks>>> bench(
      make_system<honest>(tests::seed(), "xor r1, r1, r2"));
  BOOST_REQUIRE(bench.loaded());
  bench.machine().run(100'000);
  const auto &count = bench.machine().guest().count();
  BOOST_TEST(count.add_up());
  BOOST_TEST(count.direct > 30'000U);
  BOOST_TEST(count.guest_traps > 1000U);
  BOOST_TEST(bench.machine().guest().interrupts().count().delivered > 100U);
}
