// SPDX-License-Identifier: BSL-1.0
// Guests that reach for what is not theirs, beside others on the same hardware, in every composition: no byte of a
// neighbour's memory, of its CPU or of the VMM's tables for it changes, and what it does is what it does alone.
#include <array>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <hvkit/device/virt_board.hpp>

#include "support/compositions.hpp"
#include "support/gate.hpp"
#include "support/torture/bench.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

using torture::cpu_type;
using format = cpu_type::page_format;

/// Goes on behind the instruction, and back to where ra points if that was not to be fetched.
constexpr const char *skipping = R"(
    .align 2
    trap: csrr t6, mcause; addi t5, t6, -1; beqz t5, back; addi t5, t6, -12; beqz t5, back
    csrr t6, mepc; addi t6, t6, 4; csrw mepc, t6; mret
    back: csrw mepc, ra; mret
)";
/// A supervisor whose root, at `s0`, has memory at its own address by a 1 GiB leaf. Attackers and victims have the same
/// root at the same address, with the same ASID.
constexpr const char *supervisor = R"(
    la t0, trap; csrw mtvec, t0
    li t0, -1; csrw pmpaddr0, t0; li t0, 0x1f; csrw pmpcfg0, t0
    li s0, 0x80010000
    li t0, 0x200000cf; sd t0, 16(s0)
    li s1, 0x8000000000080010; csrw satp, s1
    la t0, inner; csrw mepc, t0; li t0, 1 << 11; csrs mstatus, t0; mret
    .align 2
    inner:
)";

