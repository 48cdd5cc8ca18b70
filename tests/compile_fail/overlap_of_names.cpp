// SPDX-License-Identifier: BSL-1.0
// A user's instruction that is called `add`, too.
// expect: hvkit[HV032]: two instructions have the same mnemonic
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/extend.hpp>

namespace rv = hvkit::cpu::riscv;
inline constexpr auto mine =
    hvkit::isa::make_group("mine", rv::make<rv::register_register>("add", rv::encoding::op37(0x0b, 0, 0),
                                                                   [](auto a, auto b) { return a + b; }));
struct my_cpu : hvkit::isa::with_rows<hvkit::cpu::rv64, mine> {};
