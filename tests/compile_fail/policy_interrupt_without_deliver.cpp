// SPDX-License-Identifier: BSL-1.0
// An interrupt policy that never delivers.
// expect: hvkit[HV023]: the interrupt policy lacks
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/vmm/vmm.hpp>

struct deaf {
  static constexpr hvkit::slot kind = hvkit::slot::interrupt;
  static constexpr std::string_view name = "deaf";
};
hvkit::vmm<hvkit::cpu::rv64, deaf> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
