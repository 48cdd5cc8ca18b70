// SPDX-License-Identifier: BSL-1.0
// A paging policy that does not say what becomes of a fault.
// expect: hvkit[HV022]: the paging policy lacks
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/vmm/vmm.hpp>

struct blind {
  static constexpr hvkit::slot kind = hvkit::slot::paging;
  static constexpr std::string_view name = "blind";
  template <class Vm> struct over {
    void enter();
    void leave();
    void changed(hvkit::effect);
    void stored(hvkit::gpa, hvkit::u64);
  };
};
hvkit::vmm<hvkit::cpu::rv64, blind> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
