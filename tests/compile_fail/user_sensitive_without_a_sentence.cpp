// SPDX-License-Identifier: BSL-1.0
// A user's instruction that shows user mode the VMM's own state, and brings no sentence of its own.
// expect: hvkit[HV102]: an instruction of this CPU is sensitive in user mode but does not trap there
// expect: Use technique::interpretation
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/extend.hpp>
#include <hvkit/policy/technique/hybrid.hpp>
#include <hvkit/vmm/vmm.hpp>

namespace rv = hvkit::cpu::riscv;
struct one_register : rv::system_of<hvkit::isa::layout<rv::operands, rv::rd>> {
  static constexpr std::string_view syntax = "rd";
};
inline constexpr auto mine =
    hvkit::isa::make_group("mine", rv::make<one_register>("getscratch", {0x0b, 0xfffff07f}, [](auto &m, const auto &o) {
                             m.user().x[o.rd] = m.system().get(rv::w_mscratch);
                             return true;
                           }));
struct my_cpu : hvkit::isa::with_rows<hvkit::cpu::rv64, mine> {};
hvkit::vmm<my_cpu, hvkit::technique::hybrid> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
