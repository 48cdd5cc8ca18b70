// SPDX-License-Identifier: BSL-1.0
// A technique of one's own that asks for no theorem: then it is the interrupt policy that minds popf.
// expect: hvkit[HV301]: the interrupt policy needs every instruction that can unmask interrupts to exit
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/policy/paging/relocation.hpp>
#include <hvkit/vmm/vmm.hpp>

struct reckless {
  static constexpr hvkit::slot kind = hvkit::slot::technique;
  static constexpr std::string_view name = "reckless";
  static constexpr bool runs_privileged_code = true;
  static constexpr bool runs_user_code = true;
  template <class Vm> struct over : hvkit::technique::basics {
    bool direct(const typename Vm::virtual_cpu &) const { return true; }
  };
};
using with_popf = hvkit::cpu::third_generation<hvkit::cpu::rows::honest, hvkit::cpu::rows::popf>;
hvkit::vmm<with_popf, hvkit::paging::relocation, reckless> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
