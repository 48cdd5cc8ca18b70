// SPDX-License-Identifier: BSL-1.0
// A row of IA-32 whose encoding has an operand that no manual knows.
// expect: hvkit[HV038]: the encoding of an instruction (named in the notes) has an operand that is none
#include <hvkit/cpu/ia32.hpp>

namespace x86 = hvkit::cpu::x86;
inline constexpr auto mine = hvkit::isa::make_group(
    "mine", x86::make<x86::modify<"******">>("frob", "0F 04 Eb,Qv", [](auto a, auto) { return a; }));
struct my_cpu : hvkit::cpu::ia32 {
  static constexpr auto instructions = hvkit::cpu::ia32::instructions + mine;
};
static_assert(x86::detail::tables<my_cpu>.first[0] != 0);
