// SPDX-License-Identifier: BSL-1.0
// Where user mode may change the interrupt mask, the hybrid VMM does not help: the message says so and advises it not.
// expect: hvkit[HV101]: third_generation 'popf' is sensitive but does not trap: user mode can change the interrupt mask
// expect: Leave third_generation_knobs::io_privilege_level false, or use technique::interpretation, or classification::
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/policy/paging/relocation.hpp>
#include <hvkit/policy/technique/hybrid.hpp>
#include <hvkit/vmm/vmm.hpp>

namespace cpu = hvkit::cpu;
using cpu_with_iopl = cpu::basic_third_generation<cpu::third_generation_knobs{.io_privilege_level = true},
                                                  cpu::rows::honest, cpu::rows::popf>;
hvkit::vmm<cpu_with_iopl, hvkit::technique::hybrid, hvkit::paging::relocation> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
