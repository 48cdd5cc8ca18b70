// SPDX-License-Identifier: BSL-1.0
// Shows that the interrupt controller chooses, holds and lets go of interrupts as its specification says.
#include <array>
#include <random>

#include <boost/test/unit_test.hpp>

#include <hvkit/device/plic.hpp>

#include "support/gate.hpp"
#include "support/wires.hpp"

using namespace hvkit;
using device::plic;

namespace {

constexpr unsigned machine = 11, supervisor = 9;
constexpr unsigned wire_of[] = {machine, supervisor};

struct bench {
  tests::lines cpu;
  plic p{{cpu, machine}, {cpu, supervisor}};

  u64 get(u64 offset) { return p.read(offset, 4).value(); }
  void set(u64 offset, u64 value) { BOOST_REQUIRE(p.write(offset, 4, value)); }
  void priority(unsigned source, u64 value) { set(4 * source, value); }
  void enable(unsigned context, unsigned source) {
    const u64 at = 0x2000 + 0x80 * context + source / 32 * 4;
    set(at, get(at) | bit(source % 32));
  }
  void threshold(unsigned context, u64 value) { set(0x200000 + 0x1000 * context, value); }
  u64 claim(unsigned context) { return get(0x200004 + 0x1000 * context); }
  void complete(unsigned context, u64 source) { set(0x200004 + 0x1000 * context, source); }
  bool pending(unsigned source) { return (get(0x1000 + source / 32 * 4) >> source % 32 & 1) != 0; }
};

} // namespace

BOOST_AUTO_TEST_CASE(an_interrupt_goes_through_claim_and_completion) {
  bench b;
  b.priority(10, 1);
  b.enable(1, 10);
  BOOST_TEST(b.claim(1) == 0u);
  b.p.set_level(10, true);
  BOOST_TEST(b.cpu[supervisor]);
  BOOST_TEST(!b.cpu[machine]);
  BOOST_TEST(b.pending(10));
  BOOST_TEST(b.claim(1) == 10u);
  BOOST_TEST(!b.cpu[supervisor]);
  BOOST_TEST(!b.pending(10));
  BOOST_TEST(b.claim(1) == 0u);
  b.p.set_level(10, false);
  b.complete(1, 10);
  BOOST_TEST(!b.cpu[supervisor]);
}

BOOST_AUTO_TEST_CASE(a_level_that_stays_interrupts_again_after_completion) {
  bench b;
  b.priority(3, 1);
  b.enable(0, 3);
  b.p.set_level(3, true);
  BOOST_TEST(b.claim(0) == 3u);
  b.p.set_level(3, false);
  b.p.set_level(3, true); // the gateway is shut
  BOOST_TEST(!b.pending(3));
  b.complete(0, 3);
  BOOST_TEST(b.pending(3));
  BOOST_TEST(b.cpu[machine]);
}

BOOST_AUTO_TEST_CASE(a_request_outlives_its_level) {
  bench b;
  b.priority(3, 1);
  b.enable(0, 3);
  b.p.set_level(3, true);
  b.p.set_level(3, false);
  BOOST_TEST(b.cpu[machine]);
  BOOST_TEST(b.claim(0) == 3u);
  b.complete(0, 3);
  BOOST_TEST(!b.cpu[machine]);
}

BOOST_AUTO_TEST_CASE(priority_then_number_decides) {
  bench b;
  for (const unsigned source : {5U, 33U, 64U, 95U}) {
    b.enable(0, source);
    b.p.set_level(source, true);
  }
  b.priority(5, 2);
  b.priority(33, 7);
  b.priority(64, 7);
  b.priority(95, 1);
  BOOST_TEST(b.claim(0) == 33u);
  BOOST_TEST(b.claim(0) == 64u);
  BOOST_TEST(b.claim(0) == 5u);
  BOOST_TEST(b.claim(0) == 95u);
  BOOST_TEST(b.claim(0) == 0u);
}

BOOST_AUTO_TEST_CASE(thresholds_mask_the_line_but_not_the_claim) {
  bench b;
  b.priority(7, 3);
  b.enable(0, 7);
  b.p.set_level(7, true);
  b.threshold(0, 3);
  BOOST_TEST(!b.cpu[machine]);
  b.threshold(0, 2);
  BOOST_TEST(b.cpu[machine]);
  b.threshold(0, 7);
  BOOST_TEST(!b.cpu[machine]);
  BOOST_TEST(b.claim(0) == 7u);
}

BOOST_AUTO_TEST_CASE(priority_0_never_interrupts) {
  bench b;
  b.enable(0, 7);
  b.p.set_level(7, true);
  BOOST_TEST(b.pending(7));
  BOOST_TEST(!b.cpu[machine]);
  BOOST_TEST(b.claim(0) == 0u);
  b.priority(7, 1);
  BOOST_TEST(b.cpu[machine]);
}

BOOST_AUTO_TEST_CASE(contexts_are_apart) {
  bench b;
  b.priority(7, 1);
  b.enable(0, 7);
  b.enable(1, 7);
  b.p.set_level(7, true);
  BOOST_TEST(b.cpu[machine]);
  BOOST_TEST(b.cpu[supervisor]);
  BOOST_TEST(b.claim(1) == 7u);
  BOOST_TEST(!b.cpu[machine]);
  BOOST_TEST(b.claim(0) == 0u);
  b.complete(0, 7); // whoever has it enabled may complete
  BOOST_TEST(b.claim(0) == 7u);
}

