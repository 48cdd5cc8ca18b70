// SPDX-License-Identifier: BSL-1.0
// Two stages of translation under a guest whose supervisor runs in user mode.
// expect: hvkit[HV203]: paging::nested has the hardware walk the guest's own tables, and this technique runs the
// guest's supervisor in user mode
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/policy/paging/nested.hpp>
#include <hvkit/vmm/vmm.hpp>
using namespace hvkit;

vmm<cpu::rv64, paging::nested> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
