// SPDX-License-Identifier: BSL-1.0
// A kernel without firmware is served alike by the bare machine and by every VM: at each step all of the machine and
// its board is the same, whatever the kernel calls. Only the code that serves it is shared, which unit.sbi is about.
#include <functional>
#include <memory>
#include <string>

#include <boost/test/unit_test.hpp>

#include <hvkit/vmm/lockstep.hpp>

#include "support/compositions.hpp"
#include "support/firmware.hpp"
#include "support/gate.hpp"
#include "support/torture/bench.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

using torture::cpu_type;
using reference = hardware::bare_machine<cpu_type, engine::step>;
using fast = hardware::bare_machine<cpu_type, engine::blocks>;

const device::virt_board_options board{.memory_size = 1_MiB, .hypercalls = true};

/// Counts traps by cause at s11, interrupts from entry 16 on, and goes on behind what trapped. The timer is set anew by
/// the call; a software interrupt is taken back. a0, a1, a6 and a7 stay as they were.
constexpr auto handler = R"(
  .align 2
  trap:
    csrw sscratch, t6; csrr t6, scause; srli t5, t6, 63; slli t5, t5, 4; add t6, t6, t5; andi t6, t6, 31
    slli t6, t6, 3; add t6, t6, s11; ld t5, 0(t6); addi t5, t5, 1; sd t5, 0(t6)
    csrr t6, scause; bltz t6, interrupt
    csrr t5, sepc; addi t5, t5, 4; csrw sepc, t5
    csrr t6, sscratch; sret
  interrupt:
    andi t6, t6, 4; bnez t6, timer
    csrci sip, 2; csrr t6, sscratch; sret
  timer:
    mv s7, a7; mv s6, a6; mv s8, a0; mv s9, a1
    csrr a0, time; addi a0, a0, 97; li a7, 0x54494d45; li a6, 0; ecall
    mv a7, s7; mv a6, s6; mv a0, s8; mv a1, s9; csrr t6, sscratch; sret
  .align 3
  counts: .zero 256
)";

/// Where its tables are; all of memory and the devices are mapped to themselves, for the kernel, and once more for its
/// user program from 0xc0000000 on.
constexpr auto prologue = R"(
    mv s10, a1                            # the device tree
    la t0, trap; csrw stvec, t0; la s11, counts
    li s0, 0x80020000
    li t0, 0xcf; sd t0, 0(s0); li t0, 0x200000cf; sd t0, 16(s0); li t0, 0x200000df; sd t0, 24(s0)
    li t0, 0x8000000000080020; csrw satp, t0; sfence.vma
)";

constexpr auto kernel = R"(
    li a7, 0x10; li a6, 0; lr.d t0, (s11); ecall; sc.d s1, t0, (s11)
    mv s2, a1                                           # the SBI's version
    li a7, 0x54494d45; li a6, 0; li a0, 5000; ecall     # a timer interrupt, and then many
    li t0, 0x222; csrw sie, t0; csrsi sstatus, 2
    li s3, 3
  idle: wfi; addi s3, s3, -1; bnez s3, idle
    li a7, 0x735049; li a6, 0; li a0, 1; li a1, 0; ecall   # to itself
    csrr t0, mstatus; csrw mtvec, t0; csrr t0, pmpcfg0; mret; nop
    li t1, 0x2004000; ld t1, 0(t1)                      # there is no CLINT
    li t0, 0x200400cf; sd t0, 24(s0)                    # 0xc0000000 leads elsewhere
    li a7, 0x52464e43; li a6, 1; li a0, 1; li a1, 0; li a2, 0xc0000000; li a3, 0x1000; ecall
    li t0, 0x200000df; sd t0, 24(s0); sfence.vma
    la t0, user; li t1, 0x40000000; add t0, t0, t1; csrw sepc, t0
    la t0, back; csrw stvec, t0; li t0, 0x100; csrc sstatus, t0; csrci sstatus, 2; sret
  user: li a7, 8; ecall; nop                            # the kernel's own system call, not the SBI's
  .align 2
  back:
    csrr s4, scause; csrr s5, sepc
    la t0, trap; csrw stvec, t0
    li a7, 1; li a0, 'k'; ecall
    li a7, 0x53525354; li a6, 0; li a0, 0; li a1, 1; ecall
  end: j end
)";

std::vector<u8> bytes_of_text(const std::string &text) {
  const auto made = torture::assembled(torture::ram, text);
  return {made.bytes().begin(), made.bytes().end()};
}

/// What runs in lock-step with the reference, and how it is made.
template <class Any> using maker = std::function<std::unique_ptr<Any>()>;
template <class Machine> maker<typename Machine::any> maker_of() {
  return [] { return make_any<Machine>(device::virt_map::ram, board.memory_size); };
}

