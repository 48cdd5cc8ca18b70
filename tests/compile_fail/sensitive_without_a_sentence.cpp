// SPDX-License-Identifier: BSL-1.0
// A user's instruction that shows the mode, and brings no sentence of its own. User mode always sees the same.
// expect: hvkit[HV102]: an instruction of this CPU is sensitive but does not trap in user mode
// expect: Use technique::hybrid
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/extend.hpp>
#include <hvkit/vmm/vmm.hpp>

namespace rv = hvkit::cpu::riscv;
struct one_register : rv::system_of<hvkit::isa::layout<rv::operands, rv::rd>> {
  static constexpr std::string_view syntax = "rd";
};
inline constexpr auto mine =
    hvkit::isa::make_group("mine", rv::make<one_register>("getmode", {0x0b, 0xfffff07f}, [](auto &m, const auto &o) {
                             m.user().x[o.rd] = m.system().get(rv::fields::mode);
                             return true;
                           }));
struct my_cpu : hvkit::isa::with_rows<hvkit::cpu::rv64, mine> {};
hvkit::vmm<my_cpu> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