struct attack {
  const char *name;
  std::string text;
};
const attack attacks[] = {
    {"reads and writes every frame that an address could name", std::string(R"(
        la t0, trap; csrw mtvec, t0; li s3, 1 << 56; li s4, 0x80000000; li s5, 0x4000
      anew: li s2, 0; li s6, 0x400000; call sweep       # the hardware's own
        li s2, 0x7fff0000; li s6, 0x80080000; call sweep # its own, and what is around that
        li s7, 0x100000000
      far: mv s2, s7; li t0, 0x2000; add s6, s7, t0; call sweep; slli s7, s7, 1; bltu s7, s3, far; j anew
      sweep: sub t0, s2, s4; bltu t0, s5, next          # but for its code
        ld t1, 0(s2); sd s3, 0(s2); sd s3, 2040(s2); amoadd.d t1, s3, (s2)
      next: li t0, 0x1000; add s2, s2, t0; bltu s2, s6, sweep; ret
    )") + skipping},
    {"maps every frame of the hardware, and writes through that", std::string(supervisor) + R"(
        li t0, 0x20004401; sd t0, 0(s0)           # slot 0: by a table of 2 MiB leaves, and by one of pages
        li t0, 0x20004801; li t1, 0x80011000; sd t0, 0(t1)
        li s3, 0x80012000; li s6, 0xcf
      again: li t0, 0; 
      fill: slli t1, t0, 10; or t1, t1, s6; slli t2, t0, 3; add t2, t2, s3; sd t1, 0(t2)
        slli t3, t0, 12; sd t3, 0(t3); ld t3, 8(t3); addi t0, t0, 1; slti t1, t0, 512; bnez t1, fill
        li t1, 0x80011000; li t2, 0xcf; sd t2, 8(t1); li t2, 0x800cf; sd t2, 16(t1)
        sfence.vma; li t0, 0x200000; sd t0, 0(t0); li t0, 0x400000; sd t0, 0(t0); j again
    )" + skipping},
    {"takes for its root what may be a neighbour's", std::string(supervisor) + R"(
      again: addi s2, s2, 1; andi t0, s2, 2047; li t1, 8 << 60; or t0, t0, t1; csrw satp, t0
        ld t1, 0(s0); csrw satp, s1; ld t1, 0(s0); j again
    )" + skipping},
    {"has as many roots and tables as there can be", std::string(supervisor) + R"(
        li t0, 0x20004401; sd t0, 24(s0); li s3, 0x80011000; li s4, 0x20004801; li t2, 512
        fill: sd s4, 0(s3); addi s3, s3, 8; addi t2, t2, -1; bnez t2, fill
        li t0, 0x200000cf; li t1, 0x80012000; sd t0, 0(t1); li s5, 0xc0000000
      again: addi s2, s2, 1; slli t0, s2, 44; xor t0, t0, s1; csrw satp, t0
        slli t1, s2, 55; srli t1, t1, 34; add t1, t1, s5; ld t2, 0(t1); sd t2, 64(t1); j again
    )" + skipping},
    {"rewrites the code that others have at the same address",
     "la s0, here; li s1, 0x00150513; li s2, 0x00158593\n"
     "again: sw s1, 0(s0); here: addi a0, a0, 0; xor s1, s1, s2; xor s2, s1, s2; xor s1, s1, s2; j again"},
    {"has a disk write where it wants", std::string(R"(
        la t0, trap; csrw mtvec, t0; li s0, 0x10001000
      anew: la s7, list
      again: sw zero, 0x70(s0); li t0, 3; sw t0, 0x70(s0)
        li t0, 1; sw t0, 0x24(s0); sw t0, 0x20(s0); li t0, 11; sw t0, 0x70(s0)
        li t0, 8; sw t0, 0x38(s0)
        li s1, 0x80010000; sw s1, 0x80(s0); sw zero, 0x84(s0)
        li s4, 0x80011000; sw s4, 0x90(s0); sw zero, 0x94(s0)
        li t0, 0x80012000; sw t0, 0xa0(s0); sw zero, 0xa4(s0)
        li t0, 1; sw t0, 0x44(s0); li t0, 15; sw t0, 0x70(s0)
        li s6, 0x80013000; sd zero, 0(s6); sd zero, 8(s6)
        sd s6, 0(s1); li t0, 16; sw t0, 8(s1); li t0, 0x10001; sw t0, 12(s1)
        ld t0, 0(s7); sd t0, 16(s1); lw t0, 8(s7); sw t0, 24(s1); li t0, 0x20003; sw t0, 28(s1)
        addi t0, s6, 16; sd t0, 32(s1); li t0, 1; sw t0, 40(s1); li t0, 2; sw t0, 44(s1)
        sh zero, 4(s4); li t0, 1; sh t0, 2(s4); sw zero, 0x50(s0)
        sw zero, 0x44(s0); lw t0, 0(s7); sw t0, 0xa0(s0); lw t0, 4(s7); sw t0, 0xa4(s0)   # and its ring, there
        li t0, 1; sw t0, 0x44(s0); li t0, 2; sh t0, 2(s4); sw zero, 0x50(s0)
        addi s7, s7, 16; lw t0, 8(s7); bnez t0, again; j anew
      .align 3
      list: .dword 0x80014000, 512,  0, 512,  0x1000, 0x8000,  0x40000, 0x10000,  0x7ffffe00, 1024,  0x8003fe00, 1024
            .dword 0x80040000, 512,  0x100000, 0x10000,  0x200000, 0x200000,  0xfffffffffffffe00, 1024, 0x8000000080014000, 512
            .dword 0, 0
    )") + skipping},
};

/// Counts, in memory, by pages and under a timer, for ever.
const std::string victim_text =
    std::string("li t0, 0x80; csrw mie, t0; li s2, 0x2004000; li s3, 100; sd s3, 0(s2)\n") + supervisor + R"(
        li s4, 0x80020000
      again: ld t0, 0(s4); addi t0, t0, 1; sd t0, 0(s4); slli t1, t0, 55; srli t1, t1, 52; add t1, t1, s4
        sd t0, 8(t1); csrrw t2, sscratch, t0; add a0, a0, t2; j again
      .align 2
      trap: csrw mscratch, t0; addi s3, s3, 100; sd s3, 0(s2); addi s5, s5, 1; csrr t0, mscratch; mret
    )";
constexpr u64 memory_size = torture::frames * frame_size;

template <class Core> struct seat {
  Core &guest;
  device::memory_disk disk{std::vector<u8>(0x10000, 0xaa)};
  device::machine_access<Core> memory{guest};
  device::collected_bytes output{0};
  device::queued_bytes input;
  device::virt_board board{options(), guest.vcpu(), guest.vcpu(), output, input, &memory};

  seat(Core &in, const std::string &text) : guest(in) {
    guest.attach(board);
    const auto code = torture::assembled(torture::ram, text);
    BOOST_REQUIRE(guest.write(gpa{torture::ram}, code.bytes().data(), code.bytes().size()));
    guest.vcpu().reset(gva{torture::ram});
  }
  device::virt_board_options options() {
    device::virt_board_options o;
    o.memory_size = memory_size;
    o.storage = &disk;
    return o;
  }
};

/// The frames that a guest has, its own and those of the VMM's tables for it. No leaf leads out of the guest's memory.
template <class Guest> std::set<u64> frames_of(Guest &guest, bool with_memory = true) {
  std::set<u64> own, tables;
  for (u64 i = 0; i < guest.memory().frame_count(); ++i)
    own.insert(guest.memory().frame(i).value);
  const std::function<void(u64, unsigned)> walk = [&](u64 table, unsigned level) {
    tables.insert(table);
    for (u64 slot = 0; slot < frame_size / 8; ++slot) {
      const u64 e = *guest.hardware_memory().template load<u64>(hpa{table + 8 * slot});
      if (format::is_valid(e) && !format::is_leaf(e))
        walk(format::target(e), level - 1);
      for (u64 at = 0; format::is_valid(e) && format::is_leaf(e) && at < bit(format::shift(level)); at += frame_size)
        BOOST_REQUIRE(own.contains(format::target(e) + at));
    }
  };
  if constexpr (std::is_same_v<typename Guest::composition::paging, paging::nested>)
    guest.translation().each_root([&](std::size_t, hpa top) { walk(top.value, format::levels - 1); });
  else
    guest.translation().each_root([&](const auto &, const auto &, hpa top) { walk(top.value, format::levels - 1); });
  if (with_memory)
    tables.insert(own.begin(), own.end());
  return tables;
}

template <class Guest> std::vector<u8> bytes_of(Guest &guest, const std::set<u64> &frames) {
  std::vector<u8> all;
  for (const u64 f : frames) {
    const u8 *bytes = guest.hardware_memory().host(hpa{f});
    all.insert(all.end(), bytes, bytes + frame_size);
  }
  return all;
}

/// It is what the bare machine is after as many steps.
template <class Core> void check_against_bare(seat<Core> &victim) {
  torture::program p;
  const auto code = torture::assembled(torture::ram, victim_text);
  p.image.assign(code.bytes().begin(), code.bytes().end());
  p.entry = torture::ram;
  torture::bench<hardware::bare_machine<cpu_type, engine::blocks>> bare(p);
  static_cast<void>(bare.machine().run(victim.guest.steps()));
  BOOST_TEST((bare.machine().user() == victim.guest.vcpu().user()));
  BOOST_TEST((bare.machine().system() == victim.guest.vcpu().system()));
  std::vector<u8> left(memory_size), right(memory_size);
  BOOST_REQUIRE(bare.machine().read(gpa{torture::ram}, left.data(), memory_size));
  BOOST_REQUIRE(victim.guest.read(gpa{torture::ram}, right.data(), memory_size));
  BOOST_TEST((left == right));
}

template <class Guest> void withstand(const attack &a, u64 steps) {
  BOOST_TEST_CONTEXT(a.name << ", " << name_of<Guest>()) {
    using vmm_type = monitor<typename Guest::composition>;
    using guest_type = typename vmm_type::guest;
    constexpr u64 all = 4_MiB;
    vmm_type vmm({.memory = all});
    const vm_options size{.memory = memory_size, .base = gpa{torture::ram}};
    auto &asleep = *vmm.create(size), &attacker = *vmm.create(size), &busy = *vmm.create(size);
    seat<guest_type> sleeps(asleep, victim_text), attacks_all(attacker, a.text), works(busy, victim_text);

    static_cast<void>(vmm.run(asleep, 5000));
    asleep.stop_at(5000);
    const auto own = frames_of(asleep);
    const auto before = bytes_of(asleep, own);
    const auto user = asleep.vcpu().user();
    const auto system = asleep.vcpu().system();
    const auto count = asleep.count();

    BOOST_TEST((vmm.run(steps).reason == exit_reason::budget));

    BOOST_TEST((frames_of(asleep) == own));
    BOOST_TEST((bytes_of(asleep, own) == before));
    BOOST_TEST((asleep.vcpu().user() == user));
    BOOST_TEST((asleep.vcpu().system() == system));
    BOOST_TEST((asleep.count() == count));
    BOOST_TEST(busy.steps() >= steps / 3);
    check_against_bare(works);

    // Whoever has no frame has written to none: all others are as the hardware made them, or were cleaned.
    std::set<u64> owned = own;
    for (auto *guest : {&attacker, &busy})
      owned.merge(frames_of(*guest));
    const std::array<u8, frame_size> zeros{};
    for (u64 f = 0; f < all; f += frame_size)
      if (!owned.contains(f))
        BOOST_REQUIRE(std::memcmp(vmm.memory().host(hpa{f}), zeros.data(), frame_size) == 0);
    for (auto *guest : {&attacker, &asleep, &busy})
      vmm.destroy(*guest);
    BOOST_TEST(vmm.free_frames() == all / frame_size);
  }
}

} // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(every_attack, Guest, every_guest<cpu_type>) {
  for (const attack &a : attacks)
    withstand<Guest>(a, amount(300'000, 3'000'000, 30'000'000));
}

BOOST_AUTO_TEST_CASE(the_disk_does_write) {
  monitor<composition<cpu_type>> vmm({.memory = 4_MiB});
  auto &guest = *vmm.create({.memory = memory_size, .base = gpa{torture::ram}});
  seat<std::decay_t<decltype(guest)>> attacker(guest, std::end(attacks)[-1].text);
  static_cast<void>(vmm.run(100'000));
  u64 written = 0;
  BOOST_REQUIRE(guest.read(gpa{0x80014040}, &written, sizeof written));
  BOOST_TEST(written == 0xaaaaaaaaaaaaaaaa);
}
