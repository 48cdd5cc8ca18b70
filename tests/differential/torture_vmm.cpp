// SPDX-License-Identifier: BSL-1.0
// Random programs in a VMM, by each technique and engine, against the bare machine. The exits must be accounted for.
#include <boost/test/unit_test.hpp>

#include "support/compositions.hpp"
#include "support/torture/lockstep.hpp"

using namespace hvkit;
using namespace hvkit::tests;

BOOST_AUTO_TEST_CASE_TEMPLATE(like_the_bare_machine, Guest, every_guest<torture::cpu_type>) {
  torture::run_in_lockstep<Guest>(amount(1000, 60'000, 3'000'000), 3000, [](auto &pair) {
    const auto &count = pair.subject.guest().count();
    BOOST_REQUIRE(count.add_up());
    BOOST_REQUIRE(count.needless == 0);
  });
}
