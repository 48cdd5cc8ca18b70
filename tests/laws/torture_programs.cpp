// SPDX-License-Identifier: BSL-1.0
// What torture programs do often enough to be worth running: faults, CSRs, stores to page tables, every mode and cause.
#include <boost/test/unit_test.hpp>

#include "support/gate.hpp"
#include "support/torture/census.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

torture::census counted(const torture::program_options &options, u64 programs) {
  torture::census all;
  const u64 first = seed() * 1'000'000;
  for (u64 n = first; n < first + programs; ++n)
    all += torture::count(torture::make_program(n, options), 3000);
  const auto percent = [&](u64 part) { return 100 * part / all.steps; };
  BOOST_TEST_MESSAGE(all.steps << " steps, in percent: faulting " << percent(all.faulting) << ", interrupts "
                               << percent(all.interrupts) << ", CSR " << percent(all.csr) << ", table writes "
                               << percent(all.table_writes) << ", floating point " << percent(all.floating)
                               << ", refused " << percent(all.refused));
  return all;
}
void check_shares(const torture::census &c) {
  BOOST_TEST(c.faulting * 10 >= c.steps);
  BOOST_TEST(c.csr * 20 >= c.steps);
  BOOST_TEST(c.table_writes * 20 >= c.steps);
  BOOST_TEST(c.floating * 100 >= c.steps);
  BOOST_TEST(c.refused * 500 >= c.steps);
  using namespace cpu::riscv;
  for (const u64 mode : {privilege::user, privilege::supervisor, privilege::machine})
    BOOST_TEST(c.by_mode[mode] * 25 >= c.steps);
  for (const unsigned number :
       {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 9U, 11U, 12U, 13U, 15U}) // with C no fetch is misaligned
    BOOST_TEST(c.by_cause[number] > 0u, "cause " << number);
}

} // namespace

BOOST_AUTO_TEST_CASE(programs_for_lock_step) {
  const auto c = counted({}, amount(1000, 10'000, 100'000));
  check_shares(c);
  BOOST_TEST(c.interrupts * 500 >= c.steps);
}
BOOST_AUTO_TEST_CASE(programs_for_other_machines) {
  check_shares(counted({.foreign = true}, amount(1000, 10'000, 100'000)));
}
