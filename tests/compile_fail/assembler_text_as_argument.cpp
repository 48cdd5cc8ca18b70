// SPDX-License-Identifier: BSL-1.0
// A text that is an argument of the function can only end the evaluation: clang shows reason and line in its notes.
// expect-gcc: array subscript value '3' is outside the bounds of array
// expect-gcc: 'hvkit::isa::detail::mistake_in_line::unknown_instruction'
// expect-clang: constexpr variable 'guest' must be initialized by a constant expression
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/assembler.hpp>

constexpr auto guest = hvkit::isa::assemble<hvkit::cpu::rv64>(0x80000000, R"(
  li a0, 1
  addd a0, a0, a0
)");
