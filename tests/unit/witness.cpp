// SPDX-License-Identifier: BSL-1.0
// Tests that every witness, run again, shows what it showed, and that verdicts are told in one sentence.
#include <boost/test/unit_test.hpp>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/theory/explain.hpp>

using namespace hvkit;

namespace {
namespace rows = cpu::rows;
using honest = cpu::third_generation<rows::honest>;
using everything = cpu::third_generation<rows::honest, rows::popf, rows::pushf, rows::spl, rows::jrst1, rows::lra,
                                         rows::mfpi, rows::stck>;
using user_wfi = cpu::basic_rv64<cpu::rv64_knobs{.user_wfi_completes = true}>;

constexpr theory::kind kinds[] = {theory::kind::control,      theory::kind::user_control,  theory::kind::mode,
                                  theory::kind::location,     theory::kind::user_location, theory::kind::resource,
                                  theory::kind::user_resource};

template <class Cpu> unsigned replay_all() {
  unsigned witnesses = 0;
  for (const theory::classified &c : theory::classes<Cpu>)
    for (const theory::kind k : kinds) {
      const theory::witness &w = c.seen(k);
      if (!w)
        continue;
      ++witnesses;
      const auto shown = theory::replay<Cpu>(c.what, k, w);
      BOOST_TEST((shown.shown == w.shown), theory::unit_name<Cpu>(c.what) << ": its witness shows something else");
      const bool alone = k == theory::kind::control || k == theory::kind::user_control;
      if (w.shown.where != theory::place::waiting && w.shown.where != theory::place::fence)
        BOOST_TEST((alone ? !(shown.first == shown.first_end) : !(shown.first_end == shown.second_end)));
      BOOST_TEST(!theory::explain<Cpu>(c.what, k, w).empty());
    }
  return witnesses;
}

/// Each flag of a class has its witness, and the other way round.
template <class Cpu> void match_flags_and_witnesses() {
  for (const theory::classified &c : theory::classes<Cpu>) {
    if (c.what.by_type())
      continue;
    BOOST_TEST(bool(c.seen(theory::kind::control)) == c.control_sensitive());
    BOOST_TEST(bool(c.seen(theory::kind::mode)) == c.mode_sensitive());
    BOOST_TEST(bool(c.seen(theory::kind::location)) == c.location_sensitive());
    BOOST_TEST(bool(c.seen(theory::kind::resource)) == c.resource_sensitive());
  }
}
const theory::classified &of(std::string_view name) {
  return theory::classes<everything>[theory::find_unit<everything>(name)];
}
} // namespace

BOOST_AUTO_TEST_CASE(witnesses_can_be_replayed) {
  BOOST_TEST(replay_all<cpu::rv64>() > 60U);
  BOOST_TEST(replay_all<everything>() > 20U);
  BOOST_TEST(replay_all<user_wfi>() > 60U);
}

BOOST_AUTO_TEST_CASE(each_flag_has_a_witness) {
  match_flags_and_witnesses<cpu::rv64>();
  match_flags_and_witnesses<everything>();
}

BOOST_AUTO_TEST_CASE(a_replay_shows_both_states) {
  const theory::witness &w = of("pushf").seen(theory::kind::user_resource);
  const auto shown = theory::replay<everything>(of("pushf").what, theory::kind::user_resource, w);
  const auto &mask = cpu::generation3::fields::enabled;
  BOOST_TEST(shown.first.system.get(mask) != shown.second.system.get(mask));
  BOOST_TEST(shown.first_end.user.r[3] != shown.second_end.user.r[3]);
}

BOOST_AUTO_TEST_CASE(witnesses_are_told_in_words) {
  BOOST_TEST(theory::explain<everything>(1, of("popf")) ==
             "'popf r3' in mode supervisor and in mode user: interrupt mask ends as 0x0 and 0x1");
  BOOST_TEST(theory::explain<everything>(1, of("popf"), isa::resource::interrupts | isa::resource::mode).find("popf") !=
             std::string::npos);
  BOOST_TEST(theory::explain<everything>(1, of("pushf")) ==
             "'pushf r3' in mode user, with interrupt mask 0x0 and 0x1: r3: 0x0 and 0x2");
  BOOST_TEST(theory::explain<everything>(1, of("lra")) ==
             "'lra r3, 0(r5)' in mode user, at one place in storage and at another: r3: 0x54 and 0xd4");
  BOOST_TEST(theory::explain<everything>(1, of("jrst1")) ==
             "'jrst1 0(r5)' in mode supervisor: mode goes from 0x0 to 0x1");
  BOOST_TEST(theory::explain<everything>(1, of("stck")) ==
             "'stck r3' in mode user, with ticks 0x4d2 and 0x4d3: r3: 0x4d2 and 0x4d3");
  const auto &wfi = theory::classes<user_wfi>[theory::find_unit<user_wfi>("wfi")];
  BOOST_TEST(theory::explain<user_wfi>(1, wfi) ==
             "'wfi' in mode M and in mode U: the CPU waits in one and goes on in the other");
  BOOST_TEST(theory::describe(of("popf")) == "control sensitive, mode sensitive");
  BOOST_TEST(theory::describe(of("svc")) == "always traps");
  BOOST_TEST(theory::describe(of("lpsw")) == "privileged, control sensitive");
}

BOOST_AUTO_TEST_CASE(a_verdict_is_one_sentence) {
  BOOST_TEST(theory::sentence(theory::verdict_on<1, honest>) ==
             "third_generation: theorem 1 holds: every sensitive instruction is privileged, so a VMM by trap and "
             "emulation may be constructed");
  BOOST_TEST(theory::sentence(theory::verdict_on<3, everything>) ==
             "third_generation: theorem 3 does not apply: 'pushf', 'lra' and 'stck' are sensitive in user mode without "
             "being privileged. That proves nothing impossible; the witnesses show what a VMM that relies on it would "
             "get wrong");
  BOOST_TEST(theory::sentence(theory::verdict_on<1, user_wfi>) ==
             "rv64: theorem 1 does not apply: 'wfi' is sensitive without being privileged. That proves nothing "
             "impossible; the witness shows what a VMM that relies on it would get wrong");
}
