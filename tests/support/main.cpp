// SPDX-License-Identifier: BSL-1.0
// Decides how a test program starts, and that a failing test case prints the command that repeats it. Knows no test.
#include <iostream>

#include <boost/test/results_collector.hpp>
#include <boost/test/tree/observer.hpp>
#include <boost/test/unit_test.hpp>

#include "support/gate.hpp"

namespace {

namespace ut = boost::unit_test;

struct repeat_command : ut::test_observer {
  const char *program;
  explicit repeat_command(const char *path) : program(path) {}

  void test_unit_finish(const ut::test_unit &unit, unsigned long) override {
    if (unit.p_type != ut::TUT_CASE || ut::results_collector.results(unit.p_id).passed())
      return;
    std::cerr << "repeat: HVKIT_GATE=" << name(hvkit::tests::gate()) << " HVKIT_SEED=" << hvkit::tests::seed() << ' '
              << program << " --run_test=" << unit.full_name() << '\n';
  }
};

} // namespace

int main(int argc, char **argv) {
  repeat_command observer{argv[0]};
  ut::framework::register_observer(observer);
  const int result = ut::unit_test_main([] { return true; }, argc, argv);
  ut::framework::deregister_observer(observer);
  return result;
}
