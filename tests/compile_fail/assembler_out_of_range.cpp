// SPDX-License-Identifier: BSL-1.0
// An operand that does not fit is found in the second reading of the text.
// expect: hvkit[HV041]: in an assembly text, an operand is out of range or misaligned
// expect-clang: in_line<2, hvkit::isa::detail::word_of<'a', 'd', 'd', 'i'>>
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/assembler.hpp>

constexpr auto guest = hvkit::isa::assemble<hvkit::cpu::rv64, 0x80000000, R"(
  addi a0, a0, 2048
)">();
