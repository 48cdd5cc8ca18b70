// SPDX-License-Identifier: BSL-1.0
// Each hook of each slot is called when its concept says so: policies that a user might write listen, interfere where
// they may, and the guest still does what it does on the bare machine.
#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/policy/paging/shadow_lazy.hpp>
#include <hvkit/vmm/single.hpp>

#include "support/gate.hpp"
#include "support/torture/audit.hpp"
#include "support/torture/bench.hpp"
#include "support/torture/lockstep.hpp"
#include "support/torture/writer.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

using cpu_type = torture::cpu_type;

/// A program from text, at the beginning of memory.
[[nodiscard]] torture::program program_of(const std::string &text) {
  const auto code = torture::assembled(torture::ram, text);
  return {{code.bytes().begin(), code.bytes().end()}, torture::ram};
}

// --- technique ------------------------------------------------------------------------------------------------------

constexpr u16 mhartid = 0xf14;
u64 prepared = 0, offered = 0;

/// Runs guest pages from copies in which a read of mhartid, always 0 here, is a load of 0: it does not trap any more.
struct patching {
  static constexpr slot kind = slot::technique;
  static constexpr std::string_view name = "patching";
  static constexpr bool runs_privileged_code = true;
  static constexpr bool runs_user_code = true;

  template <class Vm> class over : public technique::basics {
  public:
    explicit over(Vm &vm) : vm_(vm) {}
    [[nodiscard]] bool direct(const typename Vm::virtual_cpu &) const { return true; }

    [[nodiscard]] maybe<hpa> prepare(const technique::code_page &page) {
      ++prepared;
      if (vm_.vcpu().system().get(cpu_type::mode_word) != cpu::riscv::privilege::machine)
        return {}; // there it traps
      hpa &copy = copies_[page.frame];
      if (copy == hpa{})
        copy = *vm_.frames().allocate();
      std::array<u8, frame_size> bytes{};
      static_cast<void>(vm_.hardware_memory().read(vm_.hardware_frame(page.frame), bytes.data(), frame_size));
      bool patched = false;
      for (u64 at = 0; at < frame_size; at += 4) {
        u32 word = 0;
        std::memcpy(&word, &bytes[at], 4);
        const auto d = isa::decode<cpu_type>(word);
        if (!d || d.row != torture::row::csrrs || d.operands.csr() != mhartid || d.operands.rs1 != 0)
          continue;
        patched = true;
        word = isa::facts<cpu_type>[torture::row::addi].code.match | (word & 0xf80); // addi rd, x0, 0
        std::memcpy(&bytes[at], &word, 4);
      }
      static_cast<void>(vm_.hardware_memory().write(copy, bytes.data(), frame_size));
      return patched ? maybe<hpa>(copy) : maybe<hpa>();
    }
    [[nodiscard]] answer handle(Vm &, const trap &) {
      ++offered;
      return answer::not_mine;
    }

  private:
    Vm &vm_;
    std::array<hpa, torture::frames> copies_{};
  };
};
static_assert(legal<cpu_type, patching>);

constexpr auto reads_itself = R"(
    la t0, trap_handler; csrw mtvec, t0
    li s0, 200
  again:
    csrr a0, mhartid
    add a1, a1, a0
    la t1, again; lw t2, 0(t1)        # the guest sees what it wrote, not the copy
    add a2, a2, t2
    andi t3, s0, 15
    bnez t3, next
    la t1, next; lw t2, 0(t1); sw t2, 0(t1); fence.i   # a store to the page makes the copy void
    la t1, other; la t4, place; lw t5, 0(t4); lw t6, 0(t1); sw t6, 0(t4); sw t5, 0(t1); fence.i
  next:
    addi s0, s0, -1
  place: addi a3, a3, 1
    bnez s0, again
    j place
  other: csrr a3, mhartid
  trap_handler: j trap_handler
)";

} // namespace

