// SPDX-License-Identifier: BSL-1.0
// A paging policy that does not say what becomes of a fault.
// expect: hvkit[HV022]: the paging policy lacks
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/vmm/vmm.hpp>

struct blind {
  static constexpr hvkit::slot kind = hvkit::slot::paging;
  static constexpr std::string_view name = "blind";
  template <class Vm> struct over : hvkit::paging::basics {
    void enter(const hvkit::contexts &);
    void drop(hvkit::paging::frame_range);
  };
};
hvkit::vmm<hvkit::cpu::rv64, blind> hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
