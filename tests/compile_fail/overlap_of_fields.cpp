// SPDX-License-Identifier: BSL-1.0
// A user's instruction whose pattern says nothing about bits that no operand has, funct7.
// expect: hvkit[HV033]: an instruction (named in the notes) has a bit that is neither fixed by its pattern
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/extend.hpp>

namespace rv = hvkit::cpu::riscv;
inline constexpr auto mine = hvkit::isa::make_group(
    "mine", rv::make<rv::register_register>("sum", rv::encoding::op3(0x0b, 0), [](auto a, auto b) { return a + b; }));
struct my_cpu : hvkit::isa::with_rows<hvkit::cpu::rv64, mine> {};
