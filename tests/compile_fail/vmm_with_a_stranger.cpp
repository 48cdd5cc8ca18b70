// SPDX-License-Identifier: BSL-1.0
// What fills no slot is no policy.
// expect: hvkit[HV002]: one of the arguments of vmm is no policy
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/vmm/vmm.hpp>

struct fast {};
hvkit::vmm<hvkit::cpu::rv64, fast> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
