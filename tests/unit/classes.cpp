// SPDX-License-Identifier: BSL-1.0
// Tests that the classes found while compiling are those found at run time, by directed pairs and by random ones, and
// that every one of the 4096 CSR numbers behaves as its group does.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/theory/explain.hpp>

#include "support/gate.hpp"

using namespace hvkit;

namespace {
namespace rows = cpu::rows;
using honest_and_otherwise = cpu::third_generation<rows::honest, rows::popf, rows::pushf, rows::spl, rows::jrst1,
                                                   rows::lra, rows::mfpi, rows::stck>;
using with_iopl = cpu::basic_third_generation<cpu::third_generation_knobs{.io_privilege_level = true}, rows::honest,
                                              rows::popf, rows::pushf>;

/// xorshift64*: small, and the same everywhere.
class random_numbers {
public:
  explicit random_numbers(u64 seed) : state_(seed * 0x9e3779b97f4a7c15U | 1) {}
  u64 next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1dU;
  }
  u64 below(u64 n) { return next() % n; }
  /// Half of them where bits and signs change.
  u64 weighted() {
    constexpr u64 edges[] = {0,    1,    2,      3,      4,          8,          16,        0x7f,
                             0x80, 0xff, 0x7fff, 0x8000, 0x7fffffff, 0x80000000, 0xffffffff};
    const u64 value = below(2) == 0 ? next() : edges[below(std::size(edges))];
    return below(4) == 0 ? ~value : value;
  }

private:
  u64 state_;
};

/// The facts two findings must share: witnesses may differ.
bool same_class(const theory::classified &a, const theory::classified &b) {
  return a.privileged() == b.privileged() && a.always_traps() == b.always_traps() &&
         a.control_sensitive() == b.control_sensitive() && a.mode_sensitive() == b.mode_sensitive() &&
         a.location_sensitive() == b.location_sensitive() && a.resource_sensitive() == b.resource_sensitive() &&
         a.user_sensitive() == b.user_sensitive();
}

/// Some state the architecture can be in: what the VMM holds fixed stays, and so does the place of the program.
template <class Cpu> theory::state<Cpu> random_state(random_numbers &random) {
  using examination = theory::examination<Cpu>;
  auto s = examination::base(static_cast<u8>(random.below(examination::bases)));
  for (u16 n = 0; n < theory::ticks_field<Cpu>; ++n) {
    if (random.below(3) != 0 || (n < theory::system_fields<Cpu> && examination::apart(n)) ||
        examination::fixed(n, examination::modes.back()))
      continue;
    const auto changed = theory::with_field<Cpu>(s, n, random.weighted());
    if (examination::plausible(changed) && (!examination::moved(s) || examination::moved(changed)))
      s = changed;
  }
  return s;
}
template <std::size_t N, class Word> void randomize(std::array<Word, N> &registers, random_numbers &random) {
  for (Word &r : registers)
    if (random.below(2) == 0)
      r = static_cast<Word>(random.weighted());
}
void randomize(cpu::rv64::user_state &user, random_numbers &random) {
  randomize(user.x, random);
  user.x[0] = 0;
}
void randomize(honest_and_otherwise::user_state &user, random_numbers &random) {
  randomize(user.r, random);
  for (u32 &r : user.r) // addresses within the program, half the time
    if (random.below(2) == 0)
      r &= 0x3f;
}

/// Operands of a unit: random bits where the row has operands.
template <class Cpu> typename Cpu::operands random_operands(const theory::unit &u, random_numbers &random) {
  const auto &facts = isa::facts<Cpu>[u.row];
  for (;;) {
    auto o = facts.decode(facts.code.match | (static_cast<u32>(random.weighted()) & facts.operand_bits));
    if (random.below(2) == 0) // the CSR of a specimen, else random numbers would hardly hit one
      o.imm = theory::examination<Cpu>::specimen(u, static_cast<u16>(random.below(u.specimens))).imm;
    if (theory::examination<Cpu>::unit_key(u.row, o) == u.key)
      return o;
  }
}

/// Directed pairs around `count` random starting points.
template <class Cpu> theory::findings examine_randomly(const theory::unit &u, u64 pairs, random_numbers &random) {
  theory::examiner<Cpu> examiner(u);
  for (u64 before = ~u64{0}; examiner.pairs() < pairs && examiner.pairs() != before;) {
    before = examiner.pairs();
    auto s = random_state<Cpu>(random);
    randomize(s.user, random);
    examiner.from(s, random_operands<Cpu>(u, random));
  }
  return examiner.found();
}

template <class Cpu> void compare_with_run_time() {
  for (const theory::classified &c : theory::classes<Cpu>) {
    volatile u8 once = 1; // so that this is not evaluated while compiling, too
    theory::unit u = c.what;
    u.specimens = static_cast<u16>(u.specimens * once);
    BOOST_TEST((theory::examiner<Cpu>(u).examine() == c.found), theory::unit_name<Cpu>(u) << " was miscomputed");
  }
}

