// SPDX-License-Identifier: BSL-1.0
// Compares every pure and every flow row with the host's own arithmetic, at the boundaries of its operands and at
// random.
#include <functional>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/hardware/engine/step.hpp>
#include <hvkit/hardware/hart.hpp>
#include <hvkit/isa/encoder.hpp>

#include "support/gate.hpp"

using namespace hvkit;
using cpu::rv64;

namespace {

__extension__ using wide = __int128;
__extension__ using unsigned_wide = unsigned __int128;

i64 s(u64 v) { return static_cast<i64>(v); }
u64 u(i64 v) { return static_cast<u64>(v); }
u64 w(u32 v) { return static_cast<u64>(i64{static_cast<i32>(v)}); } // a word's result, sign-extended
u32 lo(u64 v) { return static_cast<u32>(v); }
i32 slo(u64 v) { return static_cast<i32>(v); }

constexpr i64 least = std::numeric_limits<i64>::min();
constexpr i32 least_word = std::numeric_limits<i32>::min();

// The manual's table "Semantics for division by zero and division overflow".
u64 quotient(u64 a, u64 b) { return b == 0 ? ~u64{0} : s(a) == least && s(b) == -1 ? a : u(s(a) / s(b)); }
u64 remainder(u64 a, u64 b) { return b == 0 ? a : s(a) == least && s(b) == -1 ? 0 : u(s(a) % s(b)); }
u64 quotient_word(u64 a, u64 b) {
  return lo(b) == 0 ? ~u64{0} : slo(a) == least_word && slo(b) == -1 ? w(lo(a)) : u(i64{slo(a) / slo(b)});
}
u64 remainder_word(u64 a, u64 b) {
  return lo(b) == 0 ? w(lo(a)) : slo(a) == least_word && slo(b) == -1 ? 0 : u(i64{slo(a) % slo(b)});
}

using binary = std::function<u64(u64, u64)>;

/// What a row with two operand values gives; the second is a register or the immediate.
const std::map<std::string, binary> &expectations() {
  static const std::map<std::string, binary> all = {
      {"add", [](u64 a, u64 b) { return a + b; }},
      {"sub", [](u64 a, u64 b) { return a - b; }},
      {"sll", [](u64 a, u64 b) { return a << (b % 64); }},
      {"srl", [](u64 a, u64 b) { return a >> (b % 64); }},
      {"sra", [](u64 a, u64 b) { return u(s(a) >> (b % 64)); }},
      {"slt", [](u64 a, u64 b) { return u64{s(a) < s(b)}; }},
      {"sltu", [](u64 a, u64 b) { return u64{a < b}; }},
      {"xor", [](u64 a, u64 b) { return a ^ b; }},
      {"or", [](u64 a, u64 b) { return a | b; }},
      {"and", [](u64 a, u64 b) { return a & b; }},
      {"addw", [](u64 a, u64 b) { return w(lo(a) + lo(b)); }},
      {"subw", [](u64 a, u64 b) { return w(lo(a) - lo(b)); }},
      {"sllw", [](u64 a, u64 b) { return w(lo(a) << (b % 32)); }},
      {"srlw", [](u64 a, u64 b) { return w(lo(a) >> (b % 32)); }},
      {"sraw", [](u64 a, u64 b) { return u(i64{slo(a) >> (b % 32)}); }},
      {"mul", [](u64 a, u64 b) { return a * b; }},
      {"mulh", [](u64 a, u64 b) { return static_cast<u64>(wide{s(a)} * s(b) >> 64); }},
      {"mulhu", [](u64 a, u64 b) { return static_cast<u64>(unsigned_wide{a} * b >> 64); }},
      // a signed, b unsigned: the unsigned product counts 2^64 b too much where a is negative.
      {"mulhsu", [](u64 a, u64 b) { return static_cast<u64>(unsigned_wide{a} * b >> 64) - (s(a) < 0 ? b : 0); }},
      {"div", quotient},
      {"divu", [](u64 a, u64 b) { return b == 0 ? ~u64{0} : a / b; }},
      {"rem", remainder},
      {"remu", [](u64 a, u64 b) { return b == 0 ? a : a % b; }},
      {"mulw", [](u64 a, u64 b) { return w(lo(a) * lo(b)); }},
      {"divw", quotient_word},
      {"divuw", [](u64 a, u64 b) { return lo(b) == 0 ? ~u64{0} : w(lo(a) / lo(b)); }},
      {"remw", remainder_word},
      {"remuw", [](u64 a, u64 b) { return lo(b) == 0 ? w(lo(a)) : w(lo(a) % lo(b)); }},
  };
  return all;
}

/// Immediate rows compute what the register row of that name does.
const std::map<std::string, std::string> &immediate_rows() {
  static const std::map<std::string, std::string> all = {
      {"addi", "add"},   {"slti", "slt"},   {"sltiu", "sltu"}, {"xori", "xor"}, {"ori", "or"},
      {"andi", "and"},   {"slli", "sll"},   {"srli", "srl"},   {"srai", "sra"}, {"addiw", "addw"},
      {"slliw", "sllw"}, {"srliw", "srlw"}, {"sraiw", "sraw"},
  };
  return all;
}

const std::map<std::string, std::function<bool(u64, u64)>> &branches() {
  static const std::map<std::string, std::function<bool(u64, u64)>> all = {
      {"beq", [](u64 a, u64 b) { return a == b; }},      {"bne", [](u64 a, u64 b) { return a != b; }},
      {"blt", [](u64 a, u64 b) { return s(a) < s(b); }}, {"bge", [](u64 a, u64 b) { return s(a) >= s(b); }},
      {"bltu", [](u64 a, u64 b) { return a < b; }},      {"bgeu", [](u64 a, u64 b) { return a >= b; }},
  };
  return all;
}

/// 0, +-1, signs, widths and shift counts, and as many random values.
std::vector<u64> values() {
  std::vector<u64> all = {0,
                          1,
                          2,
                          3,
                          7,
                          10,
                          31,
                          32,
                          33,
                          63,
                          64,
                          65,
                          0x7ff,
                          0x800,
                          0xff,
                          0x100,
                          0x7fffffff,
                          0x80000000,
                          0x80000001,
                          0xfffffffe,
                          0xffffffff,
                          0x100000000,
                          0x1ffffffff,
                          0x7fffffffffffffff,
                          0x8000000000000000,
                          0x8000000000000001,
                          0xffffffff80000000,
                          0xffffffff7fffffff,
                          ~u64{0},
                          ~u64{1},
                          ~u64{6}};
  std::mt19937_64 random(tests::seed());
  for (std::size_t n = tests::amount(all.size(), 300, 2000); n != 0; --n)
    all.push_back(random() >> (random() % 64));
  return all;
}

constexpr u8 first = 10, second = 11, result = 12;
constexpr u64 start = 0x80000000;

/// A hart without memory: nothing here needs any.
struct bench {
  hardware::physical_memory memory{hpa{start}, 4096};
  hardware::hart<rv64, engine::step::over> hart{memory};

