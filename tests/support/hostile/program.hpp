// SPDX-License-Identifier: BSL-1.0
// Decides what a hostile program is, and in which places such programs begin: in machine mode, as a supervisor with
// page tables, as the driver of a virtio device, or as a kernel that calls the VMM.
//
// A program counts its rounds in s11, so that it is seen that the attack took place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <hvkit/device/virt_options.hpp>

#include "support/bug_class.hpp"
#include "support/torture/bench.hpp"

namespace hvkit::tests::hostile {

struct program {
  bug_class of;
  std::string_view name;
  std::string text;
  u64 rounds = 1;   ///< it makes at least as many, in the first thousands of steps
  u64 failures = 0; ///< of a device, counted in s10: at least as many
  device::form devices = device::form::paravirtual;
  bool kernel = false; ///< it starts in supervisor mode, on a board that serves hypercalls
};

/// Where the parts of a program lie.
inline constexpr u64 tables = 0x80010000, table_ring = 0x80020000, driver_ring = 0x80021000, device_ring = 0x80022000,
                     header = 0x80023000, buffer = 0x80024000, indirect = 0x80025000, memory_end = 0x80040000;

/// A handler that goes on behind the instruction, and back to where ra points if that was not to be fetched.
inline constexpr const char *skipping = R"(
    .align 2
    trap: csrr t6, mcause; addi t5, t6, -1; beqz t5, back; addi t5, t6, -12; beqz t5, back
    csrr t6, mepc; addi t6, t6, 4; csrw mepc, t6; mret
    back: csrw mepc, ra; mret
)";

/// Machine mode, with that handler behind it.
[[nodiscard]] inline std::string machine(std::string_view body) {
  return "la t0, trap; csrw mtvec, t0; li s11, 0\n" + std::string(body) + skipping;
}

/// A supervisor: s0 is its root, devices and memory are mapped to themselves by leaves of 1 GiB. 0xc0000000, s7, is by
/// the tables s1 and s2: its first page leads to s3, by the entry s5, the second to s4, by s6; they hold 3 and 4. s8 is
/// satp. All traps go to machine mode, to `handler`.
[[nodiscard]] inline std::string supervisor(std::string_view body, std::string_view handler = skipping) {
  return R"(
    la t0, trap; csrw mtvec, t0; csrw stvec, t0; li s11, 0
    li t0, -1; csrw pmpaddr0, t0; li t0, 0x1f; csrw pmpcfg0, t0
    li s0, 0x80010000; li t0, 0xcf; sd t0, 0(s0); li t0, 0x200000cf; sd t0, 16(s0); li t0, 0x20004401; sd t0, 24(s0)
    li s1, 0x80011000; li t0, 0x20004801; sd t0, 0(s1)
    li s2, 0x80012000; li s5, 0x20004ccf; sd s5, 0(s2); li s6, 0x200050cf; sd s6, 8(s2)
    li s3, 0x80013000; li t0, 3; sd t0, 0(s3); li s4, 0x80014000; li t0, 4; sd t0, 0(s4); li s7, 0xc0000000
    li s8, 0x8000000000080010; csrw satp, s8; la t0, inner; csrw mepc, t0; li t0, 1 << 11; csrs mstatus, t0; mret
    .align 2
    inner:
)" + std::string(body) +
         std::string(handler);
}
/// A handler that does `action` on an ecall, and then goes on behind the instruction.
[[nodiscard]] inline std::string on_ecall(std::string_view action) {
  return "\n.align 2\ntrap: csrr t6, mcause; addi t6, t6, -9; bnez t6, skip\n" + std::string(action) +
         "\nskip: csrr t6, mepc; addi t6, t6, 4; csrw mepc, t6; mret\n";
}

