// SPDX-License-Identifier: BSL-1.0
// Random programs on the bare machine: decoded blocks against one instruction at a time.
#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/engine/blocks.hpp>

#include "support/gate.hpp"
#include "support/torture/lockstep.hpp"

using namespace hvkit;
using namespace hvkit::tests;

BOOST_AUTO_TEST_CASE(blocks_like_step_on_the_bare_machine) {
  torture::run_in_lockstep<hardware::bare_machine<torture::cpu_type, engine::blocks>>(amount(2000, 60'000, 3'000'000),
                                                                                      3000, [](auto &) {});
}
