// SPDX-License-Identifier: BSL-1.0
// What holds for several guests on one hardware: time that passes while one waits changes nothing of what it does, a
// guest that waits costs no work, making one costs little memory, and ending one gives everything back.
#include <array>
#include <cstdlib>
#include <fstream>
#include <new>
#include <string>
#include <tuple>

#include <boost/test/unit_test.hpp>

#include <hvkit/device/virt_guest.hpp>
#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/policy/scheduler/proportional.hpp>
#include <hvkit/vmm/vmm.hpp>

#include "support/torture/bench.hpp"

namespace {
hvkit::u64 allocated = 0; ///< bytes that were asked of the host
} // namespace

[[gnu::noinline]] void *operator new(std::size_t size) {
  allocated += size;
  if (void *p = std::malloc(size != 0 ? size : 1))
    return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void *p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void *p, std::size_t) noexcept { std::free(p); }

using namespace hvkit;
using namespace hvkit::tests;

namespace {

using torture::cpu_type;
using hypervisor_type = vmm<cpu_type, engine::blocks>;
using fair_type = vmm<cpu_type, engine::blocks, scheduler::proportional<>>;

/// Has the timer wake it, later each time by what s3 says, in ticks; counts in s2, and keeps mtime in s4.
constexpr auto sleeping = R"(
    la t0, trap; csrw mtvec, t0; li t0, 0x80; csrw mie, t0; csrsi mstatus, 8
    li s0, 0x200bff8; li s1, 0x2004000; li s3, 100
  again: addi s3, s3, 37; ld t1, 0(s0); add t1, t1, s3; sd t1, 0(s1); wfi; j again
    .align 2
  trap: ld s4, 0(s0); addi s2, s2, 1; li t1, -1; sd t1, 0(s1); mret
)";
/// The same, but the first wake-ups find the interrupt disabled: waiting goes on to the next one.
constexpr auto sleeping_deeply = R"(
    la t0, trap; csrw mtvec, t0; li t0, 0x800; csrw mie, t0; csrsi mstatus, 8
    li s1, 0x2004000; li t1, 400; sd t1, 0(s1); wfi; j .
    .align 2
  trap: addi s2, s2, 1; mret
)";
constexpr auto counting = "count: addi a0, a0, 1; j count";

torture::program program_of(const char *text) {
  const auto code = torture::assembled(torture::ram, text);
  torture::program p;
  p.image.assign(code.bytes().begin(), code.bytes().end());
  p.entry = torture::ram;
  return p;
}
device::virt_board_options small() {
  device::virt_board_options o;
  o.memory_size = torture::frames * frame_size;
  return o;
}

/// A guest that does what `text` says, with a board.
template <class Vmm> struct seated {
  device::virt_guest<Vmm> around;
  seated(Vmm &vmm, const char *text) : around(vmm, small()) {
    BOOST_REQUIRE(around.start(torture::assembled(torture::ram, text)));
  }
  [[nodiscard]] auto &vm() { return around.vm(); }
  /// After a step more it is what the bare machine is after as many.
  void check_against_bare(Vmm &vmm, const char *text) {
    static_cast<void>(vmm.run(vm(), 1));
    torture::bench<torture::reference_machine> bare(program_of(text));
    static_cast<void>(bare.machine().run(vm().steps()));
    BOOST_TEST((bare.board().state() == around.board().state()));
    BOOST_TEST((bare.machine().user() == vm().vcpu().user()));
    BOOST_TEST((bare.machine().system() == vm().vcpu().system()));
  }
};

/// A board that counts how often it is asked.
struct counted_board final : hardware::board {
  mutable u64 asked = 0;
  hardware::bus none;
  [[nodiscard]] const hardware::bus &devices() const override { return none; }
  [[nodiscard]] u64 next_event() const override { return ++asked, hardware::never; }
  void advance(u64) override { ++asked; }
  [[nodiscard]] bool finished() const override { return ++asked, false; }
  [[nodiscard]] const hardware::tick_source *ticks() const override { return nullptr; }
  [[nodiscard]] hypercall_services *hypercalls() override { return nullptr; }
};

/// A guest without a board.
template <class Vmm> auto &plain(Vmm &vmm, const char *text) {
  auto &guest = *vmm.create({.memory = 64_KiB, .base = gpa{torture::ram}});
  const auto code = torture::assembled(torture::ram, text);
  BOOST_REQUIRE(guest.write(gpa{torture::ram}, code.bytes().data(), code.bytes().size()));
  guest.vcpu().reset(gva{torture::ram});
  return guest;
}

