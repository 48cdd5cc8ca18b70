// SPDX-License-Identifier: BSL-1.0
// What a lock-step report says: one of two equal machines is disturbed at a known step, and the report must name it.
#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <iostream>
#include <memory>
#include <set>
#include <tuple>

#include <boost/test/unit_test.hpp>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/hardware/engine/step.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/vmm/lockstep.hpp>

using namespace hvkit;

namespace {

using old_cpu = cpu::third_generation<cpu::rows::honest>;
template <class Cpu> using plain = hardware::bare_machine<Cpu, engine::step>;

// Five instructions before a loop of four.
constexpr auto new_code = isa::assemble<cpu::rv64>(0x80000000, R"(
      li s0, 0x80001000; nop; nop
loop: addi a0, a0, 1; sd a0, 0(s0); xor a1, a1, a0; j loop)");
constexpr auto old_code = isa::assemble<old_cpu>(0, R"(
      li r2, 0x1000; la r0, 0(r0); la r0, 0(r0); la r0, 0(r0)
loop: la r1, 1(r1); st r1, 0(r2); xor r3, r3, r1; b loop)");

template <class Cpu> struct sample;
template <> struct sample<cpu::rv64> {
  static constexpr const auto &code = new_code;
  static constexpr u64 loop = 0x80000014, data = 0x80001003;
  static void disturb_register(plain<cpu::rv64> &m) { m.user().x[28] = 0xabc; }
  static void disturb_field(plain<cpu::rv64> &m) { m.system().set(cpu::riscv::w_mscratch, 0x5555); }
  static void raise_timer(plain<cpu::rv64> &m) {
    m.system().set(cpu::riscv::w_mie, cpu::riscv::irq::mti);
    m.system().set(cpu::riscv::fields::status::mie, 1);
    m.processor().set_level(7, true);
  }
  static constexpr std::string_view timer = "machine timer interrupt", reg = "t3", field = "mscratch", mode = "M",
                                    increment = "addi a0, a0, 1", store = "sd a0, 0(s0)";
};
template <> struct sample<old_cpu> {
  static constexpr const auto &code = old_code;
  static constexpr u64 loop = 20, data = 0x1003;
  static void disturb_register(plain<old_cpu> &m) { m.user().r[9] = 0xabc; }
  static void disturb_field(plain<old_cpu> &m) { m.system().set(cpu::generation3::w_deadline, 0x5555); }
  static void raise_timer(plain<old_cpu> &m) {
    m.system().set(cpu::generation3::fields::enabled, 1);
    m.processor().set_level(cpu::generation3::line::timer, true);
  }
  static constexpr std::string_view timer = "timer interrupt", reg = "r9", field = "timer", mode = "supervisor",
                                    increment = "la r1, 1(r1)", store = "st r1, 0(r2)";
};

/// A machine to which something happens at the end of step `at`, if the run that comes by makes at least `least` steps.
template <class Cpu> struct disturbed : plain<Cpu> {
  disturbed(gpa base, u64 size) : plain<Cpu>(base, size) {}
  u64 at = ~u64{0};
  u64 least = 1;
  std::function<void(disturbed &)> happens;
  exit_reason reason = exit_reason::budget;

  exit_record run(u64 budget) {
    const u64 before = this->steps();
    if (at <= before || at - before > budget || budget < least)
      return plain<Cpu>::run(budget);
    static_cast<void>(plain<Cpu>::run(at - before));
    if (happens)
      happens(*this);
    return reason == exit_reason::budget ? plain<Cpu>::run(before + budget - at) : exit_record{reason, {}};
  }
};

template <class Cpu> struct pair_of {
  plain<Cpu> reference{gpa{sample<Cpu>::code.base}, 64 << 10};
  disturbed<Cpu> subject{gpa{sample<Cpu>::code.base}, 64 << 10};
  std::function<std::string(pair_of &)> around = [](pair_of &) { return ""; };
  pair_of() {
    const auto &code = sample<Cpu>::code;
    BOOST_REQUIRE(reference.write(gpa{code.base}, code.bytes().data(), code.bytes().size()));
    BOOST_REQUIRE(subject.write(gpa{code.base}, code.bytes().data(), code.bytes().size()));
    reference.reset(gva{code.base});
    subject.reset(gva{code.base});
  }
  [[nodiscard]] std::string outside() { return around(*this); }
};

/// The report on pairs that `prepare` prepared.
template <class Cpu, class Prepare> [[nodiscard]] divergence report_on(Prepare prepare) {
  const auto apart = lockstep_exactly({.seed = 3, .steps = 5000, .longest = 300}, [&] {
    auto pair = std::make_unique<pair_of<Cpu>>();
    prepare(*pair);
    return pair;
  });
  BOOST_REQUIRE(apart);
  BOOST_TEST_MESSAGE(describe(*apart));
  return *apart;
}

[[nodiscard]] bool contains(const std::string &text, std::string_view part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found)
    std::cout << "'" << part << "' is not in:\n" << text;
  return found;
}

