// SPDX-License-Identifier: BSL-1.0
// Decides how a small program is run on the bare machine by each engine and in each composition, and what it must give.
#pragma once

#include <boost/test/unit_test.hpp>

#include "support/compositions.hpp"
#include "support/torture/bench.hpp"

namespace hvkit::tests {

using torture::cpu_type;

/// Runs `text` to its label `end`, where it stays, and gives a0.
template <class Any> u64 result_on(const torture::machine_maker<Any> &make, const isa::program &code) {
  torture::program p;
  p.image.assign(code.bytes().begin(), code.bytes().end());
  p.entry = torture::ram;
  torture::bench<Any> b(p, make());
  static_cast<void>(b.machine().run(200)); // at once: step by step no block would be made
  BOOST_REQUIRE(b.machine().user().pc == *code.find("end"));
  return b.machine().user().x[10];
}
/// Runs `text` everywhere; a0 must be that.
inline void expect(const char *text, u64 a0) {
  const auto code = torture::assembled(torture::ram, text);
  BOOST_TEST(result_on(torture::maker_of<torture::reference_machine>(), code) == a0);
  using blocks_machine = hardware::bare_machine<cpu_type, engine::blocks>;
  BOOST_TEST(result_on(torture::maker_of<blocks_machine>(), code) == a0);
  mp::mp_for_each<mp::mp_transform<mp::mp_identity, every_guest<cpu_type>>>([&]<class Guest>(mp::mp_identity<Guest>) {
    BOOST_TEST(result_on(torture::maker_of<Guest>(), code) == a0, name_of<Guest>());
  });
}

} // namespace hvkit::tests
