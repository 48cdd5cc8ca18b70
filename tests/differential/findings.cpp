// SPDX-License-Identifier: BSL-1.0
// The shortest programs for what random ones once found, in lock-step with the reference in every composition.
#include <boost/test/unit_test.hpp>

#include "support/compositions.hpp"
#include "support/torture/bench.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

template <class Any>
void agree_on(const torture::program &p, const std::string &composition, const torture::machine_maker<Any> &machine) {
  for (const u64 longest : {u64{1}, u64{7}, u64{1000}}) {
    const auto make = [&] {
      return std::make_unique<torture::bench_pair<torture::reference_machine, Any>>(p, machine());
    };
    const auto apart = lockstep_exactly({1, 2000, longest, 1}, make);
    if (apart)
      BOOST_ERROR(composition << ", budgets up to " << longest << ": " << describe(*apart));
  }
}

void agree(const std::string &text) {
  using cpu_type = torture::cpu_type;
  const auto code = torture::assembled(torture::ram, text);
  torture::program p;
  p.image.assign(code.bytes().begin(), code.bytes().end());
  p.entry = torture::ram;
  using by_blocks = hardware::bare_machine<cpu_type, engine::blocks>;
  agree_on(p, "bare, blocks", torture::maker_of<by_blocks>());
  mp::mp_for_each<mp::mp_transform<mp::mp_identity, every_guest<cpu_type>>>(
      [&]<class Guest>(mp::mp_identity<Guest>) { agree_on(p, name_of<Guest>(), torture::maker_of<Guest>()); });
}

} // namespace

// Inside a block, a trap that a row raises before it touches memory was lost.
BOOST_AUTO_TEST_CASE(misaligned_atomic_in_a_block) {
  agree(R"(
      la t0, handler; csrw mtvec, t0; li a0, 0x80001002
      addi a1, a1, 1
      amoadd.w a2, a1, (a0)
      addi a3, a3, 1
      lr.d a2, (a0)
      addi a3, a3, 1
      sc.w a2, a1, (a0)
      addi a3, a3, 1
    end: j end
    handler: csrr t1, mepc; addi t1, t1, 4; csrw mepc, t1; mret
  )");
}

// What a jump led to was remembered under an address mixed with a number for its context; a guest could jump to an
// address that, mixed with another number, looked the same.
BOOST_AUTO_TEST_CASE(jump_to_an_address_like_a_remembered_one) {
  agree(R"(
      la t0, handler; csrw mtvec, t0; la s0, function
      li s1, 127
      jalr s0; jalr s0        # remembered
      sfence.vma              # under another number from here on
    again:
      slli t1, s1, 40; xor t1, t1, s0
      jalr t1                 # no memory there
      addi s1, s1, -1; bnez s1, again
    end: j end
    function: addi a3, a3, 1; ret
    handler: csrw mepc, ra; mret
  )");
}

// Code that is written again and again until the arena for decoded code is used up.
BOOST_AUTO_TEST_CASE(arena_for_decoded_code_used_up) {
  std::string text = "la s0, again; lw s1, 0(s0); li s2, 70000\nagain: sw s1, 0(s0)\n";
  for (int i = 0; i < 60; ++i)
    text += "addi a" + std::to_string(i % 6) + ", a" + std::to_string((i + 1) % 6) + ", " + std::to_string(i) + "\n";
  const auto code = torture::assembled(torture::ram, text + "addi s2, s2, -1; bnez s2, again\nend: j end");
  torture::program p;
  p.image.assign(code.bytes().begin(), code.bytes().end());
  p.entry = torture::ram;
  torture::bench_pair<torture::reference_machine, hardware::bare_machine<torture::cpu_type, engine::blocks>> pair(p);
  const auto apart = lockstep(pair.reference, pair.subject, {1, 4'500'000, 50'000, 1}, [&] { return pair.outside(); });
  BOOST_TEST(!apart, (apart ? describe(*apart) : ""));
}

// Code that runs on from one page into another one, which is then mapped elsewhere: no finding, but random programs
// hardly ever do it twice.
BOOST_AUTO_TEST_CASE(next_page_is_mapped_elsewhere) {
  agree(R"(
      la t0, handler; csrw mtvec, t0; li t0, -1; csrw pmpaddr0, t0; li t0, 0x1f; csrw pmpcfg0, t0
      li s0, 0x80010000; li s1, 0x80012000
      li t0, 0x200000cf; sd t0, 16(s0)            # slot 2: 0x80000000 to itself
      li t0, 0x20004401; sd t0, 8(s0); li t1, 0x80011000; li t0, 0x20004801; sd t0, 0(t1)
      li t0, 0x200010cf; sd t0, 0(s1); li s2, 0x200014cf; li s3, 0x200018cf; sd s2, 8(s1)
      li t0, 0x80004ff8; li t1, 0x0000001300000013; sd t1, 0(t0)       # nop; nop; and on into the next page
      li t0, 0x80005000; li t1, 0x0000806700150513; sd t1, 0(t0)       # a0 += 1; ret
      li t0, 0x80006000; li t1, 0x0000806700158593; sd t1, 0(t0)       # a1 += 1; ret
      li t0, 0x8000000000080010; csrw satp, t0
      la t0, inner; csrw mepc, t0; li t0, 1 << 11; csrs mstatus, t0; mret
    .align 2
    inner: li s4, 0x40000ff8; li s5, 20
    again: jalr s4; jalr s4; jalr s4; xor s2, s2, s3; xor s3, s2, s3; xor s2, s2, s3; sd s2, 8(s1); sfence.vma
      addi s5, s5, -1; bnez s5, again
    end: j end
    .align 2
    handler: csrr t1, mepc; addi t1, t1, 4; csrw mepc, t1; mret
  )");
}

// A fetch that fails is no instruction: the one before it was counted twice.
BOOST_AUTO_TEST_CASE(fetch_that_fails_is_counted_as_no_instruction) {
  using machine = single_guest<composition<torture::cpu_type>>;
  const auto code =
      torture::assembled(torture::ram, "la t0, end; csrw mtvec, t0; li t1, 64; jr t1\n.align 2\nend: j end");
  torture::program p;
  p.image.assign(code.bytes().begin(), code.bytes().end());
  p.entry = torture::ram;
  torture::bench<machine> b(p);
  static_cast<void>(b.machine().run(100));
  BOOST_TEST(b.machine().guest().count().by_row[torture::row::csrrw] == 1u);
  BOOST_TEST(b.machine().guest().count().guest_traps == 1u);
}
