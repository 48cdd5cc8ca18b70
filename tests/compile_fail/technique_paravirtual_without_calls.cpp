// SPDX-License-Identifier: BSL-1.0
// A technique that serves an operating system's calls, for a CPU on which the operating system is at the top.
// expect: hvkit[HV006]: technique::paravirtual serves the calls of an operating system below the most privileged mode
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/policy/paging/relocation.hpp>
#include <hvkit/policy/technique/paravirtual.hpp>
#include <hvkit/vmm/vmm.hpp>
using namespace hvkit;

vmm<cpu::third_generation<cpu::rows::honest>, technique::paravirtual, paging::relocation> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