template <class Cpu> void perturb_everything(theory::examiner<Cpu> &examiner, const theory::unit &u, u8 b, u8 m,
                                             const typename Cpu::operands &o) {
  using examination = theory::examination<Cpu>;
  const auto start = examination::twin(examination::base(b), examination::modes[m]);
  theory::recorder<Cpu> run(start);
  const bool completed = run.run(u.row, o) == theory::outcome::completed;
  for (u16 n = 0; n <= theory::ticks_field<Cpu>; ++n) {
    if ((n < theory::system_fields<Cpu> && examination::apart(n)) || examination::fixed(n, examination::modes[m]))
      continue;
    const u64 mask = theory::field_at<Cpu>(n).mask;
    for (const u64 flipped : {u64{1}, extract(mask, mask)})
      examiner.perturbed(m, {start, run}, completed, n, theory::get_field<Cpu>(start, n) ^ flipped, o);
  }
}

/// Every field perturbed, in every mode, from every base, whether the recorder saw it read or not.
template <class Cpu> void compare_with_all_perturbations() {
  using examination = theory::examination<Cpu>;
  u64 fewest = ~u64{0};
  for (const theory::classified &c : theory::classes<Cpu>) {
    if (c.what.by_type())
      continue;
    theory::examiner<Cpu> examiner(c.what);
    for (u16 n = 0; n < c.what.specimens; ++n)
      for (u8 b = 0; b < examination::bases; ++b) {
        const auto o = examination::specimen(c.what, n);
        examiner.from(examination::base(b), o);
        for (u8 m = 0; m < examiner.modes; ++m)
          perturb_everything(examiner, c.what, b, m, o);
      }
    fewest = std::min(fewest, examiner.pairs());
    BOOST_TEST(same_class(c, theory::classify<Cpu>(c.what, examiner.found())),
               theory::unit_name<Cpu>(c.what) << " depends on a field that it was not seen to read");
  }
  BOOST_TEST_MESSAGE(Cpu::name << ": at least " << fewest << " directed pairs for each unit");
  BOOST_TEST(fewest >= 128U);
}

template <class Cpu> void compare_with_random_pairs() {
  const u64 pairs = tests::amount(100'000, 100'000, 1'000'000);
  BOOST_TEST_MESSAGE(Cpu::name << ": " << pairs << " random pairs for each unit, seed " << tests::seed());
  random_numbers random(tests::seed());
  for (const theory::classified &c : theory::classes<Cpu>) {
    if (c.what.by_type())
      continue;
    const auto found = examine_randomly<Cpu>(c.what, pairs, random);
    const auto at_random = theory::classify<Cpu>(c.what, found);
    BOOST_TEST(same_class(c, at_random), theory::unit_name<Cpu>(c.what)
                                             << " is " << theory::describe(c) << " by directed pairs, and "
                                             << theory::describe(at_random) << " by random ones");
  }
}
} // namespace

BOOST_AUTO_TEST_CASE(compile_time_and_run_time_agree) {
  compare_with_run_time<cpu::rv64>();
  compare_with_run_time<honest_and_otherwise>();
  compare_with_run_time<with_iopl>();
}

BOOST_AUTO_TEST_CASE(what_was_not_read_does_not_matter) {
  compare_with_all_perturbations<cpu::rv64>();
  compare_with_all_perturbations<honest_and_otherwise>();
  compare_with_all_perturbations<with_iopl>();
}

BOOST_AUTO_TEST_CASE(random_pairs_confirm_rv64) { compare_with_random_pairs<cpu::rv64>(); }
BOOST_AUTO_TEST_CASE(random_pairs_confirm_third_generation) { compare_with_random_pairs<honest_and_otherwise>(); }
BOOST_AUTO_TEST_CASE(random_pairs_confirm_third_generation_with_iopl) { compare_with_random_pairs<with_iopl>(); }

BOOST_AUTO_TEST_CASE(every_csr_number_has_the_class_of_its_group) {
  using cpu = cpu::rv64;
  using examination = theory::examination<cpu>;
  unsigned present = 0;
  for (isa::row_id row = 0; row < isa::row_count<cpu>; ++row) {
    if (!isa::facts<cpu>[row].name.starts_with("csrr"))
      continue;
    for (i32 number = 0; number < 4096; ++number)
      for (const bool writes : {false, true}) {
        cpu::operands o{7, static_cast<u8>(writes ? 31 : 0), 0, 1, number};
        const std::size_t n = theory::unit_of<cpu>(row, o);
        BOOST_REQUIRE(n != theory::no_unit);
        theory::examiner<cpu> examiner(theory::units<cpu>[n]);
        for (const u8 source : std::array<u8, 4>{2, 10, 21, 31}) { // registers, or immediates, with other bits set
          o.rs1 = writes ? source : u8{0};
          for (u8 b = 0; b < examination::bases; ++b)
            examiner.from(examination::base(b), o);
        }
        const auto found = theory::classify<cpu>(theory::units<cpu>[n], examiner.found());
        BOOST_REQUIRE_MESSAGE(same_class(found, theory::classes<cpu>[n]),
                              theory::unit_name<cpu>(theory::units<cpu>[n])
                                  << ", register " << number << ": " << theory::describe(found) << " and not "
                                  << theory::describe(theory::classes<cpu>[n]));
        present += writes && !found.always_traps() ? 1 : 0;
      }
  }
  BOOST_TEST(present > 6 * 45);
}
