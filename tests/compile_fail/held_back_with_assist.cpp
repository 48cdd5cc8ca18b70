// SPDX-License-Identifier: BSL-1.0
// Interrupts held back from a guest that unmasks them without an exit.
// expect: hvkit[HV303]: under technique::hardware_assisted the guest unmasks interrupts without an exit
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/policy/technique/hardware_assisted.hpp>
#include <hvkit/vmm/vmm.hpp>
using namespace hvkit;

vmm<cpu::rv64, technique::hardware_assisted, interrupt::held_back> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
