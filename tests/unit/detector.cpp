// SPDX-License-Identifier: BSL-1.0
// Measures the detector itself: rows whose sensitivity is planted and hidden are all found, innocent ones that look
// like them are not accused, and what each is found guilty of is what was planted.
#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/theory/explain.hpp>

using namespace hvkit;

namespace {
using namespace cpu::generation3;
namespace field = cpu::generation3::fields;

/// What a planted row does to the machine, in the row's own words.
constexpr auto guilty = isa::make_group(
    "guilty",
    // The mode, read, then hidden behind three steps of arithmetic.
    make<system_register>("mode3", 0xc0,
                          [](auto &m, const auto &o) {
                            const u64 raw = m.system().get(field::mode) * 6 + 1;
                            const u64 mixed = (raw ^ 0x55) << 3;
                            m.user().r[o.rd] = static_cast<u32>(mixed % 13);
                            return true;
                          }),
    // The mask is changed for one value of the operand only.
    make<system_level>("mask5", 0xc1,
                       [](auto &m, const auto &o) {
                         if (o.imm == 5)
                           m.system().set(field::enabled, 1 - m.system().get(field::enabled));
                         return true;
                       }),
    // A no-op where a trap belongs.
    make<system_registers>("noop", 0xc2,
                           [](auto &m, const auto &o) {
                             if (m.system().get(field::mode) == mode::supervisor)
                               m.system().set(field::base, m.user().r[o.rs1]);
                             return true;
                           }),
    // The level is shown only while a register is 0.
    make<system_registers>("ifzero", 0xc3,
                           [](auto &m, const auto &o) {
                             if (m.user().r[o.rs1] == 0)
                               m.user().r[o.rd] = static_cast<u32>(m.system().get(field::level));
                             return true;
                           }),
    // The device is written only for all ones.
    make<system_register>("ifones", 0xc4,
                          [](auto &m, const auto &o) {
                            if (m.user().r[o.rd] == ~u32{0})
                              m.system().set(field::console, 0x141);
                            return true;
                          }),
    // One bit of the timer ends in the condition code.
    make<system_plain>("timercc", 0xc5,
                       [](auto &m, const auto &) {
                         m.user().cc = static_cast<u32>(m.system().get(field::deadline) >> 17 & 1);
                         return true;
                       }),
    // The clock decides where to go.
    make<system_plain>("clockjump", 0xc6,
                       [](auto &m, const auto &) {
                         if ((m.user().retired & 1) != 0)
                           m.jump(gva{0});
                         return true;
                       }),
    // Where the program lies is left in its storage.
    make<system_address>("basestore", 0xc7,
                         [](auto &m, const auto &o) {
                           return m.template store<u32>(effective_address(m, o),
                                                        static_cast<u32>(m.system().get(field::base) >> 6));
                         }),
    // Storage that is not the program's is read.
    make<system_load>("peek", 0xc8,
                      [](auto &m, const auto &o) {
                        m.user().r[o.rd] = m.template ram_load<u32>(gpa{0}).value_or(0);
                        return true;
                      }),
    // The mode changes one way only.
    make<system_plain>("drop", 0xc9,
                       [](auto &m, const auto &) {
                         m.system().set(field::mode, mode::user);
                         return true;
                       }),
    // The processor is given away, without asking.
    make<system_plain>("nap", 0xca,
                       [](auto &m, const auto &) {
                         m.wait();
                         return true;
                       }),
    // Bounds are compared, and nothing but the condition code tells.
    make<system_register>("bound", 0xcb,
                          [](auto &m, const auto &o) {
                            m.user().cc = compare(m.user().r[o.rd], static_cast<u32>(m.system().get(field::bounds)));
                            return true;
                          }),
    // It traps in user mode, but not if a flag says so.
    make<system_register>("leaky", 0xcc, [](auto &m, const auto &o) {
      if (m.system().get(field::mode) == mode::user && m.system().get(field::iopl) == 0)
        return m.illegal();
      m.system().set(field::level, m.user().r[o.rd]);
      return true;
    }));

constexpr auto innocent =
    isa::make_group("innocent",
                    // Reads the mode and forgets it.
                    make<system_register>("forgets", 0xd0,
                                          [](auto &m, const auto &o) {
                                            const u64 mode = m.system().get(field::mode);
                                            m.user().r[o.rd] = static_cast<u32>(mode - mode);
                                            return true;
                                          }),
                    // Writes back what was there.
                    make<system_plain>("writesback", 0xd1,
                                       [](auto &m, const auto &) {
                                         m.system().set(field::enabled, m.system().get(field::enabled));
                                         return true;
                                       }),
                    // Forms a real address, and takes the base off again.
                    make<system_load>("roundtrip", 0xd2,
                                      [](auto &m, const auto &o) {
                                        const auto where = m.translate(effective_address(m, o), access::load, 1);
                                        if (!where)
                                          return false;
                                        m.user().r[o.rd] =
                                            static_cast<u32>(where->address.value - m.system().get(field::base));
                                        return true;
                                      }),
                    // A load by way of the machine is a load.
                    make<system_load>("loads", 0xd3,
                                      [](auto &m, const auto &o) {
                                        const auto value = m.template load<u32>(effective_address(m, o));
                                        if (value)
                                          m.user().r[o.rd] = *value;
                                        return value.has_value();
                                      }),
                    // A gate's own reads: whether it traps depends on a flag, what it does on nothing.
                    make<system_register>("gated", 0xd4,
                                          [](auto &m, const auto &o) {
                                            if (m.system().get(field::iopl) == 0)
                                              return m.illegal();
                                            m.user().r[o.rd] = 7;
                                            return true;
                                          }),
                    // Bookkeeping that no instruction shows.
                    make<system_plain>("counts", 0xd5,
                                       [](auto &m, const auto &) {
                                         m.system().set(field::traps, m.system().get(field::traps) + 1);
                                         return true;
                                       }),
                    // Privileged, and harmless.
                    make<system_register>("shy", 0xd6, [](auto &m, const auto &o) {
                      if (m.system().get(field::mode) == mode::user)
                        return m.illegal();
                      m.user().r[o.rd] = 1;
                      return true;
                    }));
} // namespace