  /// The state behind the instruction. Goes through the encoding, so that layouts are tested, too.
  cpu::rv64::user_state run(std::string_view name, u64 a, u64 b, i32 imm, u8 rd = result) {
    const auto word = isa::encode<rv64>(name, {.rd = rd, .rs1 = first, .rs2 = second, .imm = imm});
    BOOST_TEST_REQUIRE(word.has_value());
    hart.user() = {};
    hart.user().pc = start;
    hart.user().x[first] = a;
    hart.user().x[second] = b;
    BOOST_TEST_REQUIRE(hart.execute(isa::decode<rv64>(*word)));
    return hart.user();
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(register_rows) {
  bench on;
  for (const auto &[name, expected] : expectations())
    for (const u64 a : values())
      for (const u64 b : values()) {
        const auto after = on.run(name, a, b, 0);
        BOOST_TEST_REQUIRE(after.x[result] == expected(a, b), name << ' ' << a << ", " << b << ": " << after.x[result]);
        BOOST_TEST_REQUIRE(after.pc == start + 4);
        BOOST_TEST_REQUIRE(after.retired == 1U);
      }
}

BOOST_AUTO_TEST_CASE(division_corner_cases_as_the_manual_lists_them) {
  bench on;
  const u64 minimum = u(least), x = 12345, word_minimum = w(0x80000000);
  const auto is = [&](const char *name, u64 a, u64 b, u64 expected) {
    BOOST_TEST(on.run(name, a, b, 0).x[result] == expected, name);
  };
  is("divu", x, 0, ~u64{0}), is("remu", x, 0, x), is("div", x, 0, ~u64{0}), is("rem", x, 0, x);
  is("div", minimum, ~u64{0}, minimum), is("rem", minimum, ~u64{0}, 0);
  is("divuw", x, 0, ~u64{0}), is("remuw", x, 0, x), is("divw", x, 0, ~u64{0}), is("remw", x, 0, x);
  is("divw", word_minimum, ~u64{0}, word_minimum), is("remw", word_minimum, ~u64{0}, 0);
  is("remuw", 0x80000000, 0, 0xffffffff80000000); // sign-extended, unsigned or not
}

BOOST_AUTO_TEST_CASE(immediate_rows_compute_what_register_rows_do) {
  bench on;
  for (const auto &[name, base] : immediate_rows()) {
    const bool shift = name.substr(0, 2) == "sr" || name.substr(0, 3) == "sll";
    std::vector<i32> immediates = {-2048, -2047, -1, 0, 1, 2, 2046, 2047};
    if (shift)
      immediates = name.back() == 'w' ? std::vector<i32>{0, 1, 15, 30, 31} : std::vector<i32>{0, 1, 31, 32, 33, 62, 63};
    for (const u64 a : values())
      for (const i32 imm : immediates) {
        const u64 got = on.run(name, a, 0, imm).x[result];
        BOOST_TEST_REQUIRE(got == expectations().at(base)(a, u(imm)), name << ' ' << a << ", " << imm << ": " << got);
      }
  }
}

BOOST_AUTO_TEST_CASE(upper_immediates) {
  bench on;
  for (const i32 imm : {0, 0x1000, 0x7ffff000, std::numeric_limits<i32>::min(), -0x1000}) {
    BOOST_TEST(on.run("lui", 0, 0, imm).x[result] == u(imm));
    BOOST_TEST(on.run("auipc", 0, 0, imm).x[result] == start + u(imm));
  }
}

BOOST_AUTO_TEST_CASE(branches_go_where_the_comparison_says) {
  bench on;
  for (const auto &[name, taken] : branches())
    for (const u64 a : values())
      for (const u64 b : values())
        for (const i32 distance : {-4096, -2, 2, 8, 4094}) {
          const auto after = on.run(name, a, b, distance);
          BOOST_TEST_REQUIRE(after.pc == (taken(a, b) ? start + u(distance) : start + 4),
                             name << ' ' << a << ", " << b);
          BOOST_TEST_REQUIRE(after.x[result] == 0U);
        }
}

BOOST_AUTO_TEST_CASE(jumps_link_and_clear_the_lowest_bit) {
  bench on;
  for (const i32 distance : {-0x100000, -2, 0, 2, 0xffffe}) {
    const auto after = on.run("jal", 0, 0, distance);
    BOOST_TEST(after.pc == start + u(distance));
    BOOST_TEST(after.x[result] == start + 4);
  }
  for (const u64 a : values())
    for (const i32 imm : {-2048, -1, 0, 1, 2047}) {
      const auto after = on.run("jalr", a, 0, imm);
      BOOST_TEST_REQUIRE(after.pc == ((a + u(imm)) & ~u64{1}));
      BOOST_TEST_REQUIRE(after.x[result] == start + 4);
    }
  // The target is read before the link is written.
  BOOST_TEST(on.run("jalr", 0x1234, 0, 0, first).pc == 0x1234U);
}

BOOST_AUTO_TEST_CASE(x0_stays_0) {
  bench on;
  for (const char *name : {"add", "addi", "lui", "jal", "mul"})
    BOOST_TEST(on.run(name, 1, 1, 0, cpu::riscv::sink).x[0] == 0U);
}

BOOST_AUTO_TEST_CASE(no_pure_or_flow_row_is_left_out) {
  for (const auto &row : isa::facts<rv64>) {
    const std::string name(row.name);
    const bool known = expectations().contains(name) || immediate_rows().contains(name) || branches().contains(name) ||
                       name == "lui" || name == "auipc" || name == "jal" || name == "jalr" || name == "fence";
    BOOST_TEST(known == (row.needs == isa::capability::pure || row.needs == isa::capability::reads_pc ||
                         row.needs == isa::capability::flow),
               name);
  }
}
