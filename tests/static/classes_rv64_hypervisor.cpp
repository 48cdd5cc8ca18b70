// SPDX-License-Identifier: BSL-1.0
// Shows that RV64 with the H extension is virtualizable as well, and the classes of what the extension brings.
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/theory/verdict.hpp>

using namespace hvkit;
using isa::resource;

namespace {
using with_hypervisor = cpu::basic_rv64<cpu::rv64_knobs{.hypervisor = true}>;

constexpr const theory::classified &of(std::string_view name) {
  return theory::classes<with_hypervisor>[theory::find_unit<with_hypervisor>(name)];
}
constexpr u8 supervisor = 1;

// While hstatus.HU is 0, whatever reaches a guest traps in user mode: theorems 1, 2 and 3 apply.
static_assert(theory::holds<1, with_hypervisor> && theory::holds<2, with_hypervisor> &&
              theory::holds<3, with_hypervisor>);

static_assert(of("hfence.vvma").privileged() && of("hfence.vvma").control_sensitive(resource::relocation) &&
              !of("hfence.vvma").traps_in(supervisor));
static_assert(of("hfence.gvma").privileged() && !of("hfence.gvma").traps_in(supervisor));
static_assert(of("hlv.d").privileged() && of("hlvx.wu").privileged() && of("hsv.d").privileged());
static_assert(of("csrrs hstatus").privileged() && of("csrrw hstatus").control_sensitive(resource::mode));
static_assert(of("csrrw hgatp").privileged() && of("csrrw hgatp").control_sensitive(resource::relocation));
static_assert(of("mret").control_sensitive(resource::mode) && of("sret").control_sensitive(resource::mode));
static_assert(isa::find_row<cpu::rv64>("hlv.d") == isa::no_row &&
              isa::find_row<cpu::rv64>("hfence.gvma") == isa::no_row);
} // namespace