namespace {
using seeded = cpu::third_generation<guilty, innocent>;

const theory::classified &of(std::string_view name) {
  const std::size_t n = theory::find_unit<seeded>(name);
  BOOST_REQUIRE_MESSAGE(n != theory::no_unit, name << " is no unit");
  return theory::classes<seeded>[n];
}
bool guilty_of(std::string_view name, theory::kind k) { return bool(of(name).seen(k)); }
} // namespace

BOOST_AUTO_TEST_CASE(every_planted_row_is_found) {
  std::set<std::string> found;
  for (const auto &c : theory::classes<seeded>)
    if (theory::offends(1, c, isa::all_resources)) {
      found.insert(theory::unit_name<seeded>(c.what));
      BOOST_TEST_MESSAGE(theory::explain<seeded>(1, c));
    }
  const std::set<std::string> planted{"mode3",     "mask5", "noop", "ifzero", "ifones", "timercc", "clockjump",
                                      "basestore", "peek",  "drop", "nap",    "bound",  "leaky"};
  BOOST_TEST(found == planted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(each_is_found_guilty_of_what_was_planted) {
  using theory::kind;
  BOOST_TEST(guilty_of("mode3", kind::mode));
  BOOST_TEST(of("mask5").control_sensitive(isa::resource::interrupts));
  BOOST_TEST(of("mask5").user_sensitive());
  BOOST_TEST((of("noop").mode_sensitive() && !of("noop").user_sensitive() && !of("noop").privileged()));
  BOOST_TEST(of("ifzero").resource_sensitive(isa::resource::interrupts));
  BOOST_TEST(of("ifones").control_sensitive(isa::resource::devices));
  BOOST_TEST(of("timercc").resource_sensitive(isa::resource::time));
  BOOST_TEST(of("clockjump").resource_sensitive(isa::resource::time));
  BOOST_TEST(guilty_of("basestore", kind::user_location));
  BOOST_TEST(guilty_of("peek", kind::user_location));
  BOOST_TEST((of("drop").control_sensitive(isa::resource::mode) && !of("drop").user_sensitive()));
  BOOST_TEST(of("nap").control_sensitive(isa::resource::time));
  BOOST_TEST(of("bound").resource_sensitive(isa::resource::relocation));
  BOOST_TEST((!of("leaky").privileged() && of("leaky").user_sensitive(isa::resource::interrupts)));
}

BOOST_AUTO_TEST_CASE(innocent_rows_are_not_accused) {
  for (const auto *name : {"forgets", "writesback", "roundtrip", "loads", "gated", "counts", "shy"})
    BOOST_TEST(of(name).innocuous(), name << " is " << theory::describe(of(name)));
  BOOST_TEST(of("shy").privileged());
  BOOST_TEST((!of("gated").privileged() && !of("gated").always_traps()));
}

BOOST_AUTO_TEST_CASE(a_fixed_flag_closes_the_leak) {
  // The same row, where the VMM holds the flag fixed: there is nothing but the trap in user mode.
  theory::examiner<seeded> examiner(of("leaky").what);
  auto base = theory::examination<seeded>::base(0);
  base.system.set(field::iopl, 0);
  const auto user = theory::examination<seeded>::twin(base, mode::user);
  theory::recorder<seeded> run(user);
  const auto o = theory::examination<seeded>::specimen(of("leaky").what, 0);
  BOOST_TEST((run.run(of("leaky").what.row, o) == theory::outcome::trapped));
}
