// SPDX-License-Identifier: BSL-1.0
// Random programs in a VMM, by each technique and engine, against the bare machine. The exits must be accounted for.
#include <boost/test/unit_test.hpp>

#include "support/compositions.hpp"
#include "support/gate.hpp"
#include "support/torture/lockstep.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

template <class Guest> void run(u64 programs, const torture::program_options &kind) {
  torture::run_all_in_lockstep<typename Guest::any>(
      programs, 3000, torture::maker_of<Guest>(),
      [](auto &pair) {
        const auto &count = pair.subject.guest().count();
        BOOST_REQUIRE(count.add_up());
        BOOST_REQUIRE(count.needless == 0);
      },
      kind);
}

} // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(like_the_bare_machine, Guest, every_guest<torture::cpu_type>) {
  run<Guest>(amount(400, 10'000, 200'000), {});
}
/// Programs for other machines fence.
BOOST_AUTO_TEST_CASE_TEMPLATE(out_of_step_until_a_fence, Guest, every_lazy_guest<torture::cpu_type>) {
  run<Guest>(amount(200, 5'000, 100'000), {.foreign = true});
}