/// The driver of the virtio device in `slot` (0 is the disk, 1 the console, 2 random numbers), in machine mode. Its
/// queue `queue` has eight places: s1 is the table, s2 the driver's ring, s3 the device's. s4 is a block device's
/// header, which reads sector 0, with the status 16 bytes behind it; s5 is a buffer. `kick` offers the chain at
/// descriptor 0; if the device failed it is set up anew, and s10 counts.
[[nodiscard]] inline std::string driver(std::string_view body, unsigned slot = 0, unsigned queue = 0) {
  return "li s0, " + std::to_string(0x10001000 + 0x1000 * slot) + "; li s8, " + std::to_string(queue) + R"(
    la t0, trap; csrw mtvec, t0; li s11, 0; li s10, 0
    li s1, 0x80020000; li s2, 0x80021000; li s3, 0x80022000; li s4, 0x80023000; li s5, 0x80024000
    call begin
    j inner
    begin:
      sw zero, 0x70(s0); li t0, 3; sw t0, 0x70(s0)
      sw zero, 0x24(s0); li t0, 1 << 28; sw t0, 0x20(s0); li t0, 1; sw t0, 0x24(s0); sw t0, 0x20(s0)
      li t0, 11; sw t0, 0x70(s0); sw s8, 0x30(s0); li t0, 8; sw t0, 0x38(s0)
      sw s1, 0x80(s0); sw zero, 0x84(s0); sw s2, 0x90(s0); sw zero, 0x94(s0); sw s3, 0xa0(s0); sw zero, 0xa4(s0)
      sw zero, 0(s2); sw zero, 0(s3)
      li t0, 1; sw t0, 0x44(s0); li t0, 15; sw t0, 0x70(s0); ret
    kick:
      lhu t0, 2(s2); andi t1, t0, 7; slli t1, t1, 1; add t1, t1, s2; sh zero, 4(t1); addi t0, t0, 1; sh t0, 2(s2)
    ring:
      sw s8, 0x50(s0); lw t0, 0x60(s0); sw t0, 0x64(s0); add a0, a0, t0; addi s11, s11, 1
      lw t0, 0x70(s0); andi t0, t0, 64; bnez t0, failed; ret
    failed: addi s10, s10, 1; mv s9, ra; call begin; mv ra, s9; ret
    inner:
)" + std::string(body) +
         skipping;
}

/// Descriptor `n` of the table at `in`.
enum descriptor_flag : unsigned { last = 0, next = 1, writes = 2, nested = 4 };
[[nodiscard]] inline std::string descriptor(u64 n, u64 address, u64 length, unsigned flags = last, u64 then = 0,
                                            u64 in = table_ring) {
  const u64 rest = (length & low_bits(32)) | u64{flags} << 32 | then << 48;
  const auto constant = [](u64 value) { return std::to_string(static_cast<i64>(value)); };
  return "li t0, " + constant(in + 16 * n) + "; li t1, " + constant(address) + "; sd t1, 0(t0); li t1, " +
         constant(rest) + "; sd t1, 8(t0)\n";
}
/// A request of a block device: header, one piece of data, status. It reads sector 0 unless the header says otherwise.
[[nodiscard]] inline std::string block_request(u64 data, u64 length, unsigned flags = writes) {
  return descriptor(0, header, 16, next, 1) + descriptor(1, data, length, flags | next, 2) +
         descriptor(2, header + 16, 1, writes);
}

/// A kernel of supervisor mode that calls the VMM; traps go on behind the instruction. `ask` makes the call in a6, a7
/// with the arguments a0 to a5, and sums up what it says; there was a reservation before.
[[nodiscard]] inline std::string kernel(std::string_view body) {
  return R"(
    la t0, trap; csrw stvec, t0; li s11, 0; la s9, trap; j inner
    ask: lr.w t0, (s9); ecall; sc.w t1, t0, (s9); add s5, s5, t1; slli s5, s5, 1; add s5, s5, a0; add s5, s5, a1; addi s11, s11, 1; ret
    .align 2
    trap: csrr t6, scause; addi t5, t6, -1; beqz t5, back; addi t5, t6, -12; beqz t5, back
    csrr t6, sepc; addi t6, t6, 4; csrw sepc, t6; sret
    back: csrw sepc, ra; sret
    .align 2
    inner:
)" + std::string(body);
}

[[nodiscard]] inline torture::program image_of(const program &p) {
  const auto code = torture::assembled(torture::ram, p.text);
  return {{code.bytes().begin(), code.bytes().end()}, torture::ram};
}

} // namespace hvkit::tests::hostile
