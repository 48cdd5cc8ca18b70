// SPDX-License-Identifier: BSL-1.0
// Tests that the classes of IA-32 found while compiling are those found at run time, and that theorem 1's message is
// about POPF.
#include <boost/test/unit_test.hpp>

#include <hvkit/cpu/ia32.hpp>
#include <hvkit/violation/virtualizability.hpp>

using namespace hvkit;
using cpu_type = cpu::ia32;

BOOST_AUTO_TEST_CASE(compile_time_and_run_time_agree) {
  const auto units = theory::examination<cpu_type>::units();
  BOOST_REQUIRE(units.size() == theory::classes<cpu_type>.size());
  u64 pairs = 0;
  for (std::size_t n = 0; n < units.size(); ++n) {
    theory::examiner<cpu_type> examiner(units[n]);
    BOOST_TEST((examiner.examine() == theory::classes<cpu_type>[n].found), isa::facts<cpu_type>[units[n].row].name);
    pairs += examiner.pairs();
  }
  BOOST_TEST(pairs > 30 * units.size());
}

BOOST_AUTO_TEST_CASE(each_specimen_is_an_instruction_of_its_unit) {
  using examination = theory::examination<cpu_type>;
  for (const theory::unit &u : examination::units())
    for (u16 n = 0; n < u.specimens; ++n) {
      const auto o = examination::specimen(u, n);
      BOOST_TEST(o.size != 0, isa::facts<cpu_type>[u.row].name << " " << u.group);
      BOOST_TEST(examination::unit_key(u.row, o) == u.key, isa::facts<cpu_type>[u.row].name << " " << u.group);
    }
}

BOOST_AUTO_TEST_CASE(theorem_1_fails_by_popf_first) {
  using sentence = decltype(violation::sentence_on_theorem<1, cpu_type, theory::derivation>());
  BOOST_TEST(sentence::text.find("ia32 'popf'") != std::string_view::npos);
  constexpr auto worst = violation::worst_offender<3, cpu_type, theory::derivation>();
  BOOST_TEST(worst.in_user_mode);
  BOOST_TEST(isa::facts<cpu_type>[theory::units<cpu_type>[worst.unit].row].name == "pushf");
}
