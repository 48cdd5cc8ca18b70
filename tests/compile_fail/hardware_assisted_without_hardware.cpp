// SPDX-License-Identifier: BSL-1.0
// A CPU for whose guests no hardware has modes of their own.
// expect: hvkit[HV007]: technique::hardware_assisted has the hardware run guests in modes of their own
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/policy/technique/hardware_assisted.hpp>
#include <hvkit/vmm/vmm.hpp>
using namespace hvkit;

vmm<cpu::third_generation<cpu::rows::honest>, technique::hardware_assisted> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
