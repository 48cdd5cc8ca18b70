// SPDX-License-Identifier: BSL-1.0
// Shows what the assembler refuses and in which words, what labels and directives mean, and that text and words say the
// same.
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/isa/disassembler.hpp>

#include "support/gate.hpp"

using namespace hvkit;
using cpu::rv64;

namespace {

constexpr u64 base = 0x80000000;

isa::program assembled(std::string_view text) { return isa::assemble_text<rv64>(base, text); }

u64 value_at(const isa::program &p, u64 address, unsigned bytes) {
  u64 value = 0;
  for (unsigned i = 0; i < bytes; ++i)
    value |= u64{p.bytes()[address - p.base + i]} << (8 * i);
  return value;
}

struct refusal {
  const char *text;
  const char *error;
};

} // namespace

BOOST_AUTO_TEST_CASE(mistakes_are_named_with_their_line) {
  const refusal cases[] = {
      {"\n nop\n foo a0", "line 3: no instruction has this name (foo)"},
      {"lw.aq a0, (a1)", "line 1: no instruction has this name (lw.aq)"},
      {"sc.w.qa a0, a1, (a2)", "line 1: no instruction has this name (sc.w.qa)"},
      {"nop; .quux 1", "line 1: no directive has this name (.quux)"},
      {", a0", "line 1: a label, a directive or an instruction is missing here ()"},
      {"addi a0, a1, 2048", "line 1: an operand is out of range or misaligned (addi)"},
      {"addi a0, a1, -2049", "line 1: an operand is out of range or misaligned (addi)"},
      {"addi a0, a1, 0x100000000", "line 1: this value is out of range (addi)"},
      {"slli a0, a1, 64", "line 1: an operand is out of range or misaligned (slli)"},
      {"slliw a0, a1, 32", "line 1: an operand is out of range or misaligned (slliw)"},
      {"lui a0, 0x100000", "line 1: this value is out of range: 0 to 0xfffff (lui)"},
      {"csrrwi a0, satp, 32", "line 1: this value is out of range: 0 to 31 (csrrwi)"},
      {"csrrw a0, nosuch, a1", "line 1: no label or constant has this name (csrrw)"},
      {"csrrw a0, pmpaddr16, a1", "line 1: no label or constant has this name (csrrw)"},
      {"csrrw a0, 4096, a1", "line 1: an operand is out of range or misaligned (csrrw)"},
      {"beq a0, a1, . + 4096", "line 1: an operand is out of range or misaligned (beq)"},
      {"jal ra, . + 3", "line 1: an operand is out of range or misaligned (jal)"},
      {"add a0, a1", "line 1: an operand is missing or not of the right kind (add)"},
      {"add a0, a1, a9", "line 1: a register is missing here (add)"},
      {"mv a0, x32", "line 1: a register is missing here (mv)"},
      {"mv a0, x01", "line 1: a register is missing here (mv)"},
      {"add a0, a1, a2, a3", "line 1: something follows the end of this statement (add)"},
      {"mv a0, a1 a2", "line 1: an operand is missing or not of the right kind (mv)"},
      {"fence wr, rw", "line 1: some of i, o, r, w in this order, or 0 (fence)"},
      {"c.lui sp, 4", "line 1: this encoding cannot say these operands (c.lui)"},
      {"c.addi16sp a0, 32", "line 1: this encoding cannot say these operands (c.addi16sp)"},
      {"c.lw a0, 0(t0)", "line 1: this encoding cannot say these operands (c.lw)"},
      {"c.li a0, 32", "line 1: this encoding cannot say these operands (c.li)"},
      {"c.jr zero", "line 1: this encoding cannot say these operands (c.jr)"},
      {"j nowhere", "line 1: no label or constant has this name (j)"},
      {"j 1f; 1b: nop", "line 1: no label or constant has this name (j)"},
      {"a: nop\n a: nop", "line 2: this name is defined twice (a)"},
      {"li a0, later; later: nop", "line 1: this depends on a label that is not known here yet (li)"},
      {".zero later; later: nop", "line 1: this depends on a label that is not known here yet (.zero)"},
      {".zero 0x80000000", "line 1: this value is out of range (.zero)"},
      {".align 31", "line 1: this value is out of range (.align)"},
      {".byte 256", "line 1: this value is out of range (.byte)"},
      {".half -32769", "line 1: this value is out of range (.half)"},
      {".dword 0x10000000000000000", "line 1: this number needs more than 64 bits (.dword)"},
      {".dword 0x12g", "line 1: this is not a number (.dword)"},
      {".dword (1 + 2", "line 1: a parenthesis is not closed (.dword)"},
      {".dword 1 +", "line 1: a number or a name is missing here (.dword)"},
      {".dword %mid(1)", "line 1: no such function (.dword)"},
      {".dword 'ab", "line 1: a quote is not closed (.dword)"},
      {".asciz \"abc\n\"", "line 1: a quote is not closed (.asciz)"},
      {".asciz abc", "line 1: a quoted text is missing here (.asciz)"},
      {".equ five 5", "line 1: a value is missing here (.equ)"},
      {".equ , 5", "line 1: a name is missing here (.equ)"},
      {".equ 1, 5", "line 1: a name is missing here (.equ)"},
  };
  for (const refusal &c : cases) {
    const isa::program p = assembled(c.text);
    BOOST_TEST(p.error == c.error, c.text << ": '" << p.error << "', not '" << c.error << "'");
    BOOST_TEST(p.bytes().empty());
    BOOST_TEST(!p);
  }
}

