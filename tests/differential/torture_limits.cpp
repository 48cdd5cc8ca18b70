// SPDX-License-Identifier: BSL-1.0
// Random programs where something runs out or changes hands: the VMM's memory, the arena for decoded code, the
// hardware shared by two guests, memory written and machines reset from outside.
#include <boost/test/unit_test.hpp>

#include "support/compositions.hpp"
#include "support/gate.hpp"
#include "support/torture/audit.hpp"
#include "support/torture/lockstep.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

using by_blocks = composition<torture::cpu_type, engine::blocks>;

/// A board of its own for a machine that has none.
template <class Machine> struct around {
  device::collected_bytes output;
  device::queued_bytes input;
  device::virt_board board;
  explicit around(Machine &m, device::virt_board_options o = {})
      : board((o.memory_size = torture::frames * frame_size, o), m, m, output, input) {}
};

} // namespace

BOOST_AUTO_TEST_CASE(hardly_any_memory_for_shadow_tables) {
  constexpr u64 least = paging::shadow_tables<torture::sv39>::reserved;
  for (const u64 spare : {least, least + 1, least + 5})
    torture::run_in_lockstep<single_guest<by_blocks>>(
        amount(100, 5'000, 300'000), 3000, [](auto &pair) { BOOST_REQUIRE(pair.subject.guest().count().add_up()); },
        spare * frame_size);
}

BOOST_AUTO_TEST_CASE(two_guests_on_one_hardware) {
  const u64 first = seed() * 1'000'000 + 700'000;
  for (u64 n = first; n < first + amount(100, 5'000, 300'000); ++n) {
    monitor<by_blocks> vmm({.memory = u64{8} << 20});
    struct side {
      torture::program p;
      torture::bench<torture::reference_machine> reference;
      monitor<by_blocks>::guest *guest;
      around<virtual_cpu<torture::cpu_type>> outside;
      side(u64 number, monitor<by_blocks> &v)
          : p(torture::make_program(number)), reference(p),
            guest(v.create({.memory = torture::frames * frame_size, .base = gpa{torture::ram}})),
            outside(guest->vcpu()) {
        guest->attach(outside.board);
        static_cast<void>(guest->memory().write(gpa{torture::ram}, p.image.data(), p.image.size()));
        guest->vcpu().reset(gva{p.entry});
      }
    };
    side sides[] = {{n, vmm}, {n + 1, vmm}};
    random_numbers random(n);
    for (int turn = 0; turn < 40; ++turn) {
      side &s = sides[random.between(0, 1)];
      const u64 budget = random.between(1, 300);
      const auto left = s.reference.machine().run(budget);
      const auto right = vmm.run(*s.guest, budget);
      BOOST_REQUIRE(left.reason == right.reason);
      BOOST_REQUIRE_MESSAGE(s.reference.machine().user() == s.guest->vcpu().user() &&
                                s.reference.machine().system() == s.guest->vcpu().system(),
                            "programs " << n << ", turn " << turn);
    }
  }
}

