// SPDX-License-Identifier: BSL-1.0
// Any stores to page tables, with accesses, fences and changes of rights between: in a VMM with shadow page tables the
// guest comes to the same as on the bare machine. The guest is a small interpreter, its program the input.
#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/vmm/single.hpp>

#include "support/fuzz/target.hpp"
#include "support/torture.hpp"
#include "support/torture/bench.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

/// s0 is at the next record: an address, a value, what to do with both. It lies by a 1 GiB leaf that stays, like the
/// code itself; the tables below slots 3 and 4 are what changes.
constexpr const char *interpreter = R"(
    la t0, trap; csrw mtvec, t0; li t0, -1; csrw pmpaddr1, t0; li t0, 0x1f1f; csrw pmpcfg0, t0
    li t0, 0x200053ff; csrw pmpaddr0, t0; li s0, 0x80030000; li s1, 0x8000000000080010; csrw satp, s1
    la t0, next; csrw mepc, t0; li t0, 1 << 11; csrs mstatus, t0; mret
  .align 3
  next: ld t0, 0(s0); ld t1, 8(s0); ld t2, 16(s0); addi s0, s0, 24; la t3, table; add t3, t3, t2; jr t3
  .align 3
  table:
    sd t1, 0(t0); j next
    sw t1, 0(t0); j next
    sh t1, 0(t0); j next
    sb t1, 0(t0); j next
    amoswap.d a0, t1, (t0); j next
    amoxor.w a0, t1, (t0); j next
    ld a0, 0(t0); j next
    lw a1, 0(t0); j next
    lbu a2, 0(t0); j next
    sfence.vma; j next
    sfence.vma t0; j next
    csrw sstatus, t1; j next
    lr.d a3, (t0); j next
    sc.d a4, t1, (t0); j next
    jalr a5, 0(t0); j next
    ecall; j next
    end: j end; nop
  .align 2
  trap: csrr t4, mcause; addi t5, t4, -9; beqz t5, guard; addi t5, t4, -12; beqz t5, lost
    addi t5, t4, -1; beqz t5, lost; csrr t4, mepc; addi t4, t4, 4; csrw mepc, t4; mret
  guard: csrr t4, pmpcfg0; xori t4, t4, 0x1f; ori t4, t4, 0x18; csrw pmpcfg0, t4; csrr t4, mepc; addi t4, t4, 4
    csrw mepc, t4; mret
  lost: la t4, next; csrw mepc, t4; li t4, 3 << 11; csrc mstatus, t4; li t4, 1 << 11; csrs mstatus, t4; mret
)";
constexpr u64 operations = 17, longest = 300, records = 0x80030000;
constexpr u64 root = 0x80010000, middle = 0x80011000, leaves = 0x80012000, other = 0x80013000, data = 0x80014000;

u64 entry(fuzz::taker &in) {
  const u64 kind = in.take();
  const u64 flags = kind % 4 == 0 ? in.take() : (0xcf & ~(kind & 8)) | (kind & 16);
  const u64 frame = 0x80010 + in.take() % 16;
  return (kind % 8 == 7 ? u64{0x80000} : frame) << 10 | (kind >= 128 && kind < 160 ? 1 : flags);
}
/// In a table, by one of its addresses; or in the windows that change.
u64 some_address(fuzz::taker &in, bool table) {
  const u64 kind = in.take(), n = in.take() % 32;
  if (table && kind < 192)
    return (kind < 16   ? root + 24 + 8 * (n % 2)
            : kind < 64 ? middle + 8 * (n % 8)
                        : (kind < 128 ? leaves : other) + 8 * n) +
           (n == 31 ? 4 : 0);
  const u64 page = in.take() % 16, window = kind % 2 != 0 ? 0xc0000000 : 0x100000000;
  return window + (kind % 8) / 2 * 0x200000 + page * 0x1000 + (n == 0 ? 0xffc : 8 * n);
}

/// The interpreter, tables to begin with, and the input as its records.
torture::program program_of(std::span<const u8> input) {
  static const auto code = torture::assembled(torture::ram, interpreter);
  torture::program p{std::vector<u8>(torture::frames * frame_size), torture::ram};
  const auto put = [&](u64 at, u64 value) { std::memcpy(&p.image[at - torture::ram], &value, 8); };
  std::copy(code.bytes().begin(), code.bytes().end(), p.image.begin());
  put(root + 16, 0x200000cf);
  put(root + 24, middle >> 2 | 1);
  put(root + 32, other >> 2 | 1);
  put(middle, leaves >> 2 | 1);
  put(middle + 8, other >> 2 | 1);
  for (u64 n = 0; n < 16; ++n)
    put(leaves + 8 * n, (data + n % 4 * frame_size) >> 2 | 0xcf);
  u64 at = records;
  for (fuzz::taker in(input); !in.empty() && at < records + 24 * longest; at += 24) {
    const u64 what = in.take() % (operations - 1);
    put(at + 16, 8 * what);
    put(at, some_address(in, what < 6));
    put(at + 8, what == 11 ? (in.take() % 4) << 18 | 0x100 : entry(in));
  }
  put(at + 16, 8 * (operations - 1));
  return p;
}

using subject = single_guest<composition<cpu::rv64, engine::blocks>>;

} // namespace

void fuzz::target(std::span<const u8> input) {
  const auto p = program_of(input);
  const auto make = [&] {
    return std::make_unique<torture::bench_pair<torture::reference_machine, subject>>(
        p, std::make_unique<subject>(gpa{torture::ram}, torture::frames * frame_size, u64{1} << 20));
  };
  constexpr u64 to_begin = 100, of_a_record = 30; // steps, a trap included
  const lockstep_options options{seed(), to_begin + of_a_record * std::min<u64>(input.size() / 4, longest), 400, 8};
  const auto pair = make();
  if (lockstep(pair->reference, pair->subject, options, [&] { return pair->outside(); })) {
    const auto apart = lockstep_exactly(options, make);
    check(false, apart ? describe(*apart) : "parted once, and not again");
  }
}

std::vector<std::vector<u8>> fuzz::seeds() { return random_inputs(64, 600); }
const u64 fuzz::quick_runs = 200;
