// SPDX-License-Identifier: BSL-1.0
// Compares the disassembler with GNU objdump: all compressed words, and random words of every row.
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/disassembler.hpp>

#include "support/binutils.hpp"
#include "support/gate.hpp"

using namespace hvkit;
using cpu::rv64;

namespace {

std::string mnemonic(const std::string &line) { return line.substr(0, line.find(' ')); }
bool starts(const std::string &line, std::string_view with) { return line.rfind(with, 0) == 0; }
bool is_data(const std::string &line) { return starts(line, ".") || line == "c.unimp"; }

/// What objdump knows and this CPU does not have: floating point of other widths, the H extension, Svinval, the returns
/// from debug mode and NMI.
bool absent(const std::string &line) {
  const std::string name = mnemonic(line);
  const bool other_width = name.find(".q") != std::string::npos || name.find(".h") != std::string::npos ||
                           name == "flq" || name == "fsq" || name == "flh" || name == "fsh";
  return (starts(name, "f") && other_width) || starts(name, "h") || name.find("inval") != std::string::npos ||
         name == "dret" || name == "mnret";
}

/// Where this CPU has no register of that number, objdump may still know a name.
bool same_but_for_csr(const std::string &ours, const std::string &theirs) {
  if (!starts(ours, "csrr") || mnemonic(ours) != mnemonic(theirs))
    return false;
  const auto csr = [](const std::string &line) {
    const std::size_t from = line.find(',') + 1;
    return std::pair{from, line.find(',', from) - from};
  };
  const auto [a, a_size] = csr(ours);
  const auto [b, b_size] = csr(theirs);
  return starts(ours.substr(a), "0x") && !starts(theirs.substr(b), "0x") && ours.substr(0, a) == theirs.substr(0, b) &&
         ours.substr(a + a_size) == theirs.substr(b + b_size);
}

/// Shifts by 0, which are hints, have the names of RV128 there.
bool same_but_for_shift_by_zero(const std::string &ours, const std::string &theirs) {
  const std::size_t at = theirs.find("64 ");
  return starts(theirs, "c.s") && at != std::string::npos &&
         ours == theirs.substr(0, at) + theirs.substr(at + 2) + ",0x0";
}

/// The manual reserves c.addi16sp with 0, objdump shows it.
bool same_but_for_reserved(const std::string &ours, const std::string &theirs) {
  return ours == ".half 0x6101" && theirs == "c.addi16sp sp,0";
}

/// The manual reserves two rounding modes, objdump shows them.
bool same_but_for_reserved_mode(const std::string &ours, const std::string &theirs) {
  return is_data(ours) && theirs.ends_with(",unknown");
}

bool agree(const std::string &ours, const std::string &theirs) {
  return ours == theirs || (is_data(ours) && (is_data(theirs) || absent(theirs))) || same_but_for_csr(ours, theirs) ||
         same_but_for_shift_by_zero(ours, theirs) || same_but_for_reserved(ours, theirs) ||
         same_but_for_reserved_mode(ours, theirs);
}

void append(std::vector<u8> &code, u32 word, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i)
    code.push_back(static_cast<u8>(word >> (8 * i)));
}

/// Disassembles `words`, all `bytes` long, on both sides.
void compare_all(const std::vector<u32> &words, unsigned bytes) {
  tests::binutils::require();
  std::vector<u8> code;
  for (const u32 word : words)
    append(code, word, bytes);
  const tests::binutils oracle;
  const auto theirs = oracle.disassemble(code);
  BOOST_TEST_REQUIRE(theirs.size() == words.size());
  std::size_t different = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const u64 pc = i * bytes;
    const std::string ours = tests::binutils::plain(std::string(isa::disassemble<rv64>(words[i], gva{pc}).view()));
    if (!agree(ours, theirs[i]) && ++different <= 20)
      BOOST_TEST_ERROR(std::hex << words[i] << " at " << pc << ": '" << ours << "', objdump: '" << theirs[i] << "'");
  }
  BOOST_TEST(different == 0U);
}

} // namespace

BOOST_AUTO_TEST_CASE(every_compressed_word_is_shown_as_objdump_shows_it) {
  std::vector<u32> words;
  for (u32 word = 0; word < 0x10000; ++word)
    if ((word & 3) != 3)
      words.push_back(word);
  compare_all(words, 2);
}

BOOST_AUTO_TEST_CASE(words_of_every_row_are_shown_as_objdump_shows_them) {
  std::mt19937_64 random(tests::seed());
  std::vector<u32> words;
  for (const auto &row : isa::facts<rv64>)
    for (u64 n = 0; n < tests::amount(500, 5000, 50000); ++n)
      words.push_back(row.code.match | (static_cast<u32>(random()) & row.operand_bits));
  compare_all(words, 4);
}

BOOST_AUTO_TEST_CASE(random_words_are_shown_as_objdump_shows_them) {
  std::mt19937_64 random(tests::seed());
  std::vector<u32> words;
  while (words.size() < tests::amount(100000, 1000000, 10000000)) {
    const u32 word = static_cast<u32>(random()) | 3;
    if ((word & 0x1c) != 0x1c) // longer instructions
      words.push_back(word);
  }
  compare_all(words, 4);
}
