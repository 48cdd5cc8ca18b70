// SPDX-License-Identifier: BSL-1.0
// Interrupts posted to hardware that does not know of guests.
// expect: hvkit[HV304]: interrupt::posted leaves delivery to the hardware's modes for guests
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/policy/interrupt/posted.hpp>
#include <hvkit/vmm/vmm.hpp>
using namespace hvkit;

vmm<cpu::rv64, interrupt::posted> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
