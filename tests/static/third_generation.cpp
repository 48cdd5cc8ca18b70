// SPDX-License-Identifier: BSL-1.0
// Shows that the classes derived for the historical instructions are the ones the literature gives.
// Source: Popek, Goldberg, CACM 17(7), 1974, "Instruction Behavior"; Robin, Irvine, USENIX Security 2000 (popf, pushf).
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/isa/checks.hpp>
#include <hvkit/theory/verdict.hpp>

using namespace hvkit;
using isa::resource;

namespace {
namespace rows = cpu::rows;

/// Every row there is, without and with an I/O privilege level.
using everything = cpu::third_generation<rows::honest, rows::popf, rows::pushf, rows::spl, rows::jrst1, rows::lra,
                                         rows::mfpi, rows::stck>;
using with_iopl =
    cpu::basic_third_generation<cpu::third_generation_knobs{.io_privilege_level = true}, rows::popf, rows::pushf>;

template <class Cpu> constexpr const theory::classified &of(std::string_view name) {
  return theory::classes<Cpu>[theory::find_unit<Cpu>(name)];
}

static_assert(isa::sound<everything>);

// Arithmetic, loads, stores and branches are not even asked: their forms cannot name the mode.
static_assert(theory::find_unit<everything>("add") == theory::no_unit);
static_assert(theory::find_unit<everything>("l") == theory::no_unit);

// S/360 LPSW; Honeywell 6000 LBAR; S/360 SSM; S/370 Set CPU Timer; start I/O; idle.
static_assert(of<everything>("lpsw").privileged() && of<everything>("lpsw").control_sensitive(resource::mode) &&
              of<everything>("lpsw").control_sensitive(resource::relocation));
static_assert(of<everything>("lbar").privileged() && of<everything>("lbar").control_sensitive(resource::relocation) &&
              !of<everything>("lbar").control_sensitive(resource::mode | resource::interrupts));
static_assert(of<everything>("ssm").privileged() && of<everything>("ssm").control_sensitive(resource::interrupts));
static_assert(of<everything>("spt").privileged() && of<everything>("spt").control_sensitive(resource::time));
static_assert(of<everything>("stpt").privileged() && of<everything>("stpt").resource_sensitive(resource::time) &&
              !of<everything>("stpt").control_sensitive());
static_assert(of<everything>("sio").privileged() && of<everything>("sio").control_sensitive(resource::devices));
static_assert(of<everything>("idle").privileged() && of<everything>("idle").control_sensitive(resource::time));

// Supervisor call: traps in every mode, no theorem counts it.
static_assert(of<everything>("svc").always_traps() && of<everything>("svc").innocuous() &&
              !of<everything>("svc").privileged());

// PDP-11/45 SPL, a no-op in user mode: control sensitive, not privileged, nothing to see in user mode.
static_assert(of<everything>("spl").control_sensitive(resource::interrupts) && !of<everything>("spl").privileged() &&
              of<everything>("spl").mode_sensitive() && !of<everything>("spl").user_sensitive());

// PDP-10 JRST 1: changes the mode, in supervisor states only.
static_assert(of<everything>("jrst1").control_sensitive(resource::mode) && !of<everything>("jrst1").privileged() &&
              !of<everything>("jrst1").behavior_sensitive() && !of<everything>("jrst1").user_sensitive());

// S/360-67 LRA: location sensitive in any mode.
static_assert(of<everything>("lra").location_sensitive() && !of<everything>("lra").control_sensitive() &&
              !of<everything>("lra").mode_sensitive() && of<everything>("lra").user_sensitive());

// PDP-11/45 MFPI: the address it forms depends on the mode; in user mode it is a load.
static_assert(of<everything>("mfpi").mode_sensitive() && !of<everything>("mfpi").control_sensitive() &&
              !of<everything>("mfpi").privileged() && !of<everything>("mfpi").user_sensitive());

// x86 POPF and PUSHF. POPF is user sensitive only where the model lets IOPL >= CPL.
static_assert(of<everything>("popf").mode_sensitive() && of<everything>("popf").control_sensitive() &&
              !of<everything>("popf").privileged() && !of<everything>("popf").user_sensitive());
static_assert(of<with_iopl>("popf").mode_sensitive() && of<with_iopl>("popf").control_sensitive() &&
              of<with_iopl>("popf").user_sensitive(resource::interrupts));
static_assert(of<everything>("pushf").user_sensitive(resource::interrupts) &&
              of<with_iopl>("pushf").user_sensitive(resource::interrupts));
static_assert(!of<everything>("pushf").control_sensitive() && !of<everything>("pushf").mode_sensitive());

// S/370 STCK: only where time is a resource.
static_assert(of<everything>("stck").user_sensitive() && of<everything>("stck").sensitive(resource::time) &&
              of<everything>("stck").innocuous(resource::mode | resource::relocation | resource::interrupts));

// The operands' part in an address is relocated, so a composed R admits exactly what the guest's own does.
using r = everything::relocation;
static_assert(everything::compose(r{0x100, 0x80}, r{0x4000, 0x1000}) == r{0x4100, 0x80});
static_assert(everything::compose(r{0xf80, 0x1000}, r{0x4000, 0x1000}) == r{0x4f80, 0x80});
static_assert(everything::compose(r{0x1000, 0x80}, r{0x4000, 0x1000}).b == 0);
static_assert(everything::compose(r{0, 0xffffffff}, r{0x4000, 0x1000}) == r{0x4000, 0x1000});
} // namespace