BOOST_AUTO_TEST_CASE(labels_constants_and_numeric_labels) {
  const isa::program p = assembled(R"(
    .equ step, 4        # a constant
    first: second: nop
    1: .dword 1b, 1f, 2f
    1: .dword 1b, . , first + 2 * step, third - second
    2: third:)");
  BOOST_TEST_REQUIRE(p.error == "");
  BOOST_TEST(*p.find("first") == base);
  BOOST_TEST(*p.find("second") == base);
  BOOST_TEST(*p.find("third") == base + 60);
  BOOST_TEST(*p.find("step") == 4U);
  BOOST_TEST(!p.find("fourth"));
  const u64 expected[] = {base + 4, base + 28, base + 60, base + 28, base + 36, base + 8, 60};
  for (unsigned i = 0; i < 7; ++i)
    BOOST_TEST(value_at(p, base + 4 + 8 * i, 8) == expected[i]);
}

BOOST_AUTO_TEST_CASE(a_program_may_have_no_bytes) {
  const isa::program p = assembled("only: # a label\n .equ five, 5");
  BOOST_TEST(p.error == "");
  BOOST_TEST(p.bytes().empty());
  BOOST_TEST(*p.find("only") == base);
  BOOST_TEST(assembled("").error == "");
}

BOOST_AUTO_TEST_CASE(expressions_have_the_precedence_of_c) {
  const isa::program p = assembled(R"(.dword 1 + 2 * 3, (1 + 2) * 3, 1 << 2 + 1, 6 & 3 | 8, 5 ^ 1 & 3, -1, ~0, - 2 - 3,
                                          10 - 4 - 3, 0b101, 0xFf, '\n', 1 << 64, %hi(0x12345fff), %lo(0xfff))");
  BOOST_TEST(p.error == "line 1: a number or a name is missing here (.dword)"); // a statement is one line
  const isa::program q = assembled(".dword 1 + 2 * 3, (1 + 2) * 3, 1 << 2 + 1, 6 & 3 | 8, 5 ^ 1 & 3, -1, ~0, - 2 - 3\n"
                                   ".dword 10 - 4 - 3, 0b101, 0xFf, '\\n', 1 << 64, %hi(0x12345fff), %lo(0xfff)");
  BOOST_TEST_REQUIRE(q.error == "");
  const u64 expected[] = {7, 9, 8, 10, 4, ~u64{0}, ~u64{0}, ~u64{4}, 3, 5, 255, 10, 0, 0x12346, ~u64{0}};
  for (unsigned i = 0; i < 15; ++i)
    BOOST_TEST(value_at(q, base + 8 * i, 8) == expected[i], i << ": " << value_at(q, base + 8 * i, 8));
}

BOOST_AUTO_TEST_CASE(quoted_characters_hide_what_separates) {
  const isa::program p = assembled(R"(li a0, '\n'; li a1, ','; addi a2, a2, ';'; li a3, '\''; li a4, '#' # '
                                      .ascii ";", "#//", "\"", "\\"; .byte 'x')");
  BOOST_TEST_REQUIRE(p.error == "");
  const char *const expected[] = {"addi a0, zero, 10", "addi a1, zero, 44", "addi a2, a2, 59", "addi a3, zero, 39",
                                  "addi a4, zero, 35"};
  for (unsigned i = 0; i < 5; ++i)
    BOOST_TEST(isa::disassemble<rv64>(static_cast<u32>(value_at(p, base + 4 * i, 4))).view() == expected[i]);
  BOOST_TEST(std::string(p.bytes().begin() + 20, p.bytes().end()) == ";#//\"\\x");
}

BOOST_AUTO_TEST_CASE(gaps_are_filled_with_instructions_that_do_nothing) {
  const isa::program p = assembled(".byte 1; .align 3; .dword 2");
  BOOST_TEST_REQUIRE(p.bytes().size() == 16U);
  BOOST_TEST(p.bytes()[1] == 0U);
  BOOST_TEST(value_at(p, base + 2, 2) == 0x0001U); // c.nop
  BOOST_TEST(value_at(p, base + 4, 4) == 0x13U);   // nop
}

