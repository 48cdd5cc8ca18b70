// SPDX-License-Identifier: BSL-1.0
// A technique that does not say when the hardware may run the guest.
// expect: hvkit[HV024]: the technique lacks runs_privileged_code, runs_user_code or
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/vmm/vmm.hpp>

struct undecided {
  static constexpr hvkit::slot kind = hvkit::slot::technique;
  static constexpr std::string_view name = "undecided";
};
hvkit::vmm<hvkit::cpu::rv64, undecided> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