/// Runs it on both; `look(pair)` sees where they stopped.
template <class Any> void agree_on(const maker<Any> &make, const std::vector<u8> &code, u64 n, u64 steps,
                                   const std::function<void(bench_pair<reference, Any> &)> &look) {
  for (const u64 longest : {u64{1}, u64{30}, u64{2000}}) {
    const lockstep_options options{n, steps, longest, 100};
    const auto make_pair = [&] {
      auto pair = std::make_unique<bench_pair<reference, Any>>(make(), board, "typed");
      BOOST_REQUIRE((pair->load(device::virt_map::ram, code) && pair->boot(device::virt_map::ram)));
      return pair;
    };
    const auto pair = make_pair();
    if (lockstep(pair->reference, pair->subject, options, [&] { return pair->outside(); })) {
      const auto apart = lockstep_exactly(options, make_pair);
      BOOST_ERROR("program " << n << ": " << (apart ? describe(*apart) : "parted once, and not again"));
      return;
    }
    look(*pair);
  }
}

template <class Any> void runs_the_kernel(const maker<Any> &make) {
  const auto made = torture::assembled(torture::ram, std::string(prologue) + kernel + handler);
  agree_on<Any>(make, {made.bytes().begin(), made.bytes().end()}, 1, 100'000, [&](auto &pair) {
    const auto counted = [&](u64 entry) {
      u64 n = 0;
      BOOST_REQUIRE(pair.reference.read(gpa{*made.find("counts") + 8 * entry}, &n, 8));
      return n;
    };
    BOOST_TEST(counted(2) == 4U);      // mstatus, mtvec, pmpcfg0, mret
    BOOST_TEST(counted(5) == 1U);      // the CLINT
    BOOST_TEST(counted(9) == 0U);      // no call comes back as a trap
    BOOST_TEST(counted(16 + 1) == 1U); // the IPI
    BOOST_TEST(counted(16 + 5) >= 3U); // the timer
    auto &x = pair.subject.user().x;
    BOOST_TEST(x[9] == 1U); // a call is a trap: the reservation is gone
    BOOST_TEST(x[18] == u64{1} << 24);
    BOOST_TEST(x[20] == 8U);
    BOOST_TEST(x[21] == *made.find("user") + 0x40000000 + 4);
    BOOST_TEST(
        x[26] ==
        host::tree_address(board.memory_size, host::make_device_tree(pair.left.around.board().options()).size()).value);
    BOOST_TEST(pair.right.output.text() == "k");
    BOOST_TEST(pair.right.around.board().finished());
    BOOST_TEST((pair.right.around.board().verdict() == device::shutdown{device::shutdown::kind::fail, 1}));
  });
}

/// Calls of all extensions, and of some that are not there, with arguments that mean something and some that do not.
std::string random_calls(u64 n) {
  random_numbers random(n);
  const auto one_of = [&](std::initializer_list<u64> all) { return all.begin()[random.between(0, all.size() - 1)]; };
  std::string text = std::string(prologue) + "li t0, 0x222; csrw sie, t0; csrsi sstatus, 2\n";
  for (int i = 0; i < 30; ++i) {
    const u64 id = one_of({0x10, 0x54494d45, 0x735049, 0x52464e43, 0x52464e43, 0x48534d, 0, 1, 2, 3, 0x0868766b,
                           0x0868766b, 0x0868766b, 0x4442434e, ~u64{0}, 0x100000010, i > 25 ? 0x53525354U : 8U});
    const auto argument = [&] {
      return one_of({0,          0,          0,          1,          1,           2,
                     7,          64,         0x1000,     0x80000000, 0x80000001,  0x80020000,
                     0x800fffff, 0x80100000, 0xc0000000, ~u64{0},    ~u64{0} - 1, u64{1} << 63,
                     random(),   id});
    };
    text += "li a7, " + std::to_string(static_cast<i64>(id)) + "; li a6, " +
            std::to_string(one_of({0, 0, 1, 2, 3, 4, 5, 6, 99, u64{1} << 31})) + "\n";
    for (int a = 0; a < 5; ++a)
      text += "li a" + std::to_string(a) + ", " + std::to_string(static_cast<i64>(argument())) + ";";
    text +=
        "lr.d t0, (s11); ecall; sc.d t1, t0, (s11); add s5, s5, t1; slli s5, s5, 1; add s5, s5, a0; add s5, s5, a1\n";
  }
  return text + "end: j end\n" + handler;
}

template <class Any> void serves_at_random(const maker<Any> &make) {
  u64 stopped = 0, programs = amount(15, 200, 5000);
  for (u64 n = seed() * 1'000'000; n < seed() * 1'000'000 + programs; ++n)
    agree_on<Any>(make, bytes_of_text(random_calls(n)), n, 3000, [&](auto &pair) {
      BOOST_TEST(pair.left.around.board().state().services.served > 0U);
      stopped += pair.reference.steps() < 3000 ? 1 : 0;
    });
  BOOST_TEST(stopped > 0U);
}

} // namespace

BOOST_AUTO_TEST_CASE(blocks_on_the_bare_machine) {
  runs_the_kernel(maker_of<fast>());
  serves_at_random(maker_of<fast>());
}
BOOST_AUTO_TEST_CASE_TEMPLATE(every_vm, Guest, every_guest<cpu_type>) {
  BOOST_TEST_CONTEXT(name_of<Guest>()) {
    runs_the_kernel(maker_of<Guest>());
    serves_at_random(maker_of<Guest>());
  }
}
