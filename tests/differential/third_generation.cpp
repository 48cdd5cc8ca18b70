// SPDX-License-Identifier: BSL-1.0
// The machine of the 1974 paper in lock-step: random user programs under a small supervisor, bare and in each VMM.
#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/policy/paging/relocation.hpp>
#include <hvkit/policy/technique/hybrid.hpp>
#include <hvkit/vmm/lockstep.hpp>
#include <hvkit/vmm/single.hpp>

#include "support/gate.hpp"
#include "support/third_generation.hpp"

using namespace hvkit;

namespace {

using honest = cpu::third_generation<cpu::rows::honest>;
using returns = cpu::third_generation<cpu::rows::honest, cpu::rows::jrst1>;

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
      text += extra.empty() ? "xor r1, r1, r2" : std::string(extra) + " " + "4*" + std::to_string(line + 1) + "(r0)";
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

template <class Cpu, class Subject> void agree(std::string_view extra = "") {
  using reference = hardware::bare_machine<Cpu, engine::step>;
  for (u64 n = 0; n < tests::amount(8, 100, 2000); ++n) {
    const u64 seed = tests::seed() * 1000 + n;
    const auto programs = make_system<Cpu>(seed, extra);
    const auto apart = lockstep_exactly(
        {seed, 40'000, 300, 20}, [&] { return std::make_unique<tests::old_pair<reference, Subject>>(programs); });
    BOOST_REQUIRE_MESSAGE(!apart, "program " << seed << ": " << (apart ? describe(*apart) : ""));
  }
}

template <class Cpu, class... Policies> using guest = single_guest<composition<Cpu, paging::relocation, Policies...>>;

} // namespace

BOOST_AUTO_TEST_CASE(blocks_like_step) { agree<honest, hardware::bare_machine<honest, engine::blocks>>(); }
BOOST_AUTO_TEST_CASE(trap_and_emulate_by_step) { agree<honest, guest<honest, engine::step>>(); }
BOOST_AUTO_TEST_CASE(trap_and_emulate_by_blocks) { agree<honest, guest<honest, engine::blocks>>(); }
BOOST_AUTO_TEST_CASE(hybrid_by_blocks) { agree<honest, guest<honest, technique::hybrid, engine::blocks>>(); }
BOOST_AUTO_TEST_CASE(hybrid_with_an_unprivileged_return) {
  agree<returns, guest<returns, technique::hybrid, engine::blocks>>("jrst1");
}

BOOST_AUTO_TEST_CASE(the_supervisor_does_its_work) {
  tests::old_bench<guest<honest, engine::blocks>> bench(make_system<honest>(tests::seed(), ""));
  BOOST_REQUIRE(bench.loaded());
  bench.machine().run(100'000);
  const auto &count = bench.machine().guest().count();
  BOOST_TEST(count.add_up());
  BOOST_TEST(count.direct > 30'000U);
  BOOST_TEST(count.guest_traps > 1000U);
  BOOST_TEST(bench.machine().guest().interrupts().count().delivered > 100U);
}
