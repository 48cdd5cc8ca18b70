// SPDX-License-Identifier: BSL-1.0
// What is remembered of translations equals a fresh walk, whenever a machine stops: the bare machine's TLB, the shadow
// tables of every root, and the TLB over them. Random programs do what they can to make it stale.
#include <boost/test/unit_test.hpp>

#include "support/compositions.hpp"
#include "support/gate.hpp"
#include "support/torture/audit.hpp"
#include "support/torture/bench.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

/// Stops a program at random places and looks.
template <class Machine, class Look> void stop_and_look(u64 programs, Look look) {
  const u64 first = seed() * 1'000'000 + 500'000;
  for (u64 n = first; n < first + programs; ++n) {
    torture::bench<Machine> b(torture::make_program(n));
    random_numbers random(n);
    while (b.machine().steps() < 3000) {
      if (b.machine().run(random.between(1, 300)).reason != exit_reason::budget)
        break;
      const std::string wrong = look(b.machine());
      BOOST_REQUIRE_MESSAGE(wrong.empty(), "program " << n << ", step " << b.machine().steps() << ": " << wrong);
    }
  }
}

template <class Engine> void remembered_is_fresh() {
  using machine = hardware::bare_machine<torture::cpu_type, Engine>;
  stop_and_look<machine>(amount(300, 10'000, 300'000),
                         [](machine &m) { return torture::audit_translations(m.processor(), m); });
}

using nested_guests = every_direct_guest<paging::nested, torture::cpu_type>;
using shadow_guests = every_direct_guest<paging::shadow, torture::cpu_type>;

} // namespace

BOOST_AUTO_TEST_CASE(bare_by_step) { remembered_is_fresh<engine::step>(); }
BOOST_AUTO_TEST_CASE(bare_by_blocks) { remembered_is_fresh<engine::blocks>(); }
BOOST_AUTO_TEST_CASE_TEMPLATE(nested, Guest, nested_guests) {
  u64 leaves = 0;
  stop_and_look<Guest>(amount(300, 10'000, 300'000), [&](Guest &m) {
    torture::second_stage_audit audit(m.guest());
    const std::string wrong = audit.run();
    leaves += audit.leaves();
    return wrong.empty() ? torture::audit_guest_translations(m.guest()) : wrong;
  });
  BOOST_TEST(leaves > 0U);
}
BOOST_AUTO_TEST_CASE_TEMPLATE(shadow, Guest, shadow_guests) {
  u64 leaves = 0;
  stop_and_look<Guest>(amount(300, 10'000, 300'000), [&](Guest &m) {
    torture::shadow_audit audit(m.guest());
    std::string wrong = audit.run();
    leaves += audit.leaves();
    return wrong.empty() ? torture::audit_translations(m.vmm().hart(), m.vmm().memory()) : wrong;
  });
  BOOST_TEST(leaves > 0U);
}
