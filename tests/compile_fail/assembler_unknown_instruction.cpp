// SPDX-License-Identifier: BSL-1.0
// A mistake in a guest's text is one error, which says what is wrong. clang's first line has the line's number, too.
// expect: hvkit[HV041]: in an assembly text, no instruction has this name
// expect-clang: in_line<3, hvkit::isa::detail::word_of<'a', 'd', 'd', 'd'>>
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/assembler.hpp>

constexpr auto guest = hvkit::isa::assemble<hvkit::cpu::rv64, 0x80000000, R"(
  li a0, 1
  addd a0, a0, a0
)">();
int main() { return guest.bytes()[0]; }
