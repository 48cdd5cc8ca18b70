// SPDX-License-Identifier: BSL-1.0
// What every interrupt policy must obey: no interrupt is lost, spurious, taken twice or taken while masked, the most
// urgent one comes first, and none waits longer than its policy says. Lines go up at random; the guest masks at random.
#include <boost/test/unit_test.hpp>

#include <array>

#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/policy/interrupt/coalesced.hpp>
#include <hvkit/policy/technique/hybrid.hpp>
#include <hvkit/vmm/replay.hpp>
#include <hvkit/vmm/single.hpp>

#include "support/compositions.hpp"
#include "support/gate.hpp"
#include "support/torture/bench.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

using cpu_type = torture::cpu_type;
namespace fields = cpu::riscv::fields;

/// Machine external, software and timer interrupts, the most urgent first. "Machine Interrupt Registers (mip and mie)".
constexpr std::array<unsigned, 3> by_priority{11, 3, 7};

/// What an onlooker saw of one VM's interrupts.
struct onlooker {
  std::array<u64, 16> raised{}, delivered{};
  u64 longest_delay = 0; ///< instructions from where the guest accepted to the handler
  std::string wrong;
};
onlooker seen;

/// A policy, watched. Each delivery acknowledges the line, as a device would.
template <class Policy> struct watched {
  static constexpr slot kind = slot::interrupt;
  static constexpr std::string_view name = "watched";
  using rules = typename Policy::rules;

  template <class Vm> class over : public Policy::template over<Vm> {
    using base = typename Policy::template over<Vm>;

  public:
    explicit over(Vm &vm) : base(hvkit::detail::made_for<base>(vm)), vm_(vm) {}
    void raise(unsigned line) {
      ++seen.raised[line];
      base::raise(line);
    }
    [[nodiscard]] bool deliver(typename Vm::virtual_cpu &cpu) {
      const maybe<unsigned> acceptable = accepted(cpu);
      if (!acceptable)
        since_ = {};
      else if (!since_)
        since_ = vm_.now();
      if (!base::deliver(cpu))
        return false;
      judge(cpu, acceptable);
      since_ = {};
      return true;
    }

  private:
    /// The line that the guest would take now, by the manual and nothing else.
    [[nodiscard]] static maybe<unsigned> accepted(const typename Vm::virtual_cpu &cpu) {
      const auto &s = cpu.system();
      const bool open = s.get(fields::mode) != cpu::riscv::privilege::machine || s.get(fields::status::mie) != 0;
      const u64 enabled = s.get(cpu_type::lines_word) & s.get(cpu::riscv::w_mie);
      for (const unsigned line : by_priority)
        if (open && (enabled >> line & 1) != 0)
          return line;
      return {};
    }
    void judge(typename Vm::virtual_cpu &cpu, maybe<unsigned> acceptable) {
      const unsigned line = static_cast<unsigned>(cpu.system().get(cpu::riscv::w_mcause) & 63);
      if (!acceptable)
        seen.wrong = "delivered while masked";
      else if (*acceptable != line)
        seen.wrong = "a less urgent one came first";
      ++seen.delivered[line];
      seen.longest_delay = std::max(seen.longest_delay, vm_.now() - *since_);
      cpu.set_level(line, false);
    }
    Vm &vm_;
    maybe<u64> since_; ///< when the guest began to accept what is pending
  };
};

/// Counts interrupts by cause at `counts`, and opens and closes masks all the time.
constexpr auto guest_text = R"(
    la t0, handler; csrw mtvec, t0; la s0, counts; la s2, over
    li s1, 0x888; csrw mie, s1; csrsi mstatus, 8
  again:
    lw a2, 0(s2); bnez a2, all
    addi a0, a0, 1; csrci mstatus, 8; addi a0, a0, 1; mul a1, a0, s1; srli a1, a1, 7
    andi a2, a1, 3; bnez a2, open
    li a3, 0x80; csrc mie, a3; li a3, 0x800; csrs mie, a3
    addi a0, a0, 1; addi a0, a0, 1; addi a0, a0, 1
  open: csrsi mstatus, 8; addi a0, a0, 1
    andi a2, a1, 12; bnez a2, again
    li a3, 0x80; csrs mie, a3; li a3, 0x800; csrc mie, a3
    j again
  all: csrw mie, s1; csrsi mstatus, 8      # lets in what is left
    j all
  .align 2
  handler:
    csrr t1, mcause; andi t1, t1, 15; slli t1, t1, 3; add t1, t1, s0
    ld t2, 0(t1); addi t2, t2, 1; sd t2, 0(t1)
    mret
  .align 3
  counts: .zero 128
  over: .word 0
)";

