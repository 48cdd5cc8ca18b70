// SPDX-License-Identifier: BSL-1.0
// An operand that does not fit stops the compilation in its line.
// expect-gcc: array subscript value '2' is outside the bounds of array 'hvkit::isa::detail::error_in_line'
// expect-clang: constexpr variable 'guest' must be initialized by a constant expression
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/assembler.hpp>

constexpr auto guest = hvkit::isa::assemble<hvkit::cpu::rv64>(0x80000000, R"(
  addi a0, a0, 2048
)");