/// Bytes of memory that the host has given this program.
u64 resident() {
  std::ifstream about("/proc/self/smaps_rollup");
  std::string word;
  for (u64 kibibytes = 0; about >> word;)
    if (word == "Rss:" && about >> kibibytes)
      return kibibytes << 10;
  return 0;
}

} // namespace

using both_types = std::tuple<hypervisor_type, fair_type>;
BOOST_AUTO_TEST_CASE_TEMPLATE(who_sleeps_among_others_does_what_it_does_alone, Vmm, both_types) {
  for (const u64 steps : {u64{3'000}, u64{100'000}, u64{1'234'567}}) {
    Vmm hypervisor({.memory = 8_MiB});
    seated<Vmm> first(hypervisor, sleeping), second(hypervisor, sleeping);
    auto &busy = plain(hypervisor, counting);
    for (u64 part = 0; part < 3;
         ++part) { // whoever calls sees no difference, and whose time is up meanwhile is not late
      BOOST_TEST((hypervisor.run(steps).reason == exit_reason::budget));
      BOOST_TEST((hypervisor.run(busy, 7'000).reason == exit_reason::budget));
    }
    BOOST_TEST((hypervisor.run(1).reason == exit_reason::budget));
    BOOST_TEST(first.vm().steps() + second.vm().steps() + busy.steps() == 3 * steps + 21'001);
    BOOST_TEST(busy.steps() > steps / 2);
    first.check_against_bare(hypervisor, sleeping);
    second.check_against_bare(hypervisor, sleeping);
  }
}

BOOST_AUTO_TEST_CASE(time_is_the_hardwares_while_others_run_and_jumps_when_nobody_does) {
  hypervisor_type hypervisor({.memory = 8_MiB});
  seated<hypervisor_type> sleeper(hypervisor, sleeping);
  auto &busy = plain(hypervisor, counting);
  constexpr u64 steps = 1'000'000;
  static_cast<void>(hypervisor.run(steps));
  // It is behind the hardware by no more than what it has not been given yet.
  BOOST_TEST(sleeper.vm().now() <= steps);
  BOOST_TEST(sleeper.around.user().x[18] > 50U);
  hypervisor.destroy(busy);
  const u64 before = sleeper.vm().now();
  static_cast<void>(hypervisor.run(1000));
  BOOST_TEST(sleeper.vm().now() - before > 100'000U); // it has waited for most of it
  sleeper.check_against_bare(hypervisor, sleeping);
}

BOOST_AUTO_TEST_CASE(an_event_that_wakes_nobody_lets_it_sleep_on) {
  hypervisor_type hypervisor({.memory = 8_MiB});
  seated<hypervisor_type> sleeper(hypervisor, sleeping_deeply);
  auto &busy = plain(hypervisor, counting);
  static_cast<void>(hypervisor.run(100'000));
  BOOST_TEST(sleeper.vm().waits());
  BOOST_TEST(sleeper.vm().turns() == 1U);
  BOOST_TEST(sleeper.vm().now() >= 800U); // the timer's time has come
  static_cast<void>(busy);
  // A line that the host raises wakes it: at the hardware's time.
  sleeper.around.board().line(1).set(true);
  sleeper.vm().vcpu().set_level(11, true);
  static_cast<void>(hypervisor.run(10));
  BOOST_TEST(!sleeper.vm().waits());
  BOOST_TEST(sleeper.vm().now() >= 100'000U);
}

BOOST_AUTO_TEST_CASE(a_reset_ends_the_wait) {
  hypervisor_type hypervisor({.memory = 8_MiB});
  auto &guest = plain(hypervisor, "csrw mie, zero; wfi; addi a1, a1, 1; j .");
  BOOST_TEST((hypervisor.run(1000).reason == exit_reason::waiting));
  BOOST_TEST((hypervisor.run(1000).reason == exit_reason::waiting)); // and again: it is not let go
  BOOST_TEST(guest.vcpu().user().x[11] == 0U);
  guest.vcpu().reset(gva{torture::ram + 8});
  BOOST_TEST((hypervisor.run(1000).reason == exit_reason::budget));
  BOOST_TEST(guest.vcpu().user().x[11] == 1U);
}

BOOST_AUTO_TEST_CASE(nothing_is_done_for_who_waits) {
  const auto asked = [](u64 steps) {
    hypervisor_type hypervisor({.memory = 8_MiB});
    auto &idle = plain(hypervisor, "li t0, 0x800; csrw mie, t0; wait: wfi; j wait");
    counted_board board;
    idle.attach(board);
    static_cast<void>(plain(hypervisor, counting));
    static_cast<void>(hypervisor.run(steps));
    BOOST_TEST(idle.turns() == 1U);
    return board.asked;
  };
  BOOST_TEST(asked(100'000) == asked(20'000'000));
}

BOOST_AUTO_TEST_CASE(a_guest_stops_where_it_was_told) {
  hypervisor_type hypervisor({.memory = 8_MiB});
  auto &first = plain(hypervisor, counting), &second = plain(hypervisor, counting);
  first.stop_at(123'456);
  BOOST_TEST((hypervisor.run(1'000'000).reason == exit_reason::budget));
  BOOST_TEST(first.steps() == 123'456U);
  BOOST_TEST(second.steps() == 1'000'000U - 123'456);
  second.stop_at(second.steps() + 1);
  BOOST_TEST((hypervisor.run().reason == exit_reason::host));
  BOOST_TEST(first.steps() + second.steps() == 1'000'001U);
}

BOOST_AUTO_TEST_CASE(who_is_gone_leaves_nothing_behind) {
  hypervisor_type hypervisor({.memory = 4_MiB});
  auto &stays = plain(hypervisor, counting);
  static_cast<void>(hypervisor.run(1000));
  const u64 before = hypervisor.free_frames();
  for (u64 round = 0; round < 100; ++round) {
    // Each is loaded where the one before it was, and must not run its code.
    const std::string text = "li a0, " + std::to_string(round) + "; sd a0, 512(sp); j .";
    auto &guest = *hypervisor.create({.memory = 2_MiB, .base = gpa{torture::ram}});
    BOOST_TEST(guest.number() == 1U);
    std::array<u8, frame_size> bytes{};
    for (u64 i = 0; i < guest.memory().frame_count(); ++i) {
      BOOST_REQUIRE(guest.read(gpa{torture::ram} + i * frame_size, bytes.data(), frame_size));
      BOOST_REQUIRE((bytes == std::array<u8, frame_size>{}));
    }
    const auto code = torture::assembled(torture::ram, text);
    BOOST_REQUIRE(guest.write(gpa{torture::ram}, code.bytes().data(), code.bytes().size()));
    guest.vcpu().reset(gva{torture::ram});
    guest.vcpu().user().x[2] = torture::ram + 1_MiB + round * frame_size;
    static_cast<void>(hypervisor.run(120'000));
    BOOST_TEST(guest.vcpu().user().x[10] == round);
    BOOST_TEST(hypervisor.free_frames() < before);
    hypervisor.destroy(guest);
    BOOST_REQUIRE(hypervisor.free_frames() == before);
  }
  // The next one has no code, and none of theirs.
  auto &empty = *hypervisor.create({.memory = 2_MiB, .base = gpa{torture::ram}});
  empty.vcpu().reset(gva{torture::ram});
  static_cast<void>(hypervisor.run(empty, 10));
  BOOST_TEST(empty.vcpu().user().x[10] == 0U);
  BOOST_TEST(empty.vcpu().user().retired == 0U);
  BOOST_TEST(stays.steps() > 1'000'000U);
}

BOOST_AUTO_TEST_CASE(a_guest_costs_less_than_a_mebibyte_beyond_its_memory) {
  constexpr u64 count = 16, memory = 128_MiB, most = 1_MiB;
  hypervisor_type hypervisor({.memory = (count + 1) * memory});
  static_cast<void>(hypervisor.create({.memory = memory})); // what is made once
  const u64 frames = hypervisor.free_frames(), asked = allocated, given = resident();
  BOOST_REQUIRE(given != 0U);
  for (u64 i = 1; i < count; ++i)
    BOOST_REQUIRE(hypervisor.create({.memory = memory}) != nullptr);
  const u64 tables = (frames - hypervisor.free_frames()) * frame_size - (count - 1) * memory;
  BOOST_TEST(tables / (count - 1) < most / 8);
  BOOST_TEST((allocated - asked + tables) / (count - 1) < most);
  // What is set aside by address alone is no memory: the host gives it when it is written.
  BOOST_TEST((resident() - given + tables) / (count - 1) < most);
  BOOST_TEST_MESSAGE("a guest of 128 MiB costs " << (allocated - asked) / (count - 1) << " bytes asked for, "
                                                 << (resident() - given) / (count - 1) << " given, and "
                                                 << tables / (count - 1) << " of the hardware's memory");
}
