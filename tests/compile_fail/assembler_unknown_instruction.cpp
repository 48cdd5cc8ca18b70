// SPDX-License-Identifier: BSL-1.0
// A mistake in a guest's text is one error. The notes say the reason; clang's say the line's number, too.
// expect-gcc: array subscript value '3' is outside the bounds of array 'hvkit::isa::detail::error_in_line'
// expect-clang: constexpr variable 'guest' must be initialized by a constant expression
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/assembler.hpp>

constexpr auto guest = hvkit::isa::assemble<hvkit::cpu::rv64>(0x80000000, R"(
  li a0, 1
  addd a0, a0, a0
)");
