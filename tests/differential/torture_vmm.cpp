// SPDX-License-Identifier: BSL-1.0
// Random programs in a VMM, by each technique and engine, against the bare machine. The exits must be accounted for.
#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/policy/technique/hybrid.hpp>
#include <hvkit/vmm/single.hpp>

#include "support/torture/lockstep.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

template <class... Policies> void agree(u64 programs) {
  using machine = single_guest<composition<torture::cpu_type, Policies...>>;
  torture::run_in_lockstep<machine>(programs, 3000, [](auto &pair) {
    const auto &count = pair.subject.guest().count();
    BOOST_REQUIRE(count.add_up());
    BOOST_REQUIRE(count.needless == 0);
  });
}

} // namespace

BOOST_AUTO_TEST_CASE(trap_and_emulate_by_step) { agree<engine::step>(amount(2000, 60'000, 3'000'000)); }
BOOST_AUTO_TEST_CASE(trap_and_emulate_by_blocks) { agree<engine::blocks>(amount(2000, 60'000, 3'000'000)); }
BOOST_AUTO_TEST_CASE(hybrid_by_blocks) { agree<technique::hybrid, engine::blocks>(amount(2000, 60'000, 3'000'000)); }