[[nodiscard]] std::set<std::string_view> differing(const divergence &d) {
  std::set<std::string_view> names;
  for (const state_pair &p : d.state)
    if (p.reference != p.subject)
      names.insert(p.name);
  return names;
}

/// Instruction n of the loop is step `in_loop` + n.
constexpr u64 in_loop = 1005;

template <class Cpu> void expect_step(const divergence &d, u64 seen, u64 pc, std::string_view instruction) {
  BOOST_TEST((d.known == exactness::step));
  BOOST_TEST(d.agreed == seen - 1);
  BOOST_TEST(d.seen == seen);
  for (const standpoint *s : {&d.reference, &d.subject}) {
    BOOST_TEST(s->pc == pc);
    BOOST_TEST(s->mode == sample<Cpu>::mode);
    BOOST_TEST(s->instruction == instruction);
    BOOST_TEST(s->interrupt == "");
  }
  BOOST_TEST(contains(describe(d), "after " + std::to_string(seen) + " steps they differ: " + d.what + "\nafter " +
                                       std::to_string(seen - 1) +
                                       " steps they agreed; this one step parts them:\n  pc " + detail::hex(pc) +
                                       ", mode " + std::string(sample<Cpu>::mode) + ", 0x"));
  BOOST_TEST(contains(describe(d), "  " + std::string(instruction) + "\n"));
}

using cpus = std::tuple<cpu::rv64, old_cpu>;

} // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(a_register, Cpu, cpus) {
  const auto d = report_on<Cpu>([](auto &pair) {
    pair.subject.at = in_loop + 1;
    pair.subject.happens = [](auto &m) { sample<Cpu>::disturb_register(m); };
  });
  expect_step<Cpu>(d, in_loop + 1, sample<Cpu>::loop, sample<Cpu>::increment);
  BOOST_TEST(d.what == std::string(sample<Cpu>::reg) + ": 0x0 and 0xabc");
  BOOST_TEST((differing(d) == std::set{sample<Cpu>::reg}));
  BOOST_TEST(
      contains(describe(d), "all else is equal: " + std::to_string(d.state.size() - 1) + " registers and fields"));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_field, Cpu, cpus) {
  const auto d = report_on<Cpu>([](auto &pair) {
    pair.subject.at = in_loop + 2;
    pair.subject.happens = [](auto &m) { sample<Cpu>::disturb_field(m); };
  });
  expect_step<Cpu>(d, in_loop + 2, sample<Cpu>::loop + 4, sample<Cpu>::store);
  BOOST_TEST(d.what == std::string(sample<Cpu>::field) + ": 0x0 and 0x5555");
  BOOST_TEST((differing(d) == std::set{sample<Cpu>::field}));
}

