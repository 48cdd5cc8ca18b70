// SPDX-License-Identifier: BSL-1.0
// The class of every word, in each mode: all 2^32 32-bit words, by the decoder's partition into rows and what no row
// claims, and all 65,536 halfwords. None is without a class, and under the default knobs none is sensitive that is not
// privileged. What a class says of traps is what the bare machine does.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <sstream>

#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/isa/disassembler.hpp>
#include <hvkit/theory/verdict.hpp>

#include "support/gate.hpp"
#include "support/single_steps.hpp"
#include "support/torture/writer.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

using namespace cpu::riscv;
using machine = hardware::bare_machine<cpu::rv64, engine::step>;

enum class word_class : u8 {
  illegal,          ///< no instruction: traps in every mode
  innocuous,        ///< by the type of its row: cannot name the mode, touches no system state
  lent,             ///< what it touches is lent to the guest, and folded back: traps where that is switched off
  always_traps,     ///< in every mode
  privileged,       ///< traps in user mode, and not in machine mode
  sensitive_or_none ///< what must not be
};

/// What the derived classes say of a word.
word_class class_of(u32 word) {
  const auto d = isa::decode<cpu::rv64>(word);
  if (!d)
    return word_class::illegal;
  const isa::capability needs = isa::facts<cpu::rv64>[d.row].needs;
  const std::size_t unit = theory::unit_of<cpu::rv64>(d.row, d.operands);
  if (unit == theory::no_unit)
    return needs == isa::capability::system ? word_class::sensitive_or_none : word_class::innocuous;
  const theory::classified &c = theory::classes<cpu::rv64>[unit];
  if (c.always_traps())
    return word_class::always_traps;
  if (c.privileged())
    return word_class::privileged;
  if (c.sensitive(theory::verdict_resources<cpu::rv64>))
    return word_class::sensitive_or_none;
  return c.sensitive() ? word_class::lent : word_class::innocuous;
}

std::string in_words(u32 word) {
  std::ostringstream text;
  text << "0x" << std::hex << word << ", " << isa::disassemble<cpu::rv64>(word, gva{0x80110000});
  return text.str();
}

/// Calls `f` with the words of a row, all of them or (`sample`) so many.
template <class F> void each_word(const auto &row, u64 sample, random_numbers &random, F f) {
  const u64 all = bit(static_cast<unsigned>(std::popcount(row.operand_bits)));
  const auto spread = [&](u64 packed) { // bits of `packed` to where the row has its operands
    u32 word = row.code.match;
    for (u32 left = row.operand_bits; left != 0; left &= left - 1, packed >>= 1)
      word |= (packed & 1) != 0 ? left & (~left + 1) : 0;
    return word;
  };
  if (all <= sample)
    for (u64 n = 0; n < all; ++n)
      f(spread(n));
  else
    for (u64 n = 0; n < sample; ++n)
      f(spread(random()));
}

/// Words by class.
using census = std::array<u64, 6>;

/// Up to how many words of a row are asked one by one: those of CSRs, whose classes differ, always all.
u64 all_of(std::string_view row) { return row.starts_with("csrr") ? bit(22) : amount(bit(12), bit(32), bit(32)); }

