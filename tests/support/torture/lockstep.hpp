// SPDX-License-Identifier: BSL-1.0
// Decides how many torture programs are run in lock-step, how far, and what is said where two machines part.
#pragma once

#include <boost/test/unit_test.hpp>

#include "support/gate.hpp"
#include "support/torture/bench.hpp"

namespace hvkit::tests::torture {

/// Runs programs `first`, `first` + 1, ... on both machines for the same random budgets; `after(pair)` looks at each
/// pair that agreed. `more` goes to the subject's constructor.
template <class Subject, class After, class... More>
void run_in_lockstep(u64 programs, u64 steps, After after, More... more) {
  const u64 first = seed() * 1'000'000;
  for (u64 n = first; n < first + programs; ++n) {
    const program p = make_program(n);
    random_numbers random(n);
    const lockstep_options options{n, steps, random.between(1, 4) == 1 ? 8U : 400U, 4};
    std::unique_ptr<bench_pair<reference_machine, Subject>> pair;
    const auto make = [&] { return std::make_unique<bench_pair<reference_machine, Subject>>(p, more...); };
    pair = make();
    const auto outside = [&] { return pair->outside(); };
    if (!lockstep(pair->reference, pair->subject, options, outside)) {
      after(*pair);
      continue;
    }
    const auto apart = lockstep_exactly(options, make);
    BOOST_REQUIRE_MESSAGE(apart, "program " << n << " parted once, and not again");
    BOOST_ERROR("program " << n << ": " << describe(*apart));
    return;
  }
}

} // namespace hvkit::tests::torture
