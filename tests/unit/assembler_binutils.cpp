// SPDX-License-Identifier: BSL-1.0
// Compares the assembler with GNU as: every mnemonic, every pseudo-instruction, constants, labels and data.
#include <algorithm>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/isa/disassembler.hpp>

#include "support/binutils.hpp"
#include "support/gate.hpp"

using namespace hvkit;
using cpu::rv64;

namespace {

constexpr u64 base = 0x80000000;

/// GNU as compresses by itself if it may, and relaxes: neither here. Compressed instructions are allowed one by one.
std::string for_gnu(const std::string &text) {
  std::istringstream lines(text);
  std::string all = ".option norelax\n.option norvc\n";
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find_first_not_of(' ');
    const bool is_short = first != std::string::npos && line.compare(first, 2, "c.") == 0;
    all += is_short ? ".option rvc\n" + line + "\n.option norvc\n" : line + '\n';
  }
  return all;
}

void compare(const std::string &text) {
  tests::binutils::require();
  const isa::program ours = isa::assemble_text<rv64>(base, text);
  BOOST_TEST_REQUIRE(ours.error == "");
  const tests::binutils oracle;
  const std::vector<u8> theirs = oracle.assemble(for_gnu(text), "0x80000000");
  // GNU as fills a section up to its alignment.
  BOOST_TEST_REQUIRE(ours.bytes().size() <= theirs.size());
  BOOST_TEST_REQUIRE(theirs.size() - ours.bytes().size() < 16U);
  for (std::size_t i = 0; i < ours.bytes().size(); ++i)
    BOOST_TEST_REQUIRE(ours.bytes()[i] == theirs[i], "at " << std::hex << base + i);
}

} // namespace

BOOST_AUTO_TEST_CASE(rows_and_aliases_have_the_bytes_of_gnu_as) {
  std::mt19937_64 random(tests::seed());
  std::string text;
  u64 here = base;
  const auto add = [&](u32 word) {
    const isa::line shown = isa::disassemble<rv64>(word, gva{here});
    const isa::syntax_items &items = isa::detail::entry_syntax<rv64>[isa::find_entry<rv64>(word)];
    const u8 target = isa::detail::kind_named<rv64>("target"); // GNU as wants a label there
    if (shown.view()[0] == '.' || std::find(items.item.begin(), items.item.end(), target) != items.item.end())
      return;
    text += std::string(shown.view()) + '\n';
    here += rv64::notation::length(word);
  };
  for (const auto &row : isa::facts<rv64>)
    for (unsigned n = 0; n < 20; ++n)
      add(row.code.match | (static_cast<u32>(random()) & row.operand_bits));
  // GNU as refuses hints where a register or an immediate is 0: those are compared through objdump.
  for (const auto &alias : rv64::aliases)
    for (unsigned n = 0; n < 20; ++n) {
      const u32 word = alias.code.match | (static_cast<u32>(random()) & alias.operand_bits);
      const auto d = isa::decode<rv64>(word);
      if (d && d.operands.rd != cpu::riscv::sink && d.operands.imm != 0)
        add(word);
    }
  compare(text);
}

