// SPDX-License-Identifier: BSL-1.0
// The first argument of vmm must be a CPU.
// expect: hvkit[HV001]: the first argument of vmm is no CPU
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/vmm/vmm.hpp>

hvkit::vmm<hvkit::technique::trap_and_emulate, hvkit::cpu::rv64> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
