// SPDX-License-Identifier: BSL-1.0
// Shows that RV64's encodings are sound, and that each check finds what it is there for.
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/extend.hpp>

using namespace hvkit;
using namespace hvkit::isa;

static_assert(sound<cpu::rv64>);
static_assert(!find_clash<cpu::rv64>() && !find_namesake<cpu::rv64>() && !find_loose_bit<cpu::rv64>());
static_assert(!find_lost_alias<cpu::rv64>() && !find_unwritten<cpu::rv64>() && !find_unreadable<cpu::rv64>());
static_assert(row_count<cpu::rv64> == 98 + 2 * 30 + 2 && cpu::rv64::aliases.size() == 36);

// Without floating point the other rows have the same numbers.
using without_floats = cpu::basic_rv64<cpu::rv64_knobs{.floating_point = false}>;
static_assert(sound<without_floats>);
static_assert(row_count<without_floats> == 98 && without_floats::aliases.size() == 32);
static_assert(find_row<without_floats>("sfence.vma") == find_row<cpu::rv64>("sfence.vma"));
static_assert(!decode<without_floats>(0x00c5f553) && decode<cpu::rv64>(0x00c5f553));

namespace {

namespace rv = cpu::riscv;
constexpr std::size_t count = row_count<cpu::rv64>;
using rv::encoding::op3, rv::encoding::op37;

// A sound extension: custom-0.
constexpr auto greater =
    make_group("greater", rv::make<rv::register_register>("max", op37(0x0b, 0, 0), [](auto a, auto b) {
                 return rv::select(rv::less(a, b), b, a);
               }));
constexpr auto smaller =
    make_group("smaller", rv::make<rv::register_register>("min", op37(0x0b, 1, 0), [](auto a, auto b) {
                 return rv::select(rv::less(a, b), a, b);
               }));
struct richer : with_rows<cpu::rv64, greater, smaller> {};
static_assert(row_count<richer> == count + 2 && find_row<richer>("min") == count + 1);
static_assert(find_row<richer>("add") == find_row<cpu::rv64>("add"));
static_assert(decode<richer>(0x00c5850b).row == find_row<richer>("max") && !decode<cpu::rv64>(0x00c5850b));
static_assert(decode<richer>(0x00c58533).row == find_row<richer>("add"));

// One broken rule each. `extended` is with_rows without the check.
template <const auto &Group> using broken = isa::detail::extended<cpu::rv64, Group>;
template <class Form> constexpr auto one_row(std::string_view name, pattern code) {
  return make_group("broken", rv::make<Form>(name, code, [](auto a, auto) { return a; }));
}

constexpr auto whole_clash = one_row<rv::register_register>("again", op37(0x33, 7, 0));
static_assert(find_clash<broken<whole_clash>>().first == find_row<cpu::rv64>("and"));
static_assert(find_clash<broken<whole_clash>>().second == count);

// More fixed bits do not help a row: the general row takes all words.
constexpr auto refining_clash = one_row<rv::plain_system>("odd", rv::encoding::whole(0x00c58533));
static_assert(find_clash<broken<refining_clash>>().first == find_row<cpu::rv64>("add"));

constexpr auto short_clash = one_row<rv::plain_system>("short", {0x1475, 0xffff});
static_assert(isa::detail::entry_name<broken<short_clash>>(find_clash<broken<short_clash>>().second) == "c.addi");

constexpr auto same_name = one_row<rv::register_register>("c.lui", op37(0x0b, 0, 0));
static_assert(find_namesake<broken<same_name>>().first == count);

constexpr auto funct7_forgotten = one_row<rv::register_register>("loose", op3(0x0b, 0));
static_assert(find_loose_bit<broken<funct7_forgotten>>().first == count);
constexpr auto operand_and_fixed = one_row<rv::register_immediate>("tight", op37(0x0b, 0, 0));
static_assert(find_loose_bit<broken<operand_and_fixed>>().first == count);
constexpr auto match_outside_mask =
    one_row<rv::register_register>("stray", {op37(0x0b, 0, 0).match | 0x80, 0xfe00707f});
static_assert(find_loose_bit<broken<match_outside_mask>>().first == count);

struct unknown_kind : rv::register_register {
  static constexpr std::string_view syntax = "rd, rs9";
};
constexpr auto unknown_operand = one_row<unknown_kind>("odd", op37(0x0b, 0, 0));
static_assert(find_unwritten<broken<unknown_operand>>().first == count);

struct two_in_one : rv::register_register {
  using layout = isa::layout<rv::operands, rv::rd, rv::rs1, rv::rs2, rv::shamt5>;
};
constexpr auto overlapping_operands = one_row<two_in_one>("odd", op37(0x0b, 0, 0));
static_assert(find_loose_bit<broken<overlapping_operands>>().first == count);

struct lost : cpu::rv64 {
  static constexpr auto aliases = [] {
    auto all = cpu::rv64::aliases;
    all[3].means = "sx";
    return all;
  }();
};
static_assert(find_lost_alias<lost>().first == row_count<cpu::rv64> + 3);

// A general alias that does not refuse what the specific one takes.
struct generous : cpu::rv64 {
  static constexpr auto aliases = [] {
    auto all = cpu::rv64::aliases;
    for (auto &alias : all)
      if (alias.name == "c.lui")
        alias.decode = [](u32) { return maybe<rv::operands>(rv::operands{}); };
    return all;
  }();
};
static_assert(isa::detail::entry_name<generous>(find_clash<generous>().first) == "c.addi16sp");
static_assert(isa::detail::entry_name<generous>(find_clash<generous>().second) == "c.lui");

struct other_bucket : cpu::rv64 {
  static constexpr u32 decode_bucket(u32 word) { return (word & 0x7f) | (word >> 5 & 0x180); }
};
static_assert(buckets_agree<cpu::rv64>() && !buckets_agree<other_bucket>());

} // namespace
