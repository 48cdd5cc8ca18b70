// SPDX-License-Identifier: BSL-1.0
// Shows that the assembler and the disassembler work while compiling, on a guest of the size that tests have.
#include <algorithm>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/isa/disassembler.hpp>

using namespace hvkit;
using cpu::rv64;

namespace {

constexpr u32 word_at(const auto &image, u64 address) {
  u32 word = 0;
  for (unsigned i = 0; i < 4; ++i)
    word |= u32{image.bytes()[address - image.base + i]} << (8 * i);
  return word;
}

constexpr fixed_string text = R"(
  .equ uart, 0x10000000
start:  li   t0, uart                # a constant
        la   a0, message
1:      lbu  a1, 0(a0); beqz a1, 1f
        sb   a1, (t0)                // no offset
        addi a0, a0, 1
        j    1b
1:      csrw pmpaddr3, a0
        amoadd.d.aqrl a0, a1, (a2)
        c.addi a0, -3
        .align 3
message: .asciz "a;#\n"              # quoted: no comment
        .align 3
table:  .dword 1, message, table - message, 'a', .
        .half 0xffff, -1
        .byte 2 + 3*4, (1 << 4 | 2) ^ 1, ~0 & 0x7f
)";
constexpr auto guest = isa::assemble<rv64, 0x80000000, text>();

// The text as an argument makes the same.
constexpr auto same = isa::assemble<rv64>(0x80000000, text.view());
static_assert(std::ranges::equal(same.bytes(), guest.bytes()) && same.base == guest.base &&
              same.symbol_count == guest.symbol_count && *same.find("table") == *guest.find("table"));

// A guest of a thousand lines is no limit to any compiler. Labels are used over the borders of the assembler's steps.
template <std::size_t Times, std::size_t N> constexpr auto repeated(const char (&lines)[N]) {
  char all[Times * (N - 1) + 1]{};
  for (std::size_t i = 0; i < Times; ++i)
    std::copy_n(lines, N - 1, all + i * (N - 1));
  return fixed_string(all);
}
constexpr auto thousand = isa::assemble<rv64, 0x80000000, repeated<125>(R"(1:      lbu  a1, 0(a0)
        beqz a1, 2f
        addi a0, a0, 1; sd a0, 8(sp)
        csrw mscratch, a0
        li   t0, 0x12345
        bne  a0, a1, 1b
2:      mul  a2, a1, a0
        # a comment
)")>();
constexpr u64 repetition = 9 * 4;
static_assert(thousand.size == 125 * repetition);
static_assert([] {
  for (u64 n = 0; n < 125; ++n)
    if (isa::disassemble<rv64>(word_at(thousand, 0x80000000 + n * repetition + 4)) != "beq a1, zero, 0x1c")
      return false;
  return true;
}());

static_assert(*guest.find("start") == 0x80000000 && *guest.find("uart") == 0x10000000 && !guest.find("nowhere"));
static_assert(word_at(guest, guest.base) == 0x100002b7);
static_assert(*guest.find("message") == 0x80000030);
static_assert(word_at(guest, *guest.find("message")) == 0x0a233b61);
static_assert(*guest.find("table") == 0x80000038);
static_assert(word_at(guest, *guest.find("table") + 8) == 0x80000030);
static_assert(word_at(guest, *guest.find("table") + 16) == 8);
static_assert(word_at(guest, *guest.find("table") + 24) == 'a');
static_assert(word_at(guest, *guest.find("table") + 32) == 0x80000058);
static_assert(word_at(guest, *guest.find("table") + 40) == 0xffffffff);
static_assert(guest.bytes()[*guest.find("table") - guest.base + 44] == 14);
static_assert(guest.bytes()[*guest.find("table") - guest.base + 45] == 19);
static_assert(guest.bytes()[*guest.find("table") - guest.base + 46] == 0x7f);
static_assert(guest.size == 0x38 + 47);

static_assert(isa::disassemble<rv64>(word_at(guest, 0x80000010), gva{0x80000010}) == "beq a1, zero, 0x80000020");
static_assert(isa::disassemble<rv64>(word_at(guest, 0x80000020)) == "csrrw zero, pmpaddr3, a0");
static_assert(isa::disassemble<rv64>(0x1475) == "c.addi s0, -3");
static_assert(isa::disassemble<rv64>(0x0000) == ".half 0x0000" && isa::disassemble<rv64>(~0U) == ".word 0xffffffff");
static_assert(isa::disassemble<rv64>(isa::decode<rv64>(0x1475)) == "addi s0, s0, -3");

// Words with bits that the assembly language cannot say are no text: FENCE with rd, FENCE.TSO's mode apart.
static_assert(isa::disassemble<rv64>(0x0ff0000f) == "fence iorw, iorw");
static_assert(isa::disassemble<rv64>(0x8330000f) == "fence.tso rw, rw");
static_assert(isa::disassemble<rv64>(0x0ff0008f) == ".word 0x0ff0008f");
static_assert(isa::disassemble<rv64>(0x8ff0000f) == ".word 0x8ff0000f");

// Without text.
static_assert(isa::encode<rv64>("addi", {.rd = 10, .rs1 = 11, .imm = -1}) == 0xfff58513);
static_assert(!isa::encode<rv64>("addi", {.rd = 10, .rs1 = 11, .imm = 2048}));
static_assert(!isa::encode<rv64>("subi", {}));
static_assert(isa::encode_short<rv64>(isa::find_row<rv64>("addi"), {.rd = 8, .rs1 = 8, .imm = -3}) == 0x1475);
static_assert(!isa::encode_short<rv64>(isa::find_row<rv64>("addi"), {.rd = 8, .rs1 = 9, .imm = -3}));
static_assert(!isa::encode_short<rv64>(isa::find_row<rv64>("lui"), {.rd = 2, .imm = 0x1000}));

} // namespace
