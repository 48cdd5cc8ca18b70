// SPDX-License-Identifier: BSL-1.0
// A user's instruction that claims the words of `add`.
// expect: hvkit[HV031]: two instructions (named in the notes) claim the same encoding
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/extend.hpp>

namespace rv = hvkit::cpu::riscv;
inline constexpr auto mine = hvkit::isa::make_group(
    "mine", rv::make<rv::register_register>("max", rv::encoding::op37(0x33, 0, 0),
                                            [](auto a, auto b) { return rv::select(rv::less(a, b), b, a); }));
struct my_cpu : hvkit::isa::with_rows<hvkit::cpu::rv64, mine> {};