// Memory is compared seldom: lock-step's first look at it is at the end, 4000 steps later.
BOOST_AUTO_TEST_CASE_TEMPLATE(a_byte_of_memory, Cpu, cpus) {
  const auto d = report_on<Cpu>([](auto &pair) {
    pair.subject.at = in_loop + 1;
    pair.subject.happens = [](auto &m) {
      const u8 value = 0x9c;
      BOOST_REQUIRE(m.write(gpa{sample<Cpu>::data + 0x40}, &value, 1));
    };
  });
  expect_step<Cpu>(d, in_loop + 1, sample<Cpu>::loop, sample<Cpu>::increment);
  const u64 at = sample<Cpu>::data + 0x40;
  BOOST_TEST(d.what == "memory at " + detail::hex(at) + ": 0x00 and 0x9c, in the word at " + detail::hex(at - 3) +
                           ": 0x0000000000000000 and 0x000000009c000000");
  BOOST_TEST(differing(d).empty());
  BOOST_TEST(contains(describe(d), "no register and no field differs"));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(something_outside, Cpu, cpus) {
  const auto d = report_on<Cpu>(
      [](auto &pair) { pair.around = [](auto &p) { return p.subject.steps() > in_loop ? "console output" : ""; }; });
  expect_step<Cpu>(d, in_loop + 1, sample<Cpu>::loop, sample<Cpu>::increment);
  BOOST_TEST(d.what == "console output");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_end_of_one, Cpu, cpus) {
  const auto d = report_on<Cpu>([](auto &pair) {
    pair.subject.at = in_loop + 2;
    pair.subject.reason = exit_reason::host;
  });
  expect_step<Cpu>(d, in_loop + 2, sample<Cpu>::loop + 4, sample<Cpu>::store);
  BOOST_TEST(d.what == "the run ended by 'budget' after 1007 steps and by 'host' after 1007 steps");
}

// What the step does is take an interrupt; the instruction at the pc has no part in it.
BOOST_AUTO_TEST_CASE_TEMPLATE(while_an_interrupt_is_due, Cpu, cpus) {
  const auto d = report_on<Cpu>([](auto &pair) {
    sample<Cpu>::raise_timer(pair.reference);
    sample<Cpu>::raise_timer(pair.subject);
    pair.subject.at = 1;
    pair.subject.happens = [](auto &m) { sample<Cpu>::disturb_register(m); };
  });
  BOOST_TEST(d.agreed == 0U);
  BOOST_TEST(d.seen == 1U);
  BOOST_TEST(d.reference.interrupt == sample<Cpu>::timer);
  BOOST_TEST(contains(describe(d), ", before it the " + std::string(sample<Cpu>::timer) + ", 0x"));
}

// The first instruction is another one to begin with: no step is to blame, and each machine's is told.
BOOST_AUTO_TEST_CASE_TEMPLATE(unequal_from_the_start, Cpu, cpus) {
  constexpr u64 base = sample<Cpu>::code.base;
  const auto d = report_on<Cpu>([](auto &pair) {
    u32 store = 0;
    BOOST_REQUIRE(pair.subject.read(gpa{sample<Cpu>::loop + 4}, &store, sizeof store));
    BOOST_REQUIRE(pair.subject.write(gpa{base}, &store, sizeof store));
  });
  BOOST_TEST((d.known == exactness::start));
  BOOST_TEST(d.seen == 0U);
  BOOST_TEST(contains(d.what, ", in the word at " + detail::hex(base) + ": "));
  BOOST_TEST(d.reference.instruction != sample<Cpu>::store);
  BOOST_TEST(d.subject.instruction == sample<Cpu>::store);
  BOOST_TEST(contains(describe(d),
                      "they never agreed, both must begin in the same state:\n  reference: pc " + detail::hex(base)));
  BOOST_TEST(contains(describe(d), "\n  subject:   pc " + detail::hex(base)));
}

// Only runs of three steps and more do it.
BOOST_AUTO_TEST_CASE_TEMPLATE(hidden_by_single_steps, Cpu, cpus) {
  const auto d = report_on<Cpu>([](auto &pair) {
    pair.subject.at = in_loop + 2;
    pair.subject.least = 3;
    pair.subject.happens = [](auto &m) { sample<Cpu>::disturb_register(m); };
  });
  BOOST_TEST((d.known == exactness::run));
  BOOST_TEST(d.agreed == in_loop + 1);
  BOOST_TEST(d.seen == in_loop + 2);
  BOOST_TEST(d.from == in_loop - 1);
  BOOST_TEST(d.reference.pc == sample<Cpu>::loop + 4);
  BOOST_TEST(d.reference.instruction == sample<Cpu>::store);
  BOOST_TEST(contains(describe(d), "single steps hide the difference, a run of 3 from step 1004 on shows it.\n"));
}

// One look, no second one: what is said is where they stood, and no instruction.
BOOST_AUTO_TEST_CASE_TEMPLATE(without_narrowing, Cpu, cpus) {
  pair_of<Cpu> pair;
  pair.subject.at = in_loop + 1;
  pair.subject.happens = [](auto &m) { sample<Cpu>::disturb_register(m); };
  const auto d = lockstep(pair.reference, pair.subject, {.steps = 5000, .longest = 300}, [] { return ""; });
  BOOST_REQUIRE(d);
  BOOST_TEST((d->known == exactness::between));
  BOOST_TEST(d->agreed <= in_loop);
  BOOST_TEST(d->seen > in_loop);
  BOOST_TEST(d->seen - d->agreed <= 300U);
  pair_of<Cpu> fresh;
  static_cast<void>(fresh.reference.run(d->agreed));
  BOOST_TEST(d->reference.pc == fresh.reference.user().pc);
  BOOST_TEST((d->reference == d->subject));
  BOOST_TEST(!d->reference.word);
  BOOST_TEST(contains(describe(*d), "was not looked for. They stood at\n  pc " + detail::hex(d->reference.pc) +
                                        ", mode " + std::string(sample<Cpu>::mode) + "\n"));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(all_of_the_state, Cpu, cpus) {
  const auto d = report_on<Cpu>([](auto &pair) {
    pair.subject.at = in_loop + 1;
    pair.subject.happens = [](auto &m) { sample<Cpu>::disturb_register(m); };
  });
  const std::string text = describe(d, extent::everything);
  std::set<std::string_view> names;
  for (const auto &w : Cpu::user_words)
    names.insert(w.name);
  for (const auto &f : Cpu::state_fields)
    names.insert(f.name);
  BOOST_TEST(names.size() == d.state.size()); // no name stands for two
  for (const std::string_view name : names)
    BOOST_TEST(contains(text, " " + std::string(name) + " "));
  BOOST_TEST(contains(text, "* " + std::string(sample<Cpu>::reg) + " "));
  BOOST_TEST(std::count(text.begin(), text.end(), '*') == 1);
  const auto pc = std::find_if(d.state.begin(), d.state.end(), [](const state_pair &p) { return p.name == "pc"; });
  BOOST_REQUIRE((pc != d.state.end()));
  BOOST_TEST(pc->reference == sample<Cpu>::loop + 4);
}

/// What equality sees has a name, and the other way round.
BOOST_AUTO_TEST_CASE_TEMPLATE(every_byte_of_user_state_has_a_name, Cpu, cpus) {
  using state = typename Cpu::user_state;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < sizeof(state); ++i) {
    const state zero{};
    std::array<u8, sizeof(state)> bytes{};
    std::memcpy(bytes.data(), &zero, sizeof(state));
    bytes[i] = 1;
    state changed;
    std::memcpy(&changed, bytes.data(), sizeof(state));
    const std::string what = Cpu::user_difference(zero, changed);
    BOOST_TEST((zero == changed) == what.empty(), "byte " << i << ": " << what);
    if (!what.empty())
      seen.insert(what.substr(0, what.find(':')));
  }
  BOOST_TEST(seen.size() == Cpu::user_words.size());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(nothing, Cpu, cpus) {
  pair_of<Cpu> pair;
  BOOST_TEST(!lockstep(pair.reference, pair.subject, {.steps = 5000, .longest = 300}, [] { return ""; }));
}
