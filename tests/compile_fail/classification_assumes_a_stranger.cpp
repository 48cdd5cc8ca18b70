// SPDX-License-Identifier: BSL-1.0
// An assumption about an instruction that is not there.
// expect: hvkit[HV104]: classification::assume names an instruction that this CPU does not have
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/policy/classification/assume.hpp>
#include <hvkit/policy/paging/relocation.hpp>
#include <hvkit/vmm/vmm.hpp>

hvkit::vmm<hvkit::cpu::third_generation<hvkit::cpu::rows::honest>, hvkit::paging::relocation,
           hvkit::classification::assume<"popff">>
    hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
