// SPDX-License-Identifier: BSL-1.0
// A classification that classifies nothing.
// expect: hvkit[HV026]
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/vmm/vmm.hpp>

struct mine {
  static constexpr hvkit::slot kind = hvkit::slot::classification;
  static constexpr std::string_view name = "mine";
};
hvkit::vmm<hvkit::cpu::rv64, mine> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