BOOST_AUTO_TEST_CASE(a_technique_runs_pages_from_copies) {
  using machine = single_guest<composition<cpu_type, patching, engine::blocks>>;
  const auto p = program_of(reads_itself);
  prepared = offered = 0;
  for (const u64 longest : {u64{1}, u64{7}, u64{300}}) {
    torture::bench_pair<torture::reference_machine, machine> pair(p);
    const auto apart =
        lockstep(pair.reference, pair.subject, {longest, 4000, longest, 50}, [&] { return pair.outside(); });
    BOOST_TEST(!apart, (apart ? apart->what : ""));
    const auto &count = pair.subject.guest().count();
    BOOST_TEST(offered == count.exits);
    BOOST_TEST(count.by_unit[cpu::riscv::csr_index<false>[mhartid]] < 20U); // most ran from the copy
    offered = 0;
  }
  BOOST_TEST(prepared > 3u * 12u);
}

BOOST_AUTO_TEST_CASE(copies_under_torture) {
  torture::run_in_lockstep<single_guest<composition<cpu_type, patching, engine::blocks>>>(amount(300, 5000, 200'000),
                                                                                          3000, [](auto &) {});
}

BOOST_AUTO_TEST_CASE(copies_under_torture_out_of_step) {
  using machine = single_guest<composition<cpu_type, patching, paging::shadow_lazy, engine::blocks>>;
  torture::run_all_in_lockstep<machine::any>(amount(300, 5000, 200'000), 3000, torture::maker_of<machine>(),
                                             [](auto &) {}, {.foreign = true});
}

// --- interrupt ------------------------------------------------------------------------------------------------------

namespace {

u64 raised = 0, lowered = 0;
std::vector<u64> delivered_at;

/// Delivers an interrupt 100 instructions after its line went up.
struct late {
  static constexpr slot kind = slot::interrupt;
  static constexpr std::string_view name = "late";
  static constexpr u64 delay = 100;

  template <class Vm> class over : public interrupt::basics {
  public:
    explicit over(Vm &vm) : vm_(vm) {}
    void raise(unsigned) {
      ++raised;
      deadline_ = vm_.now() + delay;
    }
    void lower(unsigned) { ++lowered; }
    [[nodiscard]] bool deliver(typename Vm::virtual_cpu &cpu) {
      if (vm_.now() < deadline_)
        return false;
      deadline_ = interrupt::no_deadline;
      const auto cause = cpu.interrupt_due();
      if (!cause)
        return false;
      delivered_at.push_back(vm_.now());
      cpu.enter_trap({*cause, 0});
      return true;
    }
    [[nodiscard]] u64 deadline() const noexcept { return deadline_; }

  private:
    Vm &vm_;
    u64 deadline_ = interrupt::no_deadline;
  };
};
static_assert(legal<cpu_type, late>);

constexpr auto takes_timer_interrupts = R"(
    la t0, tick; csrw mtvec, t0
    li t0, 0x2004000; li t1, 50; sd t1, 0(t0)     # mtimecmp
    li t1, 128; csrw mie, t1; csrsi mstatus, 8
  spin: addi a0, a0, 1; addi a1, a1, 1; j spin
  tick: addi s1, s1, 1
    li t0, 0x200bff8; ld t1, 0(t0); addi t1, t1, 60; li t0, 0x2004000; sd t1, 0(t0)
    mret
)";

} // namespace

BOOST_AUTO_TEST_CASE(an_interrupt_policy_hears_of_lines_and_names_deadlines) {
  const auto p = program_of(takes_timer_interrupts);
  const auto run = [&]<class Engine>(Engine) {
    raised = lowered = 0;
    delivered_at.clear();
    torture::bench<single_guest<composition<cpu_type, late, Engine>>> b(p);
    static_cast<void>(b.machine().run(20'000));
    BOOST_TEST(raised > 5U);
    BOOST_TEST(lowered + 1 >= raised);
    BOOST_TEST(delivered_at.size() == b.machine().user().x[9]);
    BOOST_TEST(delivered_at.size() + 1 >= raised);
    return delivered_at;
  };
  const auto by_step = run(engine::step{});
  BOOST_TEST(by_step == run(engine::blocks{}), boost::test_tools::per_element());
  // The line goes up at 50 ticks; the policy lets it through exactly its delay later.
  torture::bench<single_guest<composition<cpu_type, late>>> b(p);
  raised = 0;
  while (raised == 0)
    static_cast<void>(b.machine().run(1));
  BOOST_TEST(by_step.front() == b.machine().guest().now() + late::delay);
}

// --- paging ---------------------------------------------------------------------------------------------------------

namespace {

std::vector<fence_scope> fences;
u64 entered = 0, stores = 0, drops = 0;

/// Shadow paging, watched.
struct overheard {
  static constexpr slot kind = slot::paging;
  static constexpr std::string_view name = "overheard";
  using rules = paging::shadow::rules;

  template <class Vm> class over : public paging::shadow::over<Vm> {
    using base = paging::shadow::over<Vm>;

  public:
    using base::base;
    void enter(const contexts &now) {
      ++entered;
      base::enter(now);
    }
    void fence(const fence_scope &scope) {
      fences.push_back(scope);
      base::fence(scope);
    }
    void table_written(gpa at, u64 size) {
      ++stores;
      base::table_written(at, size);
    }
    void drop(paging::frame_range frames) {
      ++drops;
      base::drop(frames);
    }
  };
};
static_assert(legal<cpu_type, overheard>);

} // namespace

BOOST_AUTO_TEST_CASE(paging_is_told_what_the_guest_does) {
  fences.clear();
  entered = stores = drops = 0;
  torture::bench<single_guest<composition<cpu_type, overheard, engine::blocks>>> b(program_of(R"(
      li a0, 0x12345000; li a1, 7
      sfence.vma; sfence.vma a0; sfence.vma x0, a1; sfence.vma a0, a1
      li t0, -1; csrw pmpaddr0, t0          # protection
      li t1, 0x2004000; sd t0, 0(t1)        # a device, not memory
    end: j end
  )"));
  const u64 loading = stores;
  static_cast<void>(b.machine().run(100));
  const std::vector<fence_scope> expected{{}, {gva{0x12345000}, {}}, {{}, 7}, {gva{0x12345000}, 7}};
  BOOST_TEST((fences == expected));
  BOOST_TEST(stores == loading);
  BOOST_TEST(entered > 4U);
  BOOST_TEST(drops == 2U); // at reset, and for PMP
  auto &guest = b.machine().guest();
  const u64 value = 1;
  BOOST_TEST(guest.write(gpa{torture::ram + 0x1ffc}, &value, 8)); // two frames, two stores
  BOOST_TEST(stores == loading + 2);
}

BOOST_AUTO_TEST_CASE(dropped_frames_are_reached_no_more) {
  const u64 first = seed() * 1'000'000 + 800'000;
  for (u64 n = first; n < first + amount(60, 2000, 60'000); ++n) {
    const auto p = torture::make_program(n);
    torture::bench_pair<torture::reference_machine, single_guest<composition<cpu_type, engine::blocks>>> pair(p);
    auto &guest = pair.subject.guest();
    random_numbers random(n);
    for (int round = 0; round < 20; ++round) {
      const u64 budget = random.between(1, 300);
      static_cast<void>(pair.reference.run(budget));
      static_cast<void>(pair.subject.run(budget));
      const std::string found = difference(pair.reference, pair.subject, round == 19, [&] { return pair.outside(); });
      BOOST_REQUIRE_MESSAGE(found.empty(), "program " << n << ": " << found);
      const paging::frame_range gone{random.between(0, torture::frames - 1), random.between(1, 6)};
      guest.drop(gone);
      torture::shadow_audit audit(guest);
      BOOST_REQUIRE(audit.run().empty());
      for (u64 f = gone.first; f < std::min(gone.first + gone.count, torture::frames); ++f)
        BOOST_REQUIRE(!audit.maps(guest.memory().frame(f)));
    }
  }
}

// --- scheduler and hardware -----------------------------------------------------------------------------------------

namespace {

std::vector<int> turns;

/// Gives the first VM turns of 7 steps, the others turns of 5.
struct unfair {
  static constexpr slot kind = slot::scheduler;
  static constexpr std::string_view name = "unfair";
  template <class Vm> class over : public scheduler::basics {
  public:
    [[nodiscard]] scheduler::turn<Vm> next(std::span<Vm *const> ready) {
      const std::size_t n = next_++ % ready.size();
      turns.push_back(static_cast<int>(n));
      return {ready[n], n == 0 ? 7U : 5U};
    }

  private:
    std::size_t next_ = 0;
  };
};
static_assert(legal<cpu_type, unfair>);

u64 made = 0;
/// Hardware that says that it was asked for.
struct announced {
  static constexpr slot kind = slot::hardware;
  static constexpr std::string_view name = "announced";
  template <class Cpu, class Engine> class over : public hardware::simulated::over<Cpu, Engine> {
  public:
    explicit over(u64 size) : hardware::simulated::over<Cpu, Engine>(size) { made += size; }
  };
};
static_assert(legal<cpu_type, announced>);

template <class Vmm> auto &spinning(Vmm &vmm) {
  auto &guest = *vmm.create({.memory = 64_KiB, .base = gpa{torture::ram}});
  const auto p = program_of("spin: addi a0, a0, 1; j spin");
  BOOST_REQUIRE(guest.write(gpa{torture::ram}, p.image.data(), p.image.size()));
  guest.vcpu().reset(gva{torture::ram});
  return guest;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_scheduler_shares_the_hardware) {
  turns.clear();
  made = 0;
  vmm<cpu_type, unfair, announced, engine::blocks> hypervisor({.memory = 2_MiB});
  BOOST_TEST(made == 2_MiB);
  auto &first = spinning(hypervisor), &second = spinning(hypervisor), &third = spinning(hypervisor);
  BOOST_TEST((hypervisor.run(100).reason == exit_reason::budget));
  BOOST_TEST(first.steps() + second.steps() + third.steps() == 100U);
  BOOST_TEST(first.steps() == 6 * 7U); // 17 steps a round: five rounds, and 7, 5 and 3 steps more
  BOOST_TEST(third.steps() == 5 * 5U + 3);
}

BOOST_AUTO_TEST_CASE(round_robin_goes_round_and_leaves_out_who_is_done) {
  vmm<cpu_type, engine::blocks> hypervisor({.memory = 2_MiB});
  auto &first = spinning(hypervisor), &second = spinning(hypervisor), &third = spinning(hypervisor);
  constexpr u64 quantum = scheduler::round_robin::quantum;
  BOOST_TEST((hypervisor.run(3 * quantum + 10).reason == exit_reason::budget));
  BOOST_TEST(first.steps() == quantum + 10);
  BOOST_TEST(second.steps() == quantum);
  BOOST_TEST(third.steps() == quantum);
  second.interrupt_run(); // the host takes it out of the round
  BOOST_TEST((hypervisor.run(2 * quantum).reason == exit_reason::budget));
  BOOST_TEST(second.steps() == quantum);
  const u32 wait = 0x10500073;
  for (auto *vm : {&first, &second, &third}) {
    BOOST_REQUIRE(vm->write(gpa{torture::ram}, &wait, 4));
    BOOST_REQUIRE(vm->write(gpa{torture::ram} + 4, &wait, 4));
    vm->vcpu().reset(gva{torture::ram});
  }
  BOOST_TEST((hypervisor.run().reason == exit_reason::waiting));
}
