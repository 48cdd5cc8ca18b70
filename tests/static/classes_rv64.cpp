// SPDX-License-Identifier: BSL-1.0
// Shows that RV64 with the default knobs is virtualizable, and the class of each kind of system instruction.
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/theory/verdict.hpp>

using namespace hvkit;
using cpu::rv64;
using isa::resource;

namespace {
constexpr const theory::classified &of(std::string_view name) {
  return theory::classes<rv64>[theory::find_unit<rv64>(name)];
}
constexpr u8 supervisor = 1;

static_assert(theory::holds<1, rv64> && theory::holds<2, rv64> && theory::holds<3, rv64>);

static_assert(of("mret").privileged() && of("mret").control_sensitive(resource::mode));
static_assert(of("sret").privileged() && of("sret").control_sensitive(resource::mode) &&
              !of("sret").traps_in(supervisor) && of("mret").traps_in(supervisor));
static_assert(of("sfence.vma").privileged() && of("sfence.vma").control_sensitive(resource::relocation));
static_assert(of("wfi").privileged() && of("wfi").control_sensitive(resource::time));
static_assert(of("ecall").always_traps() && of("ebreak").always_traps());
static_assert(of("fence.i").innocuous() && !of("fence.i").privileged() && !of("fence.i").always_traps());

// CSR instructions, by groups of registers.
static_assert(of("csrrs sstatus").privileged() && !of("csrrs sstatus").control_sensitive() &&
              of("csrrs sstatus").resource_sensitive(resource::interrupts));
static_assert(of("csrrw sstatus").privileged() && of("csrrw sstatus").control_sensitive(resource::interrupts));
static_assert(of("csrrw satp").privileged() && of("csrrw satp").control_sensitive(resource::relocation) &&
              of("csrrs satp").location_sensitive());
static_assert(of("csrrsi mstatus").privileged() && of("csrrsi mstatus").resource_sensitive(resource::mode) &&
              !of("csrrsi mstatus").mode_sensitive());
static_assert(of("csrrs time").privileged() && of("csrrs time").resource_sensitive(resource::time) &&
              !of("csrrs time").user_sensitive());
static_assert(of("csrrs cycle").privileged() && of("csrrs instret").privileged());
static_assert(of("csrrs misa").privileged() && of("csrrs misa").innocuous());
static_assert(of("csrrw mvendorid").always_traps() && of("csrrs mvendorid").privileged());
static_assert(of("csrrs absent").always_traps() && of("csrrw absent").always_traps());

// An instruction finds its unit: rdtime, then a write to the same register.
constexpr isa::decoded<rv64> rdtime = isa::decode<rv64>(0xc0102573);
constexpr isa::decoded<rv64> write_time = isa::decode<rv64>(0xc01512f3);
static_assert(theory::unit_of<rv64>(rdtime.row, rdtime.operands) == theory::find_unit<rv64>("csrrs time"));
static_assert(theory::classes<rv64>[theory::unit_of<rv64>(write_time.row, write_time.operands)].always_traps());
static_assert(theory::unit_of<rv64>(isa::find_row<rv64>("add"), {}) == theory::no_unit);

// Floating point: every row makes its state dirty without a trap, in user mode too; so do writes of its registers. The
// VMM lends that resource. Asked for all resources, theorem 1 names the first such instruction.
static_assert(of("fadd.s").control_sensitive(resource::floating_point) && !of("fadd.s").privileged() &&
              of("fadd.s").user_sensitive() && !of("fadd.s").behavior_sensitive() && !of("fadd.s").always_traps());
static_assert(of("csrrw fflags").user_sensitive(resource::floating_point) && !of("csrrw fflags").privileged() &&
              of("csrrs fflags").innocuous());
static_assert(rv64::lent_resources == resource::floating_point &&
              of("fsd").innocuous(theory::verdict_resources<rv64>) &&
              of("csrrw fflags").innocuous(theory::verdict_resources<rv64>));
constexpr const auto &in_full = theory::verdict_on<1, rv64, theory::derivation, isa::all_resources>;
constexpr bool is_floating(std::size_t n) {
  const theory::unit &u = theory::units<rv64>[in_full.offenders[n]];
  return isa::facts<rv64>[u.row].needs == isa::capability::fp || u.group == "fflags";
}
constexpr std::size_t first_row_in_full = [] {
  std::size_t n = 0;
  while (isa::facts<rv64>[theory::units<rv64>[in_full.offenders[n]].row].needs != isa::capability::fp)
    ++n;
  return theory::units<rv64>[in_full.offenders[n]].row;
}();
static_assert(!in_full.holds() && first_row_in_full == isa::find_row<rv64>("flw"));
static_assert(in_full.offender_count == 62 + 6 && [] {
  for (std::size_t n = 0; n < in_full.offender_count; ++n)
    if (!is_floating(n))
      return false;
  return true;
}());
static_assert(!theory::holds<3, rv64, theory::derivation, isa::all_resources>);
using without_floats = cpu::basic_rv64<cpu::rv64_knobs{.floating_point = false}>;
static_assert(theory::holds<1, without_floats, theory::derivation, isa::all_resources>);

// About a dozen groups for each row.
static_assert(theory::units<rv64>.size() == 6 + 2 * 8 + 4 * 18 + 1 + 62);
} // namespace
