// SPDX-License-Identifier: BSL-1.0
// Decides how many torture programs are run in lock-step, how far, and what is said where two machines part.
#pragma once

#include <functional>
#include <memory>

#include <boost/test/unit_test.hpp>

#include "support/gate.hpp"
#include "support/torture/bench.hpp"

namespace hvkit::tests::torture {

/// What runs in lock-step with the reference, whatever it is composed of.
template <class Any> using any_pair = bench_pair<reference_machine, Any>;

/// Runs programs `first`, `first` + 1, ... on the reference and on machines that `make` gives, for the same random
/// budgets; `after(pair)` looks at each pair that agreed. What the programs may do is up to `kind`.
template <class Any> void run_all_in_lockstep(u64 programs, u64 steps, const machine_maker<Any> &make,
                                              const std::function<void(any_pair<Any> &)> &after,
                                              const program_options &kind = {}) {
  const u64 first = seed() * 1'000'000;
  for (u64 n = first; n < first + programs; ++n) {
    const program p = make_program(n, kind);
    random_numbers random(n);
    const lockstep_options options{n, steps, random.between(1, 4) == 1 ? 8U : 400U, 4};
    const auto make_pair = [&] { return std::make_unique<any_pair<Any>>(p, make()); };
    const auto pair = make_pair();
    if (!lockstep(pair->reference, pair->subject, options, [&] { return pair->outside(); })) {
      after(*pair);
      continue;
    }
    const auto apart = lockstep_exactly(options, make_pair);
    BOOST_REQUIRE_MESSAGE(apart, "program " << n << " parted once, and not again");
    BOOST_ERROR("program " << n << ": " << describe(*apart));
    return;
  }
}
/// The same for a kind of machine. `more` goes to its constructor.
template <class Subject, class... More>
void run_in_lockstep(u64 programs, u64 steps, const std::function<void(any_pair<typename Subject::any> &)> &after,
                     More... more) {
  run_all_in_lockstep<typename Subject::any>(
      programs, steps, [=] { return make_machine<Subject>(more...); }, after);
}

} // namespace hvkit::tests::torture
