// SPDX-License-Identifier: BSL-1.0
// OpenSBI, unmodified, in lock-step: on the bare machine and in each shipped composition.
#include <cstdlib>
#include <functional>
#include <iostream>

#include <boost/test/unit_test.hpp>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/vmm/lockstep.hpp>

#include "support/compositions.hpp"
#include "support/firmware.hpp"
#include "support/gate.hpp"

using namespace hvkit;

namespace {

using reference = hardware::bare_machine<cpu::rv64, engine::step>;

template <class Any> using maker = std::function<std::unique_ptr<Any>(const device::virt_board_options &)>;

template <class Any> void boots_alike(const maker<Any> &make) {
  const auto firmware = tests::bytes_of(tests::opensbi_jump);
  if (firmware.empty()) {
    std::cout << "skipped: the package opensbi is not installed\n";
    std::exit(77);
  }
  const lockstep_options options{tests::seed(), tests::amount(8'000'000, 14'000'000, 60'000'000), 5000, 1000};
  const device::virt_board_options board{.memory_size = u64{40} << 20};
  const auto apart = lockstep_exactly(options, [&] {
    auto pair = std::make_unique<tests::bench_pair<reference, Any>>(make(board), board);
    BOOST_REQUIRE(pair->load(device::virt_map::ram, firmware));
    BOOST_REQUIRE(pair->boot(device::virt_map::ram));
    return pair;
  });
  BOOST_TEST(!apart, (apart ? describe(*apart) : ""));
}

template <class Machine> void agree_on_opensbi() {
  using any = typename Machine::any;
  boots_alike<any>(
      [](const auto &board) { return tests::make_any<Machine>(device::virt_map::ram, board.memory_size); });
}

} // namespace

BOOST_AUTO_TEST_CASE(blocks_like_step_on_the_bare_machine) {
  agree_on_opensbi<hardware::bare_machine<cpu::rv64, engine::blocks>>();
}
BOOST_AUTO_TEST_CASE_TEMPLATE(like_the_bare_machine, Guest, tests::every_guest<cpu::rv64>) {
  agree_on_opensbi<Guest>();
}
