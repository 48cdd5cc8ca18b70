// SPDX-License-Identifier: BSL-1.0
// A scheduler that chooses nobody.
// expect: hvkit[HV029]: the scheduler lacks
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/vmm/vmm.hpp>

struct mine {
  static constexpr hvkit::slot kind = hvkit::slot::scheduler;
  static constexpr std::string_view name = "mine";
};
hvkit::vmm<hvkit::cpu::rv64, mine> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
