// SPDX-License-Identifier: BSL-1.0
// The instruction that does not trap stands in the way of trap-and-emulate, and the message names it.
// expect: hvkit[HV101]: third_generation 'popf' is sensitive but does not trap
// expect: Use technique::hybrid
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/policy/paging/relocation.hpp>
#include <hvkit/vmm/vmm.hpp>

using cpu_with_popf = hvkit::cpu::third_generation<hvkit::cpu::rows::honest, hvkit::cpu::rows::popf>;
hvkit::vmm<cpu_with_popf, hvkit::technique::trap_and_emulate, hvkit::paging::relocation> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
