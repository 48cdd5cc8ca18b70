// SPDX-License-Identifier: BSL-1.0
// A VM without any share would never run.
// expect: hvkit[HV005]: a share of scheduler::proportional is 0
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/policy/scheduler/proportional.hpp>
#include <hvkit/vmm/vmm.hpp>

hvkit::vmm<hvkit::cpu::rv64, hvkit::scheduler::proportional<3, 0>> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
