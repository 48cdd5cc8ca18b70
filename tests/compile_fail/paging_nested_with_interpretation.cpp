// SPDX-License-Identifier: BSL-1.0
// Two stages of translation, and nothing that runs on the hardware.
// expect: hvkit[HV204]: paging::nested needs hardware that walks a second stage of tables
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/policy/paging/nested.hpp>
#include <hvkit/policy/technique/interpretation.hpp>
#include <hvkit/vmm/vmm.hpp>
using namespace hvkit;

vmm<cpu::rv64, technique::interpretation, paging::nested> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
