// SPDX-License-Identifier: BSL-1.0
// What only this CPU's operands can get wrong is told in words for any CPU.
// expect: hvkit[HV041]: in an assembly text, an operand is not of the kind that its instruction takes
// expect-clang: in_line<1, hvkit::isa::detail::word_of<'a', 'd', 'd'>>
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/isa/assembler.hpp>

using machine = hvkit::cpu::third_generation<hvkit::cpu::rows::honest>;
constexpr auto guest = hvkit::isa::assemble<machine, 0, "add r1, r16">();