namespace {

/// Runs one program, replaces memory by another one and resets: from then on the machine must be like a new one.
template <class Any> void like_new_after_reset(const torture::machine_maker<Any> &make) {
  const u64 first = seed() * 1'000'000 + 800'000;
  for (u64 n = first; n < first + amount(100, 5'000, 300'000); ++n) {
    const auto next = torture::make_program(n + 1);
    torture::bench<torture::reference_machine> fresh(next);
    torture::bench<Any> used(torture::make_program(n), make());
    auto &machine = used.machine();
    static_cast<void>(machine.run(500 + n % 100));
    std::vector<u8> memory(torture::frames * frame_size);
    std::copy(next.image.begin(), next.image.end(), memory.begin());
    BOOST_REQUIRE(machine.write(gpa{torture::ram}, memory.data(), memory.size()));
    machine.reset(gva{next.entry});
    around board(machine.processor());
    machine.attach(board.board);
    const auto apart = lockstep(fresh.machine(), machine, {n, 2000, 200, 10}, [] { return std::string(); });
    BOOST_REQUIRE_MESSAGE(!apart, "program " << n << ": " << (apart ? describe(*apart) : ""));
  }
}

/// Now and then the host writes another program's pages under the running one, as a device by DMA would.
template <class Any> void writes_from_outside(const torture::machine_maker<Any> &make) {
  const u64 first = seed() * 1'000'000 + 900'000;
  for (u64 n = first; n < first + amount(100, 5'000, 300'000); ++n) {
    torture::bench_pair<torture::reference_machine, Any> pair(torture::make_program(n), make());
    const auto other = torture::make_program(n + 1);
    random_numbers random(n);
    for (int round = 0; round < 30; ++round) {
      const u64 budget = random.between(1, 150);
      static_cast<void>(pair.reference.run(budget));
      static_cast<void>(pair.subject.run(budget));
      const std::string apart = difference(pair.reference, pair.subject, true, [&] { return pair.outside(); });
      BOOST_REQUIRE_MESSAGE(apart.empty(), "program " << n << ", round " << round << ": " << apart);
      const u64 at =
          random.between(torture::code_frame, torture::image_frames - 1) * frame_size + 8 * random.between(0, 500);
      const u64 size = random.between(1, 3) == 1 ? 3 * frame_size : random.between(1, 64);
      const u64 fits = std::min(size, other.image.size() - at);
      BOOST_REQUIRE(pair.reference.write(gpa{torture::ram + at}, &other.image[at], fits));
      BOOST_REQUIRE(pair.subject.write(gpa{torture::ram + at}, &other.image[at], fits));
    }
  }
}

} // namespace

BOOST_AUTO_TEST_CASE(reset_of_the_bare_machine_by_blocks) {
  like_new_after_reset(torture::maker_of<hardware::bare_machine<torture::cpu_type, engine::blocks>>());
}
BOOST_AUTO_TEST_CASE(reset_of_the_bare_machine_by_step) {
  like_new_after_reset(torture::maker_of<torture::reference_machine>());
}
BOOST_AUTO_TEST_CASE_TEMPLATE(reset_of_a_guest, Guest, every_guest<torture::cpu_type>) {
  like_new_after_reset(torture::maker_of<Guest>());
}
BOOST_AUTO_TEST_CASE(writes_from_outside_to_the_bare_machine) {
  writes_from_outside(torture::maker_of<hardware::bare_machine<torture::cpu_type, engine::blocks>>());
}
BOOST_AUTO_TEST_CASE_TEMPLATE(writes_from_outside_to_a_guest, Guest, every_guest<torture::cpu_type>) {
  writes_from_outside(torture::maker_of<Guest>());
}

namespace {

/// Supervisor code runs under open protection; after a reset the same program leaves it closed.
template <class Any> void reset_closes_protection(const torture::machine_maker<Any> &make) {
  const auto code = torture::assembled(torture::ram, R"(
      la t0, handler; csrw mtvec, t0; la t0, inner; csrw mepc, t0
      la t0, open; lw t0, 0(t0); li t1, -1
      beqz t0, closed; csrw pmpaddr0, t1; csrw pmpcfg0, t0
    closed:
      li t0, 1 << 11; csrs mstatus, t0; mret
    .align 4
    inner: la t1, next; jr t1
    next: addi a0, a0, 1; la t1, inner; jr t1
    handler: j handler
    open: .word 0x1f
  )");
  torture::program p;
  p.image.assign(code.bytes().begin(), code.bytes().end());
  p.entry = torture::ram;
  torture::bench<Any> b(p, make());
  static_cast<void>(b.machine().run(200));
  BOOST_TEST(b.machine().user().x[10] > 10u);
  const u32 nothing = 0;
  BOOST_REQUIRE(b.machine().write(gpa{*code.find("open")}, &nothing, sizeof nothing));
  b.machine().reset(gva{p.entry});
  static_cast<void>(b.machine().run(200));
  BOOST_TEST(b.machine().user().x[10] == 0u);
  BOOST_TEST(b.machine().user().pc == *code.find("handler"));
}

} // namespace

BOOST_AUTO_TEST_CASE(reset_closes_protection_of_the_bare_machine) {
  reset_closes_protection(torture::maker_of<torture::reference_machine>());
  reset_closes_protection(torture::maker_of<hardware::bare_machine<torture::cpu_type, engine::blocks>>());
}
BOOST_AUTO_TEST_CASE_TEMPLATE(reset_closes_protection_of_a_guest, Guest, every_guest<torture::cpu_type>) {
  reset_closes_protection(torture::maker_of<Guest>());
}
