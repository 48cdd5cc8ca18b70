// SPDX-License-Identifier: BSL-1.0
// One interrupt cannot be coalesced.
// expect: hvkit[HV302]: interrupt::coalesced waits for two
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/policy/interrupt/coalesced.hpp>
#include <hvkit/vmm/vmm.hpp>

hvkit::vmm<hvkit::cpu::rv64, hvkit::interrupt::coalesced<1>> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
