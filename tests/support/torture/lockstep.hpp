// SPDX-License-Identifier: BSL-1.0
// Decides how many torture programs are run in lock-step, how far, and what is said where two machines part.
#pragma once

#include <functional>

#include "support/torture/bench.hpp"

namespace hvkit::tests::torture {

/// Those it is compiled for: a guest of whatever composition by an engine, on hardware with or without the assist, and
/// the bare machine by decoded blocks.
template <class Engine> using guest_on = guest_machine<cpu_type, hardware::hart<cpu_type, Engine::template over>>;
template <class Engine> using assisted_guest_on =
    guest_machine<cpu_type, hardware::hart<cpu_type::assisted, Engine::template over>>;
using blocks_machine = hardware::bare_machine<cpu_type, engine::blocks>;

/// What runs in lock-step with the reference, whatever it is composed of.
template <class Any> using any_pair = bench_pair<reference_machine, Any>;

/// Runs programs `first`, `first` + 1, ... on the reference and on machines that `make` gives, for the same random
/// budgets; `after(pair)` looks at each pair that agreed. What the programs may do is up to `kind`. Compiled once for
/// the machines above.
template <class Any> void run_all_in_lockstep(u64 programs, u64 steps, const machine_maker<Any> &make,
                                              const std::function<void(any_pair<Any> &)> &after,
                                              const program_options &kind = {});

/// The same for a kind of machine. `more` goes to its constructor.
template <class Subject, class... More>
void run_in_lockstep(u64 programs, u64 steps, const std::function<void(any_pair<typename Subject::any> &)> &after,
                     More... more) {
  run_all_in_lockstep<typename Subject::any>(
      programs, steps, [=] { return make_machine<Subject>(more...); }, after);
}

} // namespace hvkit::tests::torture
