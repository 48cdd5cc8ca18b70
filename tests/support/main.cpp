// SPDX-License-Identifier: BSL-1.0
// Decides how a test program starts, and that a failing test case prints the command that repeats it. Knows no test.
#define BOOST_TEST_MODULE hvkit
#include <boost/test/results_collector.hpp>
#include <boost/test/tree/observer.hpp>
#include <boost/test/unit_test.hpp>

#include <iostream>

#include "support/gate.hpp"

namespace {

namespace ut = boost::unit_test;

struct repeat_command : ut::test_observer {
  repeat_command() { ut::framework::register_observer(*this); }
  ~repeat_command() override { ut::framework::deregister_observer(*this); }
  repeat_command(const repeat_command &) = delete;
  repeat_command &operator=(const repeat_command &) = delete;

  void test_unit_finish(const ut::test_unit &unit, unsigned long) override {
    if (unit.p_type != ut::TUT_CASE || ut::results_collector.results(unit.p_id).passed())
      return;
    std::cerr << "repeat: HVKIT_GATE=" << name(hvkit::tests::gate()) << " HVKIT_SEED=" << hvkit::tests::seed() << ' '
              << ut::framework::master_test_suite().argv[0] << " --run_test=" << unit.full_name() << '\n';
  }
};

} // namespace

BOOST_TEST_GLOBAL_FIXTURE(repeat_command);
