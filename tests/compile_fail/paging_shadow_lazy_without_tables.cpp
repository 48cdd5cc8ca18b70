// SPDX-License-Identifier: BSL-1.0
// Shadow paging out of step on a CPU that has no page tables.
// expect: hvkit[HV201]: paging::shadow and paging::shadow_lazy build page tables, and this CPU has no page-table format
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/policy/paging/shadow_lazy.hpp>
#include <hvkit/vmm/vmm.hpp>

hvkit::vmm<hvkit::cpu::third_generation<hvkit::cpu::rows::honest>, hvkit::paging::shadow_lazy> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
