// SPDX-License-Identifier: BSL-1.0
// An engine that cannot run a hart.
// expect: hvkit[HV025]: the engine lacks
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/vmm/vmm.hpp>

struct stalled {
  static constexpr hvkit::slot kind = hvkit::slot::engine;
  static constexpr std::string_view name = "stalled";
};
hvkit::vmm<hvkit::cpu::rv64, stalled> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
