// SPDX-License-Identifier: BSL-1.0
// Supervisor mode's own timer: who may use it, what STIP follows, and that its interrupt comes at the same instruction
// bare and in a VM. Source: RISC-V "Sstc" Extension for Supervisor-mode Timer Interrupts, version 1.0.0.
#include <boost/test/unit_test.hpp>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/device/virt_board.hpp>
#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/vmm/lockstep.hpp>
#include <hvkit/vmm/shipped.hpp>
#include <hvkit/vmm/single.hpp>

using namespace hvkit;

namespace {

using sstc = cpu::basic_rv64<cpu::rv64_knobs{.supervisor_timer = true}>;
constexpr u64 ram = 0x80000000, result = 0x8000;

/// Machine mode's part: physical memory is open, the supervisor timer delegated, in force and shared unless the
/// arguments say otherwise, then S goes on behind it. Traps to machine mode leave mcause at `result` and stop.
std::string as_supervisor(const std::string &in_force = "1", const std::string &shared = "2") {
  return R"(
    li t0, -1; csrw pmpaddr0, t0; csrwi pmpcfg0, 0x1f
    la t0, stop; csrw mtvec, t0
    li t0, )" +
         in_force + R"(; slli t0, t0, 63; csrw menvcfg, t0
    csrwi mcounteren, )" +
         shared + R"(
    li t0, 0x20; csrw mideleg, t0
    li t0, 0x800; csrw mstatus, t0
    la t0, supervisor; csrw mepc, t0
    mret
  stop:
    li t0, 0x80008000; csrr t1, mcause; sd t1, 0(t0)
  end:
    j end
    .align 4
  supervisor:
)";
}

template <class Machine> struct rig {
  Machine machine{gpa{ram}, 64_KiB};
  device::collected_bytes output;
  device::queued_bytes input;
  device::virt_board board;

  explicit rig(const std::string &text) : board(options(), machine.processor(), machine.processor(), output, input) {
    const auto code = isa::assemble_text<sstc>(ram, text);
    BOOST_TEST_REQUIRE(code.error == "");
    machine.attach(board);
    BOOST_TEST_REQUIRE(machine.write(gpa{ram}, code.bytes().data(), code.bytes().size()));
    machine.reset(gva{ram});
  }
  [[nodiscard]] static device::virt_board_options options() {
    device::virt_board_options o;
    o.memory_size = 64_KiB;
    o.instructions_per_tick = 10;
    return o;
  }
  [[nodiscard]] u64 word(u64 offset) {
    u64 value = 0;
    BOOST_TEST_REQUIRE(machine.read(gpa{ram + offset}, &value, sizeof value));
    return value;
  }
};

/// A clock of a hundred ticks: two of three are waited for, every third interrupts a loop.
const std::string clock_text = as_supervisor() + R"(
    la t0, tick; csrw stvec, t0
    li t0, 0x20; csrw sie, t0
    li s0, 0; li s1, 100; li s3, 3
    csrr s2, time
  next:
    addi s2, s2, 50; csrw stimecmp, s2
    rem t0, s0, s3
    beqz t0, interrupted
    wfi
    csrsi sstatus, 2
    j taken
  interrupted:
    csrsi sstatus, 2
    li t1, 900
  busy:
    addi t1, t1, -1
    bnez t1, busy
  taken:
    csrci sstatus, 2
    csrr s2, time
    bltu s0, s1, next
    ecall
    .align 4
  tick:
    csrr t2, time; bltu t2, s2, early
    csrr t3, sip; andi t3, t3, 0x20; beqz t3, early
    addi s0, s0, 1
    li t4, -1; csrw stimecmp, t4
    csrr t3, sip; andi t3, t3, 0x20; bnez t3, early
    sret
  early:
    ebreak
)";

using reference_machine = hardware::bare_machine<sstc, engine::step>;
template <class Subject> void keeps_time() {
  struct both {
    rig<reference_machine> left{clock_text};
    rig<Subject> right{clock_text};
    reference_machine &reference = left.machine;
    Subject &subject = right.machine;
    [[nodiscard]] std::string outside() const {
      return left.board.state() == right.board.state() ? "" : "the boards' devices";
    }
  };
  lockstep_options options;
  options.steps = 300'000;
  options.longest = 300;
  const auto apart = lockstep_exactly(options, [] { return std::make_unique<both>(); });
  BOOST_TEST(!apart, (apart ? describe(*apart) : ""));
  rig<Subject> alone(clock_text);
  static_cast<void>(alone.machine.run(300'000));
  BOOST_TEST(alone.word(result) == 9U); // the ecall that ends it, not the ebreak
  BOOST_TEST(alone.machine.user().x[8] == 100U);
}

/// mcause after `text` in supervisor mode.
u64 cause_of(const std::string &before, const std::string &text) {
  rig<reference_machine> r(before + text + "\necall");
  static_cast<void>(r.machine.run(200));
  return r.word(result);
}

} // namespace

BOOST_AUTO_TEST_CASE(at_the_same_instruction) {
  keeps_time<hardware::bare_machine<sstc, engine::blocks>>();
  keeps_time<single_guest<composition<sstc, engine::blocks>>>();
  keeps_time<single_guest<composition<sstc, technique::hybrid>>>();
  keeps_time<single_guest<composition<sstc, technique::interpretation>>>();
}
BOOST_AUTO_TEST_CASE(machine_mode_decides_who_may_use_it) {
  constexpr u64 illegal = 2, from_supervisor = 9;
  for (const char *text : {"csrr a0, stimecmp", "csrw stimecmp, a0"}) {
    BOOST_TEST(cause_of(as_supervisor(), text) == from_supervisor, text);
    BOOST_TEST(cause_of(as_supervisor("0"), text) == illegal, text);
    BOOST_TEST(cause_of(as_supervisor("1", "5"), text) == illegal, text);
  }
  BOOST_TEST(cause_of(as_supervisor("0"), "csrwi senvcfg, 1") == from_supervisor);
  BOOST_TEST(cause_of(as_supervisor(), "csrr a0, menvcfg") == illegal);
}
BOOST_AUTO_TEST_CASE(while_in_force_it_alone_says_what_is_pending) {
  constexpr const char *ask = R"(
    li t0, 0x20; csrw mip, t0
    csrr s2, mip
    li t0, 1; slli t0, t0, 63; csrw menvcfg, t0 # stimecmp is 0: due at once
    csrr s3, mip
    csrc mip, t0; li t0, 0x20; csrc mip, t0
    csrr s4, mip
    li t0, -1; csrw stimecmp, t0
    csrr s5, mip
    csrw menvcfg, x0
    csrr s6, mip
  done:
    j done
  )";
  rig<reference_machine> r(ask);
  static_cast<void>(r.machine.run(60));
  const auto pending = [&](unsigned s) { return r.machine.user().x[s] & 0x20; };
  BOOST_TEST(pending(18) == 0x20U); // as software wrote it
  BOOST_TEST(pending(19) == 0x20U);
  BOOST_TEST(pending(20) == 0x20U); // software cannot clear it
  BOOST_TEST(pending(21) == 0U);
  BOOST_TEST(pending(22) == 0x20U); // as software wrote it
}