template <class Policy, class... More> void obey(u64 longest_delay) {
  using machine = single_guest<composition<cpu_type, watched<Policy>, More...>>;
  const auto code = torture::assembled(torture::ram, guest_text);
  for (u64 n = 0; n < amount(10, 200, 5000); ++n) {
    seen = {};
    machine m(gpa{torture::ram}, 64_KiB);
    BOOST_REQUIRE(m.write(gpa{torture::ram}, code.bytes().data(), code.bytes().size()));
    m.reset(gva{torture::ram});
    random_numbers random(seed() * 1000 + n);
    for (int round = 0; round < 400; ++round) {
      static_cast<void>(m.run(random.between(1, 60)));
      m.processor().set_level(by_priority[random.between(0, 2)], true);
    }
    const u32 yes = 1;
    BOOST_REQUIRE(m.write(gpa{*code.find("over")}, &yes, sizeof yes));
    static_cast<void>(m.run(5000 + 10 * longest_delay));
    BOOST_TEST(seen.wrong == "");
    BOOST_TEST(seen.longest_delay <= longest_delay);
    const auto &count = m.guest().interrupts().count();
    BOOST_TEST(count.raised > 100U);
    for (const unsigned line : by_priority) {
      u64 handled = 0;
      BOOST_REQUIRE(m.read(gpa{*code.find("counts")} + 8 * line, &handled, 8));
      BOOST_TEST(handled == seen.raised[line], "line " << line << ": lost, spurious or twice");
      BOOST_TEST(handled == seen.delivered[line]);
    }
  }
}

template <class Policy> void obey_everywhere(u64 longest_delay) {
  obey<Policy, engine::step>(longest_delay);
  obey<Policy, engine::blocks>(longest_delay);
  obey<Policy, technique::hybrid>(longest_delay);
}

} // namespace

BOOST_AUTO_TEST_CASE(held_back) { obey_everywhere<interrupt::held_back>(0); }
BOOST_AUTO_TEST_CASE(coalesced_by_number) { obey_everywhere<interrupt::coalesced<2, 5000>>(5000); }
BOOST_AUTO_TEST_CASE(coalesced_by_deadline) { obey_everywhere<interrupt::coalesced<3, 40>>(40); }

// An interrupt that has to wait is counted once, however often the guest is asked.
BOOST_AUTO_TEST_CASE(held_back_is_counted_once) {
  const auto code = torture::assembled(torture::ram, R"(
      la t0, handler; csrw mtvec, t0; li t0, 0x888; csrw mie, t0
    masked: csrsi mscratch, 1; j masked
    open: csrsi mstatus, 8; j open
    .align 2
    handler: mret
  )");
  single_guest<composition<cpu_type, engine::blocks>> m(gpa{torture::ram}, 64_KiB);
  BOOST_REQUIRE(m.write(gpa{torture::ram}, code.bytes().data(), code.bytes().size()));
  m.reset(gva{torture::ram});
  const auto &count = m.guest().interrupt_count();
  const auto expect = [&](u64 held_back, u64 delivered) {
    static_cast<void>(m.run(40));
    BOOST_TEST(count.held_back == held_back);
    BOOST_TEST(count.delivered == delivered);
  };
  expect(0, 0);
  m.processor().set_level(7, true);
  expect(1, 0);
  m.processor().set_level(3, true);
  m.processor().set_level(7, true); // it is up already
  expect(2, 0);
  m.processor().set_level(3, false); // goes away unseen
  m.processor().set_level(3, true);
  expect(2, 0); // between two looks nothing has changed
  m.processor().set_level(3, false);
  expect(2, 0);
  m.processor().set_level(3, true);
  expect(3, 0);
  m.processor().set_level(3, false);
  m.processor().set_level(7, false);
  m.user().pc = *code.find("open");
  expect(3, 0);
  m.processor().set_level(11, true); // accepted at once
  static_cast<void>(m.run(1));
  m.processor().set_level(11, false);
  expect(3, 1);
}

// Late delivery is seen by a guest. The bare machine that takes its interrupts at the same places agrees with it.
BOOST_AUTO_TEST_CASE(a_coalesced_run_can_be_replayed) {
  using late = composition<cpu_type, interrupt::coalesced<3, 400>, engine::blocks>;
  static_assert(late::grade == agreement::replayed);
  static_assert(composition<cpu_type>::grade == agreement::exact);
  u64 late_programs = 0;
  const u64 first = seed() * 1'000'000 + 900'000;
  for (u64 n = first; n < first + amount(400, 10'000, 400'000); ++n) {
    torture::bench_pair<torture::reference_machine, single_guest<late>> pair(torture::make_program(n));
    std::vector<u64> deliveries;
    pair.subject.guest().record_deliveries(&deliveries);
    if (pair.subject.run(3000).reason != exit_reason::budget)
      continue;
    BOOST_REQUIRE_MESSAGE(replay(pair.reference, deliveries, pair.subject.steps()), "program " << n);
    const std::string found = difference(pair.reference, pair.subject, true, [&] { return pair.outside(); });
    BOOST_REQUIRE_MESSAGE(found.empty(), "program " << n << ": " << found);
    torture::bench<torture::reference_machine> at_once(torture::make_program(n));
    static_cast<void>(at_once.machine().run(3000));
    late_programs += at_once.machine().user() == pair.subject.user() ? 0 : 1;
  }
  BOOST_TEST(late_programs > 10U);
}
