// SPDX-License-Identifier: BSL-1.0
// Guests that attack, each in every composition: the host comes back when the budget says so, nothing outside the guest
// changes, nothing is allocated, and the guest sees what it would see on the bare machine. Three at least for each
// class of VMM bugs.
#include <cstdlib>
#include <iostream>
#include <new>

#include <boost/test/unit_test.hpp>

#include <hvkit/report/table.hpp>

#include "support/gate.hpp"
#include "support/hostile/every_program.hpp"
#include "support/hostile/parsed_files.hpp"
#include "support/hostile/trial.hpp"
#include "support/seeded/exits.hpp"
#include "support/seeded/interrupts.hpp"
#include "support/seeded/paging.hpp"

using namespace hvkit;
using namespace hvkit::tests;

u64 hvkit::tests::hostile::allocations = 0;

[[gnu::noinline]] void *operator new(std::size_t size) {
  ++hostile::allocations;
  if (void *p = std::malloc(size != 0 ? size : 1))
    return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void *p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void *p, std::size_t) noexcept { std::free(p); }

namespace {

using hostile::program;

/// As a user might write them: policies of one's own for most slots, code run from copies of its pages. They are those
/// that bugs are seeded into, without a bug.
using own_policies = single_guest<composition<hostile::cpu_type, seeded::flawed_technique, seeded::flawed_dispatch,
                                              seeded::flawed_paging, seeded::flawed_interrupt, engine::blocks>>;

/// All compositions; late interrupts, tables out of step and a user's own policies included.
hostile::arena_makers all_arenas() {
  hostile::arena_makers all;
  all.add_all<every_guest<hostile::cpu_type>>();
  all.add<single_guest<composition<hostile::cpu_type, interrupt::coalesced<4>, engine::blocks>>>();
  all.add<single_guest<composition<hostile::cpu_type, interrupt::coalesced<4>, technique::hybrid>>>();
  all.add<single_guest<composition<hostile::cpu_type, paging::shadow_lazy, engine::blocks>>>();
  all.add<own_policies>(u64{8} << 20); // and for its copies
  return all;
}

template <class Hart> void withstand(const std::vector<hostile::arena_maker<Hart>> &makers,
                                     const hostile::guest_image &g, u64 steps, const hostile::outcome &bare) {
  for (const auto &make : makers) {
    const auto in = make(g.memory);
    BOOST_TEST_CONTEXT(in->name) { hostile::trial<Hart>(*in, g).run(steps, in->exact ? &bare : nullptr); }
  }
}
/// In every arena. Returns what it comes to on the bare machine.
hostile::outcome withstand_everywhere(const hostile::arena_makers &arenas, const hostile::guest_image &g, u64 steps) {
  const hostile::outcome bare = hostile::bare_outcome(g, steps);
  withstand(arenas.step, g, steps, bare);
  withstand(arenas.blocks, g, steps, bare);
  withstand(arenas.assisted_step, g, steps, bare);
  withstand(arenas.assisted_blocks, g, steps, bare);
  return bare;
}

constexpr unsigned rounds = 27, failures = 26; // s11, s10

} // namespace

BOOST_AUTO_TEST_CASE(every_attack) {
  const hostile::arena_makers arenas = all_arenas();
  const seeded::plant copies(seeded::manner::copying);
  for (const program &p : hostile::every_program())
    BOOST_TEST_CONTEXT(name(p.of) << ": " << p.name) {
      const auto bare = withstand_everywhere(arenas, hostile::image_of_guest(p), amount(10'000, 1'000'000, 10'000'000));
      BOOST_TEST(bare.user.x[rounds] >= p.rounds); // it does what it is here for
      BOOST_TEST((p.failures == 0 || bare.user.x[failures] >= p.failures));
    }
}

BOOST_AUTO_TEST_CASE(every_file) {
  const hostile::arena_makers arenas = all_arenas();
  for (const hostile::parsed_file &file : hostile::parsed_files())
    BOOST_TEST_CONTEXT(file.name) {
      const auto program = hostile::loaded(file);
      BOOST_TEST(!program == file.refused);
      if (program)
        static_cast<void>(withstand_everywhere(arenas, {*program}, 1000));
    }
}

BOOST_AUTO_TEST_CASE(each_class_has_three) {
  std::array<u64, bug_classes> count{};
  for (const program &p : hostile::every_program())
    ++count[static_cast<std::size_t>(p.of)];
  count[static_cast<std::size_t>(bug_class::parsed_bytes)] = hostile::parsed_files().size();
  report::table shown;
  u64 all = 0;
  for (std::size_t c = 1; c < bug_classes; all += count[c++]) {
    shown.row({std::to_string(c), std::string(name(static_cast<bug_class>(c))), std::to_string(count[c])});
    BOOST_TEST(count[c] >= 3U, name(static_cast<bug_class>(c)) << " has " << count[c]);
  }
  std::cout << shown.text() << all << " programs\n";
  BOOST_TEST(all >= 72U);
}