BOOST_AUTO_TEST_CASE(pseudo_instructions_have_the_bytes_of_gnu_as) {
  compare(R"(
start:
  nop
  mv a0, a1
  not a0, a1
  neg a0, a1
  negw a0, a1
  sext.w a0, a1
  zext.b a0, a1
  seqz a0, a1
  snez a0, a1
  sltz a0, a1
  sgtz a0, a1
  sgt a0, a1, a2
  sgtu a0, a1, a2
1: beqz a0, 1b
  bnez a0, 1f
  blez a0, 1b
  bgez a0, 1f
  bltz a0, 1b
  bgtz a0, 1b
1: bgt a0, a1, 1b
  ble a0, a1, 1b
  bgtu a0, a1, 1b
  bleu a0, a1, 1b
  beq a0, a1, start
  bne a0, a1, start
  blt a0, a1, later
  bge a0, a1, start
  bltu a0, a1, start
  bgeu a0, a1, later
  c.beqz s0, 1b
  c.bnez a5, 1b
  c.j 1b
  j start
  jal start
  jal t0, later
  jr a0
  jalr a0
  jalr a0, a1, 4
  jalr a0, -4(a1)
  ret
  call later
  tail later
  la s1, later
  la s1, start
  csrr a0, mstatus
  csrw satp, a0
  csrs mie, a0
  csrc mip, a0
  csrwi mscratch, 3
  csrsi mstatus, 8
  csrci mstatus, 8
  csrrw a0, pmpaddr15, a1
  csrrw a0, pmpcfg2, a1
  csrrw a0, 0x7c0, a1
  rdcycle a0
  rdtime a0
  rdinstret a0
  fence
  fence rw, w
  fence.tso
  fence.i
  sfence.vma
  sfence.vma a0
  sfence.vma a0, a1
  lr.w.aq a0, (a1)
  sc.d.rl a0, a1, (a2)
  amomaxu.w.aqrl a0, a1, (a2)
  lw a0, (a1)
  sd a0, (sp)
  fmv.s fa0, ft11
  fmv.d f9, fs0
  fneg.s ft8, fa1
  fneg.d ft8, fa1
  fabs.s fs11, fa1
  fabs.d fs11, fa1
  fgt.s a0, fa1, fa2
  fgt.d a0, fa1, fa2
  fge.s a0, fa1, fa2
  fge.d a0, fa1, fa2
  fmv.x.s a0, fa1
  fmv.s.x fa0, a1
  frcsr a0
  fscsr a0
  fscsr a0, a1
  frrm a0
  fsrm a0
  fsrm a0, a1
  fsrmi 3
  fsrmi a0, 3
  frflags a0
  fsflags a0
  fsflags a0, a1
  fsflagsi 3
  fsflagsi a0, 3
  fadd.s fa0, fa1, fa2
  fadd.d fa0, fa1, fa2, rtz
  fsub.d f10, f11, f31, dyn
  fmadd.s fa0, fa1, fa2, fa3
  fnmsub.d fa0, fa1, fa2, fa3, rmm
  fsqrt.s fa0, fa1, rup
  fcvt.w.s a0, fa1, rtz
  fcvt.lu.d a0, fa1
  fcvt.s.lu fa0, a1, rdn
  fcvt.d.w fa0, a1
  fcvt.d.s fa0, fa1
  fcvt.s.d fa0, fa1, rne
  flw fa0, (a1)
  fsd fa0, -8(sp)
  c.fldsp fa0, 8(sp)
  c.nop
  c.addi16sp sp, -64
  c.unimp
  unimp
later:
  .asciz "text\n", "more"
  .ascii "\"quoted\"\t"
  .align 3
  .dword later, start - later, later + 8, 'x', 0x123456789abcdef0, -1
  .word 1, -1, 0xffffffff
  .half 1, -1
  .byte 1, 2 * (3 + 4), 1 << 4 | 3, ~5 & 0x7f, 7 ^ 2
  .zero 3
  .space 2
  .p2align 4
  .equ size, . - later
  .dword size
)");
}

BOOST_AUTO_TEST_CASE(constants_are_loaded_as_gnu_as_loads_them) {
  std::mt19937_64 random(tests::seed());
  std::ostringstream text;
  const auto add = [&](u64 value) { text << "  li a0, 0x" << std::hex << value << '\n'; };
  for (unsigned n = 0; n < 64; ++n)
    for (const u64 delta : {~u64{0}, u64{0}, u64{1}, u64{0x7ff}, u64{0x800}, ~u64{0x7ff}}) {
      add(bit(n) + delta);
      add(u64{0} - bit(n) + delta);
    }
  for (unsigned n = 0; n < 2000; ++n)
    add(random() >> (random() % 64) << (random() % 64));
  compare(text.str());
}

BOOST_AUTO_TEST_CASE(registers_have_the_numbers_of_gnu_as) {
  std::string text = "  mv fp, s0\n";
  for (unsigned n = 0; n < 32; ++n)
    text += "  mv " + std::string(cpu::riscv::notations::abi_names[n]) + ", x" + std::to_string(n) + "\n  fmv.d " +
            std::string(cpu::riscv::notations::float_names[n]) + ", f" + std::to_string(n) + '\n';
  compare(text);
}
