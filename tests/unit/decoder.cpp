// SPDX-License-Identifier: BSL-1.0
// Compares the decoder with a plain search over all patterns, and its partition of the words with their number.
#include <bit>
#include <random>
#include <set>

#include <boost/test/unit_test.hpp>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/checks.hpp>

#include "support/gate.hpp"

using namespace hvkit;
using cpu::rv64;

namespace {

/// The matching entry with the most fixed bits.
std::size_t search(u32 word) {
  std::size_t best = isa::no_entry;
  int most = -1;
  for (std::size_t i = 0; i < isa::detail::entry_count<rv64>; ++i) {
    const isa::pattern code = isa::detail::entry_encodings<rv64>[i].code;
    if ((word & code.mask) == code.match && std::popcount(code.mask) > most) {
      most = std::popcount(code.mask);
      best = i;
    }
  }
  return best;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_decoder_finds_what_a_search_finds) {
  std::mt19937_64 random(tests::seed());
  for (u64 n = 0; n < tests::amount(300000, 3000000, 100000000); ++n) {
    const u32 word = static_cast<u32>(random());
    BOOST_TEST_REQUIRE(isa::find_entry<rv64>(word) == search(word), std::hex << word);
  }
  for (u32 word = 0; word < 0x10000; ++word)
    BOOST_TEST_REQUIRE(isa::find_entry<rv64>(word) == search(word), std::hex << word);
}

BOOST_AUTO_TEST_CASE(one_bit_beside_a_row_is_another_meaning_or_none) {
  for (std::size_t row = 0; row < isa::row_count<rv64>; ++row)
    for (unsigned n = 0; n < 32; ++n) {
      const auto &facts = isa::facts<rv64>[row];
      const u32 word = facts.code.match ^ static_cast<u32>(bit(n));
      BOOST_TEST_REQUIRE(isa::find_entry<rv64>(word) == search(word));
      BOOST_TEST_REQUIRE((isa::find_entry<rv64>(word) == row) == ((facts.operand_bits & bit(n)) != 0));
    }
}

BOOST_AUTO_TEST_CASE(every_operand_bit_changes_the_operands) {
  for (const auto &row : isa::facts<rv64>)
    for (unsigned n = 0; n < 32; ++n)
      if ((row.operand_bits & bit(n)) != 0) {
        const u32 word = row.code.match | static_cast<u32>(bit(n));
        BOOST_TEST_REQUIRE((row.decode(word) != row.decode(row.code.match)));
        BOOST_TEST_REQUIRE((row.code.match | row.encode(row.decode(word))) == word);
      }
}

BOOST_AUTO_TEST_CASE(rows_and_the_rest_are_all_32_bit_words) {
  u64 words = 0;
  for (const auto &row : isa::facts<rv64>)
    words += bit(static_cast<unsigned>(std::popcount(row.operand_bits)));
  // Counted in classes of words that agree in every fixed bit of any row: opcode, funct3 and bits 31 to 20, with rd and
  // rs1 zero or not (sfence.vma and the whole-word rows fix them).
  u64 claimed = 0;
  for (u32 upper = 0; upper < 4096; ++upper)
    for (u32 lower = 0; lower < 1024; ++lower)
      for (u32 registers = 0; registers < 4; ++registers) {
        const u32 rd = registers & 1, rs1 = registers >> 1;
        const u32 word = upper << 20 | (lower & 0x7f) | (lower >> 7) << 12 | rd << 7 | rs1 << 15;
        if ((word & 3) == 3 && isa::decode<rv64>(word))
          claimed += u64{rd != 0 ? 31U : 1U} * (rs1 != 0 ? 31U : 1U);
      }
  BOOST_TEST(claimed == words);
}

BOOST_AUTO_TEST_CASE(every_alias_means_its_row_or_nothing) {
  std::set<std::size_t> seen;
  for (u32 word = 0; word < 0x10000; ++word) {
    const std::size_t entry = isa::find_entry<rv64>(word);
    if (entry == isa::no_entry || entry < isa::row_count<rv64>)
      continue;
    const auto &alias = rv64::aliases[entry - isa::row_count<rv64>];
    const auto d = isa::decode<rv64>(word | 0xabcd0000);
    BOOST_TEST_REQUIRE(static_cast<bool>(d) == static_cast<bool>(alias.decode(word)));
    if (!d)
      continue;
    seen.insert(entry);
    BOOST_TEST_REQUIRE(isa::facts<rv64>[d.row].name == alias.means);
    BOOST_TEST_REQUIRE(d.operands.length() == 2U);
    BOOST_TEST_REQUIRE((alias.code.match | alias.encode(d.operands)) == word);
    BOOST_TEST_REQUIRE(isa::encode<rv64>(d.row, d.operands).has_value());
  }
  BOOST_TEST(seen.size() == rv64::aliases.size());
}

BOOST_AUTO_TEST_CASE(reserved_compressed_words_are_illegal) {
  // The manual, "RVC Instruction Set Listings": RES.
  for (const u32 word :
       {0x0000U, 0x8000U, 0x2001U, 0x6101U, 0x6001U, 0x6081U, 0x4002U, 0x6002U, 0x8002U, 0x9c41U, 0x9c61U})
    BOOST_TEST(!isa::decode<rv64>(word), std::hex << word);
}
