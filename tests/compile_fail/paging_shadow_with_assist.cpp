// SPDX-License-Identifier: BSL-1.0
// Shadow tables for a guest whose own root the VMM does not see change.
// expect: hvkit[HV205]: paging::shadow follows each change of the guest's page-table root
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/policy/technique/hardware_assisted.hpp>
#include <hvkit/vmm/vmm.hpp>
using namespace hvkit;

vmm<cpu::rv64, technique::hardware_assisted, paging::shadow> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
