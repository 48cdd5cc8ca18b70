// SPDX-License-Identifier: BSL-1.0
// Decides which guests attack by their devices: with rings full of lies, and by memory that devices write themselves.
#pragma once

#include "support/hostile/program.hpp"

namespace hvkit::tests::hostile {

namespace detail {
inline const std::string again = "again: call kick; j again\n";
/// Kicks with a request whose data are at `data`, each time from the list `places` of addresses; 0 ends the list.
[[nodiscard]] inline std::string at_each(const std::string &places, const std::string &use) {
  return "restart: la s6, places\nagain: ld s7, 0(s6); addi s6, s6, 8; beqz s7, restart\n" + use +
         "call kick; j again\n.align 3\nplaces: .dword " + places + ", 0\n";
}
} // namespace detail

[[nodiscard]] inline std::vector<program> descriptor_programs() {
  using enum bug_class;
  using detail::again;
  return {
      {descriptor_loop, "a descriptor that leads to itself", driver(descriptor(0, header, 16, next, 0) + again), 10, 5},
      {descriptor_loop, "two descriptors that lead to each other",
       driver(descriptor(0, header, 16, next, 1) + descriptor(1, buffer, 512, next | writes, 0) + again), 10, 5},
      {descriptor_loop, "a loop of all of the table, one descriptor too long", driver([] {
         std::string text;
         for (u64 n = 0; n < 8; ++n)
           text += descriptor(n, buffer + 64 * n, 64, next | (n > 3 ? writes : last), (n + 1) % 8);
         return text + again;
       }()),
       10, 5},
      {descriptor_loop, "an indirect table that names itself as an indirect table",
       driver(descriptor(0, indirect, 32, nested) + descriptor(0, indirect, 32, nested, 0, indirect) +
              descriptor(1, indirect, 32, nested | next, 1, indirect) + again),
       10, 5},
      {descriptor_loop, "an indirect table whose chain comes back",
       driver(descriptor(0, indirect, 48, nested) + descriptor(0, header, 16, next, 1, indirect) +
              descriptor(1, buffer, 512, next | writes, 2, indirect) +
              descriptor(2, buffer, 1, next | writes, 1, indirect) + again),
       10, 5},
      {descriptor_loop, "an indirect table of an odd size",
       driver(descriptor(0, indirect, 49, nested) + descriptor(0, header, 16, next, 1, indirect) +
              descriptor(1, buffer, 512, next | writes, 2, indirect) + descriptor(2, buffer, 1, writes, 0, indirect) +
              again),
       10, 5},
      {descriptor_loop, "a chain that leads out of the table",
       driver(descriptor(0, header, 16, next, 8) + descriptor(8, buffer, 512, writes) + again), 10, 5},

      {descriptor_without_bytes, "descriptors without bytes in a circle",
       driver(descriptor(0, buffer, 0, next, 1) + descriptor(1, buffer, 0, next, 0) + again), 10, 5},
      {descriptor_without_bytes, "a request without bytes",
       driver(descriptor(0, header, 0, next, 1) + descriptor(1, header + 16, 0, writes) + again), 10, 5},
      {descriptor_without_bytes, "data without bytes, and data that begin nowhere",
       driver(block_request(0, 0) + "again: call kick\n" + block_request(~u64{0}, 0) + "call kick; j again\n"), 10},
      {descriptor_without_bytes, "prints nothing, in 65535 requests at once",
       driver(descriptor(0, buffer, 0) + "again: lhu t0, 2(s2); addi t0, t0, -1; sh t0, 2(s2); call ring; j again\n", 1,
              1),
       10, 5},
      {descriptor_without_bytes, "asks for no random numbers", driver(descriptor(0, buffer, 0, writes) + again, 2), 10},
      {descriptor_without_bytes, "an indirect table without descriptors",
       driver(descriptor(0, indirect, 0, nested) + again), 10, 5},

      {dma_out_of_bounds, "data across the end of memory", driver(block_request(memory_end - 256, 512) + again), 10},
      {dma_out_of_bounds, "data before the beginning of memory", driver(block_request(torture::ram - 256, 512) + again),
       10},
      {dma_out_of_bounds, "data of 4 GiB", driver(block_request(buffer, 0xffffffff) + again), 10},
      {dma_out_of_bounds, "writes to the disk what is not memory",
       driver("li t0, 1; sw t0, 0(s4)\n" + block_request(memory_end - 8, 512, last) + again), 10},
      {dma_out_of_bounds, "rings across the end of memory", driver(R"(
        li s2, 0x8003fffe; li s3, 0x8003fffc; call begin; again: call kick; li s2, 0x80021000; li s3, 0x8003fffe
        call begin; call kick; li s3, 0x80022000; li s1, 0x8003fff8; call begin; call kick; li s1, 0x80020000
        li s2, 0x8003fffe; li s3, 0x8003fffc; call begin; j again)"),
       5},
      {dma_out_of_bounds, "header and status beyond memory",
       driver(descriptor(0, memory_end - 8, 16, next, 1) + descriptor(1, memory_end, 1, writes) + again), 10},

      {address_overflow, "data at addresses where a sum wraps",
       driver(block_request(buffer, 512) +
              detail::at_each("0xffffffffffffffff, 0xfffffffffffffe00, 0xffffffffffffff01, 0x8000000000000000, "
                              "0x7fffffffffffffff, 0x100000000, 0xffffffff, 0x180000000, 0x100000080000000, "
                              "0x8000000080000000, 0x80000000 - 1, 0x80040000 - 511",
                              "li t0, 0x80020010; sd s7, 0(t0)\n")),
       10},
      {address_overflow, "lengths and addresses that wrap together",
       driver(block_request(buffer, 512) +
              detail::at_each("0xffffffffffffffff, 0xffffffff80000001, 0xffffffff00000000, 0x80000001, 0x8003ffff",
                              "li t0, 0x80020010; sd s7, 0(t0); li t1, 0xffffffff; sw t1, 8(t0)\n")),
       10},
      {address_overflow, "rings at addresses where a sum wraps",
       driver(detail::at_each("0xfffffffffffffff0, 0xffffffffffffff80, 0x8000000000000000, 0x100000080020000, "
                              "0x180020000, 0x7ffffffffffffff0",
                              R"(
         sw zero, 0x44(s0); sw s7, 0x80(s0); srli t0, s7, 32; sw t0, 0x84(s0); li t1, 1; sw t1, 0x44(s0); call kick
         sw zero, 0x44(s0); sw s7, 0x90(s0); srli t0, s7, 32; sw t0, 0x94(s0); li t1, 1; sw t1, 0x44(s0); call kick
         sw zero, 0x44(s0); sw s7, 0xa0(s0); srli t0, s7, 32; sw t0, 0xa4(s0); li t1, 1; sw t1, 0x44(s0)
       )")),
       10, 1},
      {address_overflow, "sectors whose number of bytes wraps",
       driver(block_request(buffer, 512) +
              detail::at_each(
                  "0xffffffffffffffff, 0x80000000000000, 0x7fffffffffffff, 16, 15, 0xfffffffffffffff1, 1 << 63",
                  "sd s7, 8(s4); li t0, 1; sw t0, 0(s4)\n")),
       10},
      {address_overflow, "indirect tables whose size wraps",
       driver(descriptor(0, indirect, 0xfffffff0, nested) + again), 10, 5},
      {address_overflow, "reaches for addresses at the edges", machine(R"(
      la s0, list
      again: ld s1, 0(s0); ld t1, 0(s1); sd t1, 0(s1); ld t1, -8(s1); sd t1, -8(s1); lw t1, -2(s1); sw t1, -2(s1)
        amoadd.d t1, t1, (s1); lr.d t1, (s1); sc.d t1, t1, (s1); lb t1, -1(s1); sb t1, -1(s1); jalr s1
        addi s11, s11, 1; addi s0, s0, 8; lw t2, 0(s0); bnez t2, again; la s0, list; j again
      .align 3
      list: .dword 0x1, 0x7fffffff, 0x80040000, 0x80040001, 0x100000001, 0x4000000001, 0x100000000000001, 0x7fffffffffffffff
            .dword 0x8000000000000001, 0xffffffffffffffff, 0xfffffffffffffff8, 0xffffffc000000001, 0x3fffffffff, 0
    )")},
      {address_overflow, "sectors of an ATA drive beyond 2^48", machine(R"(
        li s0, 0x10200000
      again: li t0, 0x40; sb t0, 0x18(s0); li t0, 0xff; sb t0, 0x08(s0); sb t0, 0x0c(s0); sb t0, 0x10(s0); sb t0, 0x14(s0)
        sb t0, 0x08(s0); sb t0, 0x0c(s0); sb t0, 0x10(s0); sb t0, 0x14(s0); li t0, 0x24; sb t0, 0x1c(s0); lbu t1, 0x1c(s0)
        li t0, 0x34; sb t0, 0x1c(s0); sh t1, 0(s0); lbu t1, 0x04(s0); add a0, a0, t1; li t0, 0xef; sb t0, 0x18(s0)
        li t0, 0x20; sb t0, 0x1c(s0); lhu t1, 0(s0); add a0, a0, t1; addi s11, s11, 1; j again)"),
       10, 0, device::form::emulated},
  };
}

[[nodiscard]] inline std::vector<program> dma_programs() {
  using enum bug_class;
  using detail::again;
  return {
      // What the device reads twice, it may have written itself between.
      {double_fetch, "a device that writes over its own descriptors",
       driver(block_request(table_ring, 512) + "li t0, 1; sd t0, 8(s4)\nagain: call kick\n" +
              block_request(table_ring, 512) + "j again\n"),
       10},
      {double_fetch, "a device that writes over the request's header",
       driver(block_request(header, 512) + "again: call kick; sd zero, 0(s4); sd zero, 8(s4); j again\n"), 10},
      {double_fetch, "a device that writes over the driver's ring", driver(block_request(driver_ring, 512) + again), 10,
       1},
      {double_fetch, "rings that lie over each other",
       driver("mv s3, s2; call begin\n" + block_request(buffer, 512) + again), 10},
      {double_fetch, "rings that lie over the table",
       driver("mv s3, s1; call begin\nagain: " + block_request(buffer, 512) + "call kick; mv s2, s1; call begin\n" +
              block_request(buffer, 512) + "call kick; li s2, 0x80021000; call begin; j again\n"),
       10},
      {double_fetch, "an indirect table that its own request writes over",
       driver(descriptor(0, indirect, 48, nested) + "again: " + descriptor(0, header, 16, next, 1, indirect) +
              descriptor(1, indirect, 512, next | writes, 2, indirect) +
              descriptor(2, header + 16, 1, writes, 0, indirect) + "call kick; j again\n"),
       10},

      {dma_into_own, "data into the registers of devices",
       driver(block_request(buffer, 512) +
              detail::at_each("0x10001000, 0x10001050, 0x10000000, 0x2004000, 0xc000000, 0x100000, 0x10200000",
                              "li t0, 0x80020010; sd s7, 0(t0)\n")),
       10},
      {dma_into_own, "rings in the registers of devices",
       driver("li s1, 0x10001000; li s2, 0x10002000; li s3, 0x10003000; call begin\n" + again), 10, 5},
      {dma_into_own, "data over the code that waits for it",
       driver(block_request(torture::ram, 512) + "call kick; j inner\n"), 0},
      {dma_into_own, "data to where the VMM's own frames have their addresses",
       driver(block_request(buffer, 512) +
              detail::at_each("0x1000, 0x40000, 0x80000, 0x100000 - 512, 0x7ff000, 0x600000",
                              "li t0, 0x80020010; sd s7, 0(t0)\n")),
       10},
      // The disk's numbers are no valid entries; what was mapped by the table is gone at once.
      {dma_into_own, "data over the tables that translate for the driver", supervisor(R"(
        li s9, 0x10001000
        sw zero, 0x70(s9); li t0, 3; sw t0, 0x70(s9); li t0, 1; sw t0, 0x24(s9); sw t0, 0x20(s9); li t0, 11; sw t0, 0x70(s9)
        li t0, 8; sw t0, 0x38(s9); li t0, 0x80020000; sw t0, 0x80(s9); li t0, 0x80021000; sw t0, 0x90(s9)
        li t0, 0x80022000; sw t0, 0xa0(s9); li t0, 1; sw t0, 0x44(s9); li t0, 15; sw t0, 0x70(s9); li s10, 0x80021000
      )" + block_request(tables + 0x2000, 512) + R"(
      again: sd s5, 0(s2); sfence.vma; ld t0, 0(s7); add a0, a0, t0; sd zero, 0(s7)
        lhu t0, 2(s10); addi t0, t0, 1; sh t0, 2(s10); sw zero, 0x50(s9); li t0, -1; ld t0, 0(s7); add a0, a0, t0
        sd s5, 0(s2); ld t0, 0(s7); add a0, a0, t0; addi s11, s11, 1; j again)"),
       10},
      {dma_into_own, "random numbers as page tables", supervisor(R"(
        li s9, 0x10003000
        sw zero, 0x70(s9); li t0, 3; sw t0, 0x70(s9); li t0, 1; sw t0, 0x24(s9); sw t0, 0x20(s9); li t0, 11; sw t0, 0x70(s9)
        li t0, 8; sw t0, 0x38(s9); li t0, 0x80020000; sw t0, 0x80(s9); li t0, 0x80021000; sw t0, 0x90(s9)
        li t0, 0x80022000; sw t0, 0xa0(s9); li t0, 1; sw t0, 0x44(s9); li t0, 15; sw t0, 0x70(s9); li s10, 0x80021000
      )" + descriptor(0, tables + 0x1000, 4096, writes) + R"(
      again: lhu t0, 2(s10); addi t0, t0, 1; sh t0, 2(s10); sw zero, 0x50(s9); addi s11, s11, 1; li s6, 64; mv t2, s7
      each: ld t0, 0(t2); sd t0, 8(t2); li t1, 1 << 21; add t2, t2, t1; addi s6, s6, -1; bnez s6, each; j again)"),
       3},
  };
}

} // namespace hvkit::tests::hostile
