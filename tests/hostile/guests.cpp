// SPDX-License-Identifier: BSL-1.0
// Guests that attack, each in every composition: the host comes back when the budget says so, nothing outside the guest
// changes, nothing is allocated, and the guest sees what it would see on the bare machine.
#include <cstdlib>
#include <new>

#include <boost/test/unit_test.hpp>

#include "support/compositions.hpp"
#include "support/gate.hpp"
#include "support/torture/bench.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {
u64 allocations = 0;
} // namespace

[[gnu::noinline]] void *operator new(std::size_t size) {
  ++allocations;
  if (void *p = std::malloc(size != 0 ? size : 1))
    return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void *p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void *p, std::size_t) noexcept { std::free(p); }

namespace {

using torture::cpu_type;

/// Makes a translated supervisor of the machine: an identity map by 1 GiB leaves at `tables`, everything allowed.
constexpr const char *supervisor = R"(
    la t0, trap; csrw mtvec, t0; csrw stvec, t0
    li t0, -1; csrw pmpaddr0, t0; li t0, 0x1f; csrw pmpcfg0, t0
    li s0, 0x80010000                 # tables
    li t0, 0x200000cf; sd t0, 16(s0)  # 0x80000000 to itself
    li t0, 0xcf; sd t0, 0(s0)
    li s1, 0x8000000000080010; csrw satp, s1
    la t0, inner; csrw mepc, t0; li t0, 1 << 11; csrs mstatus, t0; mret
)";
/// A handler that goes on behind the instruction, and back to where ra points if that was not to be fetched.
constexpr const char *skipping = R"(
    .align 2
    trap: csrr t6, mcause; addi t5, t6, -1; beqz t5, back; addi t5, t6, -12; beqz t5, back
    csrr t6, mepc; addi t6, t6, 4; csrw mepc, t6; mret
    back: csrw mepc, ra; mret
)";

struct attack {
  const char *name;
  std::string text;
};
std::string translated(const char *body) { return std::string(supervisor) + ".align 2\ninner:\n" + body + skipping; }

