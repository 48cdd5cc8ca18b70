// SPDX-License-Identifier: BSL-1.0
// Relocation on a CPU that has page tables instead.
// expect: hvkit[HV202]: paging::relocation composes base and bounds, and this CPU has no relocation-bounds register
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/policy/paging/relocation.hpp>
#include <hvkit/vmm/vmm.hpp>

hvkit::vmm<hvkit::cpu::rv64, hvkit::paging::relocation> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