BOOST_AUTO_TEST_CASE(every_row_survives_text) {
  std::mt19937_64 random(tests::seed());
  std::size_t compared = 0;
  const auto survive = [&](u32 word) {
    const isa::line shown = isa::disassemble<rv64>(word, gva{base});
    const u32 length = rv64::notation::length(word);
    const isa::program p = assembled(shown);
    BOOST_TEST_REQUIRE(shown.complete());
    BOOST_TEST_REQUIRE(p.error == "", shown << ": " << p.error);
    BOOST_TEST_REQUIRE(p.bytes().size() == length);
    BOOST_TEST_REQUIRE(value_at(p, base, length) == (word & low_bits(8 * length)), shown);
    ++compared;
  };
  for (const auto &row : isa::facts<rv64>)
    for (u64 n = 0; n < tests::amount(200, 2000, 20000); ++n)
      survive(row.code.match | (static_cast<u32>(random()) & row.operand_bits));
  for (u32 word = 0; word < 0x10000; ++word)
    if ((word & 3) != 3)
      survive(word);
  BOOST_TEST(compared >= 98U * 200 + 0xc000);
}

BOOST_AUTO_TEST_CASE(most_words_of_every_row_are_text) {
  // The law above would hold if all were shown as data.
  std::mt19937_64 random(tests::seed());
  for (std::size_t row = 0; row < isa::row_count<rv64>; ++row) {
    const auto &facts = isa::facts<rv64>[row];
    const bool hints = facts.name == "fence" || facts.name == "fence.i"; // reserved fields, nearly never 0
    unsigned as_text = 0;
    for (unsigned n = 0; n < 100; ++n) {
      const u32 word = facts.code.match | (static_cast<u32>(random()) & facts.operand_bits);
      as_text += isa::disassemble<rv64>(word).view().starts_with(facts.name) ? 1 : 0;
    }
    // Some rounding modes are reserved, and where the result is exact only one can be written.
    BOOST_TEST_REQUIRE((hints || as_text == 100 || (facts.needs == isa::capability::fp && as_text > 3)), facts.name);
  }
}

BOOST_AUTO_TEST_CASE(encoding_without_text_refuses_what_does_not_fit) {
  std::mt19937_64 random(tests::seed());
  for (isa::row_id row = 0; row < isa::row_count<rv64>; ++row)
    for (unsigned n = 0; n < 200; ++n) {
      const auto &facts = isa::facts<rv64>[row];
      const u32 word = facts.code.match | (static_cast<u32>(random()) & facts.operand_bits);
      const auto d = isa::decode<rv64>(word);
      BOOST_TEST_REQUIRE(d.row == row);
      BOOST_TEST_REQUIRE(*isa::encode<rv64>(row, d.operands) == word);
      if (const auto shorter = isa::encode_short<rv64>(row, d.operands)) {
        auto same = isa::decode<rv64>(*shorter);
        BOOST_TEST_REQUIRE(same.row == row);
        BOOST_TEST_REQUIRE(*isa::encode<rv64>(row, same.operands) == word);
      }
    }
  BOOST_TEST(!isa::encode<rv64>(isa::no_row, {}));
  BOOST_TEST(!isa::encode<rv64>("beq", {.imm = 3}));
  BOOST_TEST(!isa::encode<rv64>("add", {.rs1 = 32}));
}

BOOST_AUTO_TEST_CASE(any_text_is_assembled_or_refused) {
  const std::string whole = R"(start: li t0, 0x10000000 ; la a0, message
    1: lbu a1, 0(a0) # c
    bnez a1, 1b; amoadd.d.aqrl a0, a1, (a2); fence rw,w; .asciz "hi\n", "x"; .equ five, 5
    .dword 1, message-start, 'a', %hi(five); .align 3
    message: .zero 8; c.addi a0, -3; call start; csrw pmpaddr3, a0; j .+8)";
  constexpr std::string_view pieces = " \n;,:.'\"()$%#/\\019azx";
  BOOST_TEST_REQUIRE(assembled(whole).error == "");
  std::mt19937_64 random(tests::seed());
  for (u64 n = 0; n < tests::amount(5000, 100000, 3000000); ++n) {
    std::string text = whole;
    for (u64 edits = 1 + random() % 4; edits != 0 && !text.empty(); --edits) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text.erase(at, random() % 5);
        break;
      case 2:
        text.insert(at, 1, pieces[random() % pieces.size()]);
        break;
      default:
        text.resize(at);
      }
    }
    const std::vector<char> exact(text.begin(), text.end()); // no byte behind it
    const isa::program p = assembled({exact.data(), exact.size()});
    BOOST_TEST_REQUIRE((p.error == "" || p.error.substr(0, 5) == "line "));
  }
}

BOOST_AUTO_TEST_CASE(no_text_uses_up_the_host) {
  for (const char open : {'(', '-', '~'})
    BOOST_TEST(assembled("li a0, " + std::string(1'000'000, open) + "1").error.starts_with("line 1: signs and "));
  BOOST_TEST(assembled("li a0, " + std::string(30, '(') + "1" + std::string(30, ')')).error == "");
  BOOST_TEST(assembled(".zero 0x3fffffff\n.zero 0x3fffffff\n").error == "the program has more than 67108864 bytes");
}
