// SPDX-License-Identifier: BSL-1.0
// A dispatch policy that cannot dispatch.
// expect: hvkit[HV021]: the dispatch policy lacks
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/vmm/vmm.hpp>

struct mute {
  static constexpr hvkit::slot kind = hvkit::slot::dispatch;
  static constexpr std::string_view name = "mute";
  template <class Vm> class over {};
};
hvkit::vmm<hvkit::cpu::rv64, mute> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
