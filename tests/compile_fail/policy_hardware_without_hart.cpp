// SPDX-License-Identifier: BSL-1.0
// Hardware that nothing can run on.
// expect: hvkit[HV030]: the hardware lacks
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/vmm/vmm.hpp>

struct mine {
  static constexpr hvkit::slot kind = hvkit::slot::hardware;
  static constexpr std::string_view name = "mine";
  template <class Cpu, class Engine> struct over { explicit over(hvkit::u64); };
};
hvkit::vmm<hvkit::cpu::rv64, mine> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
