// SPDX-License-Identifier: BSL-1.0
// A form whose syntax names an operand that nobody can write.
// expect: hvkit[HV035]: the syntax of an instruction (named in the notes) has a word that is no operand kind
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/extend.hpp>

namespace rv = hvkit::cpu::riscv;
struct three_operands : rv::register_register {
  static constexpr std::string_view syntax = "rd, rs1, rs3";
};
inline constexpr auto mine = hvkit::isa::make_group(
    "mine", rv::make<three_operands>("mine", rv::encoding::op37(0x0b, 0, 0), [](auto a, auto b) { return a + b; }));
struct my_cpu : hvkit::isa::with_rows<hvkit::cpu::rv64, mine> {};
