// SPDX-License-Identifier: BSL-1.0
// A program like the first example, whose VMM cannot exist: the refusal is the only error.
// expect: hvkit[HV202]
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/device/virt_guest.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/policy/paging/relocation.hpp>
#include <hvkit/vmm/vmm.hpp>
using namespace hvkit;

constexpr auto hello = isa::assemble<cpu::rv64, 0x80000000, "nop">();
int main() {
  vmm<cpu::rv64, paging::relocation> hypervisor({.memory = u64{1} << 25});
  device::virt_guest guest(hypervisor, {.memory_size = u64{1} << 24});
  if (!guest.start(hello))
    return 1;
  guest.run(1'000'000);
  return static_cast<int>(guest.screen().size() + guest.user().retired + guest.count().direct + guest.count().exits);
}
