// SPDX-License-Identifier: BSL-1.0
// Each slot has room for one policy.
// expect: hvkit[HV003]: two policies fill the same slot
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/vmm/vmm.hpp>

hvkit::vmm<hvkit::cpu::rv64, hvkit::engine::step, hvkit::engine::blocks> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
