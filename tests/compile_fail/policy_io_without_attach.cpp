// SPDX-License-Identifier: BSL-1.0
// An io policy that connects nothing.
// expect: hvkit[HV027]
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/vmm/vmm.hpp>

struct mine {
  static constexpr hvkit::slot kind = hvkit::slot::io;
  static constexpr std::string_view name = "mine";
};
hvkit::vmm<hvkit::cpu::rv64, mine> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
