// SPDX-License-Identifier: BSL-1.0
// An instruction whose operand comes back changed: it writes one bit and reads its opposite.
// expect: hvkit[HV036]: an instruction (named in the notes) does not decode to itself
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/extend.hpp>

namespace rv = hvkit::cpu::riscv;
struct inverted : rv::register_register {
  struct layout : rv::register_register::layout {
    static constexpr rv::operands decode(hvkit::u32 word) { return rv::register_register::layout::decode(~word); }
  };
};
inline constexpr auto mine = hvkit::isa::make_group(
    "mine", rv::make<inverted>("mine", rv::encoding::op37(0x0b, 0, 0), [](auto a, auto b) { return a + b; }));
struct my_cpu : hvkit::isa::with_rows<hvkit::cpu::rv64, mine> {};
