// SPDX-License-Identifier: BSL-1.0
// However long a guest runs, and whatever it does to its page tables, the host allocates nothing for it once the VM is
// there: all that the VMM keeps is made with it, and what runs out is taken from what is there.
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <new>

#include "support/gate.hpp"
#include "support/torture/bench.hpp"

namespace {
hvkit::u64 allocations = 0;
}

[[gnu::noinline]] void *operator new(std::size_t size) {
  ++allocations;
  if (void *const p = std::malloc(size != 0 ? size : 1))
    return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void *p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void *p, std::size_t) noexcept { std::free(p); }

using namespace hvkit;
using namespace hvkit::tests;

namespace {

/// A supervisor that changes the leaf entry in s1 s10 times, and reads through it after a fence each time; then takes
/// s11 other roots, the same tables under other addresses spaces, and does it through each. What it read is summed in
/// a0.
constexpr const char *guest_text = R"(
    li t0, -1; csrw pmpaddr0, t0; li t0, 0x1f; csrw pmpcfg0, t0
    li t1, 0x80010000; li t0, 0x200000cf; sd t0, 16(t1)     # 1 GiB at 0x80000000 as it lies
    li t0, 0x20004401; sd t0, 24(t1)                        # 0xc0000000 by two tables
    li t1, 0x80011000; li t0, 0x20004801; sd t0, 0(t1)
    li s1, 0x80012000; li s2, 0x200050cf; sd s2, 0(s1)      # to 0x80014000 and 0x80015000
    li t0, 0x80014000; li t1, 3; sd t1, 0(t0); li t0, 0x80015000; li t1, 5; sd t1, 0(t0)
    li s3, 0x8000000000080010; csrw satp, s3; li s4, 0xc0000000; li a0, 0; li s5, 0x400
    la t0, writes; csrw mepc, t0; li t0, 1 << 11; csrs mstatus, t0; mret
  .align 2
  writes:
    xor s2, s2, s5; sd s2, 0(s1); sfence.vma; ld t0, 0(s4); add a0, a0, t0
    addi s10, s10, -1; bnez s10, writes
    li s7, 0
  roots:
    addi s7, s7, 1; slli t0, s7, 48; srli t0, t0, 4; or t0, t0, s3
    csrw satp, t0; ld t0, 0(s4); add a0, a0, t0
    addi s11, s11, -1; bnez s11, roots
  end: j end
)";

template <class Any> void allocates_nothing(std::unique_ptr<Any> machine) {
  const u64 writes = amount(20'000, 1'000'000, 10'000'000), roots = amount(4'000, 100'000, 1'000'000);
  const auto code = torture::assembled(torture::ram, guest_text);
  torture::bench<Any> b({{code.bytes().begin(), code.bytes().end()}, torture::ram}, std::move(machine));
  b.machine().user().x[26] = writes;
  b.machine().user().x[27] = roots;
  const u64 before = allocations;
  static_cast<void>(b.machine().run(100 + 7 * writes + 9 * roots));
  const u64 made = allocations - before;
  BOOST_TEST(made == 0U);
  BOOST_TEST(b.machine().user().pc == *code.find("end"));
  // The first write leads to 0x80015000; the roots read what the last one left.
  BOOST_TEST(b.machine().user().x[10] == writes / 2 * 8 + roots * 3);
}

} // namespace

BOOST_AUTO_TEST_CASE(counting_works) {
  const u64 before = allocations;
  ::operator delete(::operator new(8)); // called by name: a new-expression may be optimized away
  BOOST_TEST(allocations == before + 1);
}
BOOST_AUTO_TEST_CASE(on_the_bare_machine) {
  allocates_nothing(make_any<torture::reference_machine>(gpa{torture::ram}, torture::frames * frame_size));
  allocates_nothing(make_any<hardware::bare_machine<torture::cpu_type, engine::blocks>>(gpa{torture::ram},
                                                                                        torture::frames * frame_size));
}
BOOST_AUTO_TEST_CASE_TEMPLATE(in_every_vm, Guest, rv64_guests) {
  BOOST_TEST_CONTEXT(name_of<Guest>()) {
    allocates_nothing<typename Guest::any>(make_any<Guest>(gpa{torture::ram}, torture::frames * frame_size));
  }
}
