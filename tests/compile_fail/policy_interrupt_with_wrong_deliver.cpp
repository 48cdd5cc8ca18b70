// SPDX-License-Identifier: BSL-1.0
// An interrupt policy that delivers to something else.
// expect: hvkit[HV023]
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/vmm/vmm.hpp>

struct mine {
  static constexpr hvkit::slot kind = hvkit::slot::interrupt;
  static constexpr std::string_view name = "mine";
  template <class Vm> struct over : hvkit::interrupt::basics { bool deliver(int); };
};
hvkit::vmm<hvkit::cpu::rv64, mine> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