const attack attacks[] = {
    {"jumps into nowhere, everywhere",
     std::string("la t0, trap; csrw mtvec, t0; li s0, 1\n"
                 "again: jalr s0; slli s0, s0, 1; addi s0, s0, 2; bnez s0, again; li s0, 1; j again\n") +
         skipping},
    {"runs over the end of memory",
     "li t0, 0x8003fff0; li t1, 0x00010001; sw t1, 0(t0); sw t1, 4(t0); sw t1, 8(t0); sw t1, 12(t0)\n"
     "jr t0"},
    {"writes over its tables", translated("again: sd s2, 0(s0); sd s2, 8(s0); addi s2, s2, 1; ecall; j again")},
    {"writes over all of memory", "la t0, trap; csrw mtvec, t0; li s0, 0x80001000\n"
                                  "again: sd s0, 0(s0); addi s0, s0, 8; j again\n" +
                                      std::string(skipping)},
    {"tables that map themselves", translated(R"(
        li t0, 0x20004001; sd t0, 24(s0)          # slot 3 leads to the root
        li t0, 0x200040cf; sd t0, 32(s0)          # slot 4 is a misaligned leaf
        li s2, 0xc0600000                         # slot 3, 3, 0
      again: ld t1, 0(s2); sd t1, 8(s2); addi s2, s2, 2000; sfence.vma; j again)")},
    {"a hundred thousand roots", std::string(supervisor) + R"(
      .align 2
      inner: addi s2, s2, 1; slli t0, s2, 44; xor t0, t0, s1; csrw satp, t0; ld t1, 64(s0); j inner
    )" + skipping},
    {"a flood of table entries", translated(R"(
        li t0, 0x20004401; sd t0, 24(s0)          # slot 3: a table of 2 MiB leaves
        li s3, 0x80011000; li s4, 0x200000cf; li s5, 0xc0000000
      again: addi s2, s2, 8; slli t1, s2, 52; srli t1, t1, 52; add t0, t1, s3
        sd s4, 0(t0); slli t2, t1, 18; add t2, t2, s5; ld t3, 0(t2); amoxor.d t4, s4, (t0); ld t3, 0(t2); j again)")},
    {"waits for ever", "csrw mie, zero; again: wfi; j again"},
    {"waits for what never comes",
     "li t0, 0x888; csrw mie, t0; li t1, 0x2004000; li t0, -1; sd t0, 0(t1); again: wfi; j again"},
    {"has no trap vector", "li t0, 0x123456789000; csrw mtvec, t0; ecall"},
    {"has a trap vector at zero", "ecall"},
    {"faults in its handler", "la t0, again; csrw mtvec, t0; .align 2\nagain: ld t1, 0(zero); j again"},
    {"reaches for addresses at the edges", std::string("la t0, trap; csrw mtvec, t0\n") + R"(
      la s0, list
      again: ld s1, 0(s0); ld t1, 0(s1); sd t1, 0(s1); ld t1, -8(s1); sd t1, -8(s1); lw t1, -2(s1); sw t1, -2(s1)
        amoadd.d t1, t1, (s1); lr.d t1, (s1); sc.d t1, t1, (s1); lb t1, -1(s1); sb t1, -1(s1); jalr s1
        addi s0, s0, 8; lw t2, 0(s0); bnez t2, again; la s0, list; j again
      .align 3
      list: .dword 0x1, 0x7fffffff, 0x80040000, 0x80040001, 0x100000001, 0x4000000001, 0x100000000000001, 0x7fffffffffffffff
            .dword 0x8000000000000001, 0xffffffffffffffff, 0xfffffffffffffff8, 0xffffffc000000001, 0x3fffffffff, 0
    )" + skipping},
    {"pokes at every device and hole", std::string("la t0, trap; csrw mtvec, t0\n") + R"(
      li s0, 0x101000
      again: ld t1, 0(s0); sd t1, 0(s0); lw t1, 4(s0); sw t1, 4(s0); lbu t1, 1(s0); sb t1, 1(s0); li t2, 0x81004; add s0, s0, t2
        li t2, 0x7fffffff; and s0, s0, t2; j again
    )" + skipping},
    {"walks tables in devices", std::string(supervisor) + R"(
      .align 2
      inner: li s2, 0x8000000000002000; csrw satp, s2; nop; nop
    )" + skipping},
    {"closes protection on itself", "li t0, -1; csrw pmpaddr0, t0; li t0, 0x98; csrw pmpcfg0, t0; nop; nop"},
    {"toggles protection", std::string("la t0, trap; csrw mtvec, t0\n") + R"(
      again: addi s0, s0, 1; csrw pmpaddr3, s0; slli t0, s0, 27; csrw pmpcfg0, t0; ld t1, 0(ra); j again
    )" + skipping},
    {"rewrites what it runs", R"(
      la s0, here; li s1, 0x00150513; li s2, 0x00158593
      again: sw s1, 0(s0)
      here: addi a0, a0, 0; sw s2, 8(s0); nop; la s0, here; xor s1, s1, s2; xor s2, s1, s2; xor s1, s1, s2; j again)"},
};

/// Frames of the hardware's memory: poisoned but for a guest's, and how many are not as they were.
class canaries {
public:
  canaries(hardware::physical_memory &memory, const guest_memory &spared) : memory_(memory), seen_(memory.size() / 8) {
    std::vector<bool> spare(memory.size() / frame_size);
    for (u64 i = 0; i < spared.frame_count(); ++i)
      spare[frame_number(spared.frame(i).value)] = true;
    for (u64 at = 0; at < memory.size(); at += 8)
      if (!spare[frame_number(at)])
        store(at, 0xdeadbeef00000000 + at);
  }
  /// From here on everything must stay.
  void look() { static_cast<void>(memory_.read(hpa{0}, seen_.data(), memory_.size())); }
  [[nodiscard]] bool same(hpa frame) const {
    return std::memcmp(memory_.host(frame), &seen_[frame.value / 8], frame_size) == 0;
  }

private:
  void store(u64 at, u64 value) { std::memcpy(memory_.host(hpa{at}), &value, sizeof value); }
  hardware::physical_memory &memory_;
  std::vector<u64> seen_;
};

struct deaf final : device::byte_sink {
  void put(u8) override {}
};

/// A board whose console goes nowhere.
template <class Machine> struct quiet_board {
  deaf output;
  device::queued_bytes input{""};
  device::virt_board board;
  explicit quiet_board(Machine &m) : board(options(), m, m, output, input) {}
  static device::virt_board_options options() {
    device::virt_board_options o;
    o.memory_size = torture::frames * frame_size;
    return o;
  }
};

torture::program program_of(const attack &a) {
  const auto code = torture::assembled(torture::ram, a.text);
  torture::program p;
  p.image.assign(code.bytes().begin(), code.bytes().end());
  p.entry = torture::ram;
  return p;
}

template <class Guest> void withstand(const attack &a, u64 steps) {
  using vmm_type = monitor<typename Guest::composition>;
  BOOST_TEST_CONTEXT(a.name << ", " << name_of<Guest>()) {
    const auto p = program_of(a);
    torture::bench<torture::reference_machine> bare(p);
    constexpr u64 all = u64{8} << 20;
    vmm_type vmm({.memory = all});
    const vm_options size{.memory = torture::frames * frame_size, .base = gpa{torture::ram}};
    auto *attacker = vmm.create(size);
    auto *victim = vmm.create(size);
    BOOST_REQUIRE((attacker != nullptr && victim != nullptr));
    canaries around(vmm.memory(), attacker->memory());
    quiet_board outside(attacker->vcpu());
    attacker->attach(outside.board);
    BOOST_REQUIRE(attacker->write(gpa{torture::ram}, p.image.data(), p.image.size()));
    attacker->vcpu().reset(gva{p.entry});
    around.look();
    const auto victim_system = victim->vcpu().system();

    static_cast<void>(vmm.run(*attacker, 100)); // what is set up once
    const u64 before = allocations;
    const auto why = vmm.run(*attacker, steps - 100);
    BOOST_TEST(allocations == before);
    BOOST_TEST((why.reason == exit_reason::budget ? attacker->steps() == steps : attacker->steps() < steps));
    BOOST_TEST((why.reason == exit_reason::budget || why.reason == exit_reason::waiting));

    static_cast<void>(bare.machine().run(100));
    static_cast<void>(bare.machine().run(steps - 100));
    BOOST_TEST((bare.machine().user() == attacker->vcpu().user()));
    BOOST_TEST((bare.machine().system() == attacker->vcpu().system()));

    u64 changed = 0;
    for (u64 at = 0; at < all; at += frame_size)
      changed += around.same(hpa{at}) ? 0 : 1;
    for (u64 i = 0; i < victim->memory().frame_count(); ++i)
      BOOST_REQUIRE(around.same(victim->memory().frame(i)));
    // All that may have changed is the attacker's memory and frames that hold, or held, shadow tables.
    using paging_type = std::decay_t<decltype(attacker->translation())>;
    BOOST_TEST(changed <= torture::frames + paging_type::table_limit);
    BOOST_TEST((victim->vcpu().system() == victim_system));
  }
}

} // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(every_attack, Guest, every_guest<cpu_type>) {
  for (const attack &a : attacks)
    withstand<Guest>(a, amount(100'000, 3'000'000, 30'000'000));
}