/// Runs a word in each mode, floating point on or off, and compares traps with its class.
class behavior {
public:
  void check(u32 word, bool floating_point) {
    machine_.put(home, word);
    std::array<maybe<u64>, 3> cause{};
    constexpr std::array<u64, 3> modes{privilege::machine, privilege::supervisor, privilege::user};
    for (std::size_t n = 0; n < modes.size(); ++n)
      if (machine_.step([&](auto &user, auto &s) {
            user.pc = home;
            for (unsigned x = 1; x < 32; ++x)
              user.x[x] = machine_.ram + 0x200000;
            s.set(fields::mode, modes[n]);
            s.set(fields::status::fs, floating_point ? 1 : 0);
          }))
        cause[n] = machine_.system().get(w_mcause);
    const auto refused = [&](std::size_t n) { return cause[n] && (*cause[n] < 4 || *cause[n] > 7); };
    const auto told = [&] { return in_words(word) + (floating_point ? ", FS on" : ""); };
    switch (class_of(word)) {
    case word_class::illegal:
      for (const auto &c : cause)
        BOOST_REQUIRE_MESSAGE((c && *c == 2), told() << " is no instruction");
      break;
    case word_class::innocuous:
      for (std::size_t n = 0; n < 3; ++n)
        BOOST_REQUIRE_MESSAGE(!refused(n), told() << " is innocuous");
      break;
    case word_class::lent:
      BOOST_REQUIRE_MESSAGE((refused(0) == refused(1) && refused(1) == refused(2)), told() << " knows no mode");
      BOOST_REQUIRE_MESSAGE((refused(0) || floating_point), told() << " needs what is lent");
      break;
    case word_class::always_traps:
      for (std::size_t n = 0; n < 3; ++n)
        BOOST_REQUIRE_MESSAGE(refused(n), told() << " always traps");
      break;
    case word_class::privileged:
      BOOST_REQUIRE_MESSAGE(refused(2) && !refused(0), told() << " is privileged");
      break;
    default:
      BOOST_REQUIRE_MESSAGE(false, told() << " has no class, or is sensitive and does not trap");
    }
  }

private:
  static constexpr u64 home = 0x80110000;
  single_stepper<machine> machine_ = single_stepper<machine>::of<machine>();
};

} // namespace

BOOST_AUTO_TEST_CASE(the_classes_of_all_32_bit_words_add_up) {
  census size{};
  random_numbers random(seed());
  u64 claimed = 0;
  for (const auto &row : isa::facts<cpu::rv64>) {
    const u64 words = bit(static_cast<unsigned>(std::popcount(row.operand_bits)));
    claimed += words;
    census seen{};
    each_word(row, all_of(row.name), random, [&](u32 word) {
      const word_class c = class_of(word);
      if (c == word_class::sensitive_or_none || c == word_class::illegal) // cheaper than to require each
        BOOST_FAIL(in_words(word) << " is a word of row " << row.name);
      ++seen[static_cast<std::size_t>(c)];
    });
    if (words > all_of(row.name)) {
      const auto one = std::find_if(seen.begin(), seen.end(), [](u64 n) { return n != 0; });
      BOOST_REQUIRE_MESSAGE(std::count(seen.begin(), seen.end(), 0U) + 1 == std::ssize(seen),
                            "all words of row " << row.name << " are of one class");
      *one = words;
    }
    for (std::size_t c = 0; c < seen.size(); ++c)
      size[c] += seen[c];
  }
  constexpr u64 compressed = u64{3} << 30;
  size[static_cast<std::size_t>(word_class::illegal)] = bit(32) - compressed - claimed;
  BOOST_TEST(std::accumulate(size.begin(), size.end(), compressed) == bit(32));
  BOOST_TEST(size.back() == 0U);
  BOOST_TEST(std::count(size.begin(), size.end() - 1, 0U) == 0);
}

// Without the partition: each word is decoded.
BOOST_AUTO_TEST_CASE(words_one_by_one_have_a_class) {
  census size{};
  const u64 stride = amount(4099, 1, 1);
  for (u64 word = 3 + 4 * (seed() % stride); word < bit(32); word += 4 * stride) {
    const word_class c = class_of(static_cast<u32>(word));
    if (c == word_class::sensitive_or_none)
      BOOST_FAIL(in_words(static_cast<u32>(word)));
    ++size[static_cast<std::size_t>(c)];
  }
  BOOST_TEST((size[0] != 0 && size[1] != 0 && size[2] != 0 && size[4] != 0));
}

BOOST_AUTO_TEST_CASE(all_halfwords_behave_as_their_class_says) {
  behavior all;
  for (u32 word = 0; word < 0x10000; ++word)
    if ((word & 3) != 3)
      for (const bool fs : {false, true})
        all.check(word, fs);
}

BOOST_AUTO_TEST_CASE(words_of_every_row_behave_as_their_class_says) {
  behavior all;
  random_numbers random(seed());
  for (const auto &row : isa::facts<cpu::rv64>)
    each_word(row, amount(300, 30'000, 1'000'000), random,
              [&](u32 word) { all.check(word, random.between(0, 1) != 0); });
  for (u64 n = 0; n < amount(30'000, 3'000'000, 100'000'000); ++n)
    all.check(static_cast<u32>(random()) | 3, false);
}
