// SPDX-License-Identifier: BSL-1.0
// Decides how torture programs are run in lock-step, for the machines of cpu::rv64. Compiled once for all tests.
#include "support/torture/lockstep.hpp"

#include <memory>

#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/engine/blocks.hpp>

#include "support/gate.hpp"

namespace hvkit::tests::torture {

template <class Any> void run_all_in_lockstep(u64 programs, u64 steps, const machine_maker<Any> &make,
                                              const std::function<void(any_pair<Any> &)> &after,
                                              const program_options &kind) {
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

template void run_all_in_lockstep(u64, u64, const machine_maker<guest_on<engine::step>> &,
                                  const std::function<void(any_pair<guest_on<engine::step>> &)> &,
                                  const program_options &);
template void run_all_in_lockstep(u64, u64, const machine_maker<guest_on<engine::blocks>> &,
                                  const std::function<void(any_pair<guest_on<engine::blocks>> &)> &,
                                  const program_options &);
template void run_all_in_lockstep(u64, u64, const machine_maker<assisted_guest_on<engine::step>> &,
                                  const std::function<void(any_pair<assisted_guest_on<engine::step>> &)> &,
                                  const program_options &);
template void run_all_in_lockstep(u64, u64, const machine_maker<assisted_guest_on<engine::blocks>> &,
                                  const std::function<void(any_pair<assisted_guest_on<engine::blocks>> &)> &,
                                  const program_options &);
template void run_all_in_lockstep(u64, u64, const machine_maker<blocks_machine> &,
                                  const std::function<void(any_pair<blocks_machine> &)> &, const program_options &);

} // namespace hvkit::tests::torture
