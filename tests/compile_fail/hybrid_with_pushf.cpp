// SPDX-License-Identifier: BSL-1.0
// An instruction that shows user mode the real interrupt mask stands in the way of the hybrid VMM, too.
// expect: hvkit[HV101]: third_generation 'pushf'
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/policy/paging/relocation.hpp>
#include <hvkit/policy/technique/hybrid.hpp>
#include <hvkit/vmm/vmm.hpp>

using cpu_with_pushf = hvkit::cpu::third_generation<hvkit::cpu::rows::honest, hvkit::cpu::rows::pushf>;
hvkit::vmm<cpu_with_pushf, hvkit::technique::hybrid, hvkit::paging::relocation> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
