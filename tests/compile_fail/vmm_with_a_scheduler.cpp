// SPDX-License-Identifier: BSL-1.0
// A slot that nobody asks yet.
// expect: hvkit[HV004]
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/vmm/vmm.hpp>

struct mine {
  static constexpr hvkit::slot kind = hvkit::slot::scheduler;
  static constexpr std::string_view name = "mine";
};
hvkit::vmm<hvkit::cpu::rv64, mine> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
