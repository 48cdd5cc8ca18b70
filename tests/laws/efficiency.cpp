// SPDX-License-Identifier: BSL-1.0
// Popek and Goldberg's efficiency: what made the hardware stop is counted once more on the bare machine, instruction by
// instruction, from the derived classes alone, and both counts are equal.
#include <boost/test/unit_test.hpp>

#include <iostream>

#include "support/compositions.hpp"
#include "support/firmware.hpp"
#include "support/gate.hpp"
#include "support/torture/bench.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

/// What a run without VMM was made of.
struct account {
  u64 sensitive = 0, privileged = 0; ///< retired system instructions, by class
  u64 retired = 0, traps = 0;
};

/// Runs a bare machine step by step and classifies each instruction that retires.
template <class Machine> [[nodiscard]] account audit(Machine &m, u64 steps) {
  using cpu_type = typename Machine::cpu;
  account a;
  while (m.steps() < steps) {
    const auto word = m.processor().interrupt_due() ? maybe<u32>() : m.processor().fetch_word();
    const u64 before = m.user().retired;
    if (m.run(1).reason != exit_reason::budget)
      break;
    if (!word || m.user().retired == before)
      continue;
    const auto d = isa::decode<cpu_type>(*word);
    const std::size_t unit = theory::unit_of<cpu_type>(d.row, d.operands);
    if (unit == theory::no_unit)
      continue;
    const theory::classified &c = theory::classes<cpu_type>[unit];
    const bool sensitive = c.sensitive(theory::verdict_resources<cpu_type>);
    a.sensitive += sensitive ? 1 : 0;
    a.privileged += !sensitive && c.privileged() ? 1 : 0;
  }
  a.retired = m.user().retired;
  a.traps = m.system().get(cpu_type::traps_word);
  return a;
}

/// What holds of every VMM: each step is one of these.
template <class Guest> void steps_add_up(Guest &m) {
  const auto &count = m.guest().count();
  const u64 delivered = m.guest().interrupt_count().delivered;
  BOOST_TEST(count.add_up());
  BOOST_TEST(count.direct + count.emulated + count.interpreted + count.guest_traps + count.inside + delivered ==
             m.steps());
}

/// How the guest's privileged code runs.
enum class privileged_code : u8 { interpreted, deprivileged, assisted };
template <class Technique> constexpr privileged_code how_of =
    !Technique::runs_privileged_code ? privileged_code::interpreted
    : rule::is_assisted<Technique>   ? privileged_code::assisted
                                     : privileged_code::deprivileged;

template <class Guest> void counts_agree(const account &bare, Guest &m, privileged_code how, bool exactly) {
  steps_add_up(m);
  const auto &count = m.guest().count();
  BOOST_TEST(m.user().retired == bare.retired);
  if (how == privileged_code::interpreted)
    return;
  BOOST_TEST(count.direct + count.emulated == bare.retired);
  BOOST_TEST(count.guest_traps + count.inside + m.guest().interrupt_count().delivered == bare.traps);
  if (how == privileged_code::assisted) { // the hardware runs some of them itself
    BOOST_TEST(count.sensitive + count.privileged <= bare.sensitive + bare.privileged);
    return;
  }
  // One that had to be fetched for the guest, too, was counted as an access to memory.
  const u64 missing = bare.sensitive + bare.privileged - count.sensitive - count.privileged;
  BOOST_TEST(missing <= (exactly ? 0 : count.memory_accesses));
  if (exactly)
    BOOST_TEST(count.sensitive == bare.sensitive);
}

} // namespace

namespace {

template <class Any>
void counts_of_programs_agree(const torture::machine_maker<Any> &make, privileged_code how, const std::string &name) {
  const u64 first = seed() * 1'000'000 + 700'000;
  for (u64 n = first; n < first + amount(100, 3000, 100'000); ++n) {
    const auto p = torture::make_program(n);
    torture::bench<torture::reference_machine> bare(p);
    torture::bench<Any> hosted(p, make());
    const account a = audit(bare.machine(), 3000);
    static_cast<void>(hosted.machine().run(3000));
    BOOST_TEST_CONTEXT("program " << n << ", " << name) { counts_agree(a, hosted.machine(), how, false); }
  }
}

} // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(of_torture_programs, Guest, every_guest<torture::cpu_type>) {
  counts_of_programs_agree<typename Guest::any>(torture::maker_of<Guest>(),
                                                how_of<typename Guest::composition::technique>, name_of<Guest>());
}

BOOST_AUTO_TEST_CASE(of_opensbi) {
  const auto firmware = bytes_of(opensbi_jump);
  if (firmware.empty()) {
    std::cout << "skipped: the package opensbi is not installed\n";
    return;
  }
  const u64 steps = amount(8'000'000, 14'000'000, 14'000'000);
  const device::virt_board_options options{.memory_size = 40_MiB};
  const auto started = [&](auto &b) -> auto & {
    BOOST_REQUIRE((b.around.load(device::virt_map::ram, firmware) && b.around.boot(device::virt_map::ram)));
    return b.machine();
  };
  bench<hardware::bare_machine<cpu::rv64, engine::step>> bare(options);
  const account a = audit(started(bare), steps);
  BOOST_TEST(a.sensitive > 1000U);
  BOOST_TEST(a.privileged > 10U);
  using subject = single_guest<composition<cpu::rv64, engine::blocks>>;
  bench<subject::any> hosted(make_any<subject>(device::virt_map::ram, options.memory_size), options);
  static_cast<void>(started(hosted).run(steps));
  counts_agree(a, hosted.machine(), privileged_code::deprivileged, true);
}