BOOST_AUTO_TEST_CASE(completing_what_is_not_enabled_is_ignored) {
  bench b;
  b.priority(7, 1);
  b.enable(1, 7);
  b.p.set_level(7, true);
  BOOST_TEST(b.claim(1) == 7u);
  b.complete(0, 7);
  BOOST_TEST(!b.pending(7));
  for (const u64 nonsense : {u64{0}, u64{96}, u64{0xffff'ffff}})
    b.complete(1, nonsense);
  BOOST_TEST(!b.pending(7));
  b.complete(1, 7);
  BOOST_TEST(b.pending(7));
}

BOOST_AUTO_TEST_CASE(source_0_and_those_beyond_do_not_exist) {
  bench b;
  const auto untouched = b.p.state;
  for (const unsigned source : {0U, 96U, 1000U, ~0U})
    b.p.set_level(source, true);
  b.priority(0, 7);
  b.set(0x2000, 1);
  b.set(0x4 * 96, 7);
  b.set(0x200c, ~u64{0});
  b.set(0x1000, ~u64{0});
  b.set(0x2100, ~u64{0}); // a context that is not there
  b.set(0x202000, 7);
  BOOST_TEST((b.p.state == untouched));
  BOOST_TEST(b.get(0x202004) == 0u);
  BOOST_TEST(b.get(0x200c) == 0u);
  BOOST_TEST(b.get(plic::window - 4) == 0u);
}

BOOST_AUTO_TEST_CASE(registers_keep_the_bits_they_have) {
  bench b;
  b.priority(95, 0xff);
  BOOST_TEST(b.get(4 * 95) == 7u);
  b.threshold(1, 0xfffa);
  BOOST_TEST(b.get(0x201000) == 2u);
  b.set(0x2088, ~u64{0});
  BOOST_TEST(b.get(0x2088) == 0xffff'ffffu);
  b.set(0x2080, ~u64{0});
  BOOST_TEST(b.get(0x2080) == 0xffff'fffeu);
  BOOST_TEST(b.get(0x2000) == 0u);
}

BOOST_AUTO_TEST_CASE(odd_accesses_are_refused) {
  bench b;
  for (const unsigned size : {1U, 2U, 8U}) {
    BOOST_TEST(!b.p.read(0x1000, size));
    BOOST_TEST(!b.p.write(0x1000, size, 0));
  }
  BOOST_TEST(!b.p.read(0x1002, 4));
  BOOST_TEST(!b.p.write(0x200002, 4, 1));
}

namespace {

/// The specification told once more, as plainly as can be: a flag for each thing, a loop for each question.
struct plain_model {
  std::array<bool, 96> level{}, pending{}, claimed{};
  std::array<unsigned, 96> priority{};
  std::array<std::array<bool, 96>, 2> enabled{};
  std::array<unsigned, 2> threshold{};

  void sample(unsigned s) { pending[s] = pending[s] || (level[s] && !claimed[s]); }
  [[nodiscard]] unsigned best(unsigned c) const {
    unsigned found = 0;
    for (unsigned s = 95; s > 0; --s)
      if (pending[s] && enabled[c][s] && priority[s] != 0 && (found == 0 || priority[s] >= priority[found]))
        found = s;
    return found;
  }
  [[nodiscard]] bool line(unsigned c) const { return best(c) != 0 && priority[best(c)] > threshold[c]; }
};

void act(bench &b, plain_model &m, std::mt19937_64 &random) {
  const unsigned s = static_cast<unsigned>(random() % 95 + 1);
  const unsigned c = static_cast<unsigned>(random() % 2);
  const unsigned value = static_cast<unsigned>(random() % 8);
  switch (random() % 8) {
  case 0:
    return b.priority(s, m.priority[s] = value);
  case 1:
    return b.threshold(c, m.threshold[c] = value / 3);
  case 2:
    m.enabled[c][s] = true;
    return b.enable(c, s);
  case 3: {
    const unsigned expected = m.best(c);
    if (expected != 0) {
      m.pending[expected] = false;
      m.claimed[expected] = true;
    }
    BOOST_REQUIRE_EQUAL(b.claim(c), expected);
    return;
  }
  case 4:
    if (m.enabled[c][s]) {
      m.claimed[s] = false;
      m.sample(s);
    }
    return b.complete(c, s);
  default:
    m.level[s] = !m.level[s];
    m.sample(s);
    return b.p.set_level(s, m.level[s]);
  }
}

} // namespace

BOOST_AUTO_TEST_CASE(random_use_agrees_with_a_plain_model) {
  std::mt19937_64 random(tests::seed());
  for (int run = 0; run < 20; ++run) {
    bench b;
    plain_model m;
    for (int i = 0; i < 5000; ++i) {
      act(b, m, random);
      for (unsigned c = 0; c < 2; ++c)
        BOOST_REQUIRE_EQUAL(b.cpu[wire_of[c]], m.line(c));
    }
    for (unsigned s = 1; s < 96; ++s)
      BOOST_REQUIRE_EQUAL(b.pending(s), m.pending[s]);
  }
}
