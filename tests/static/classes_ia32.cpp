// SPDX-License-Identifier: BSL-1.0
// Shows that the classes derived for IA-32 are those of the literature, and which forms go beyond it.
// Source: Robin, Irvine, USENIX Security 2000, "The seventeen unprivileged, sensitive instructions".
#include <hvkit/cpu/ia32.hpp>
#include <hvkit/theory/verdict.hpp>

using namespace hvkit;
using isa::resource;
using cpu_type = cpu::ia32;

namespace {

constexpr const theory::classified &of(std::string_view name) {
  return theory::classes<cpu_type>[theory::find_unit<cpu_type>(name)];
}
constexpr bool slips(std::string_view name) { return of(name).sensitive() && !of(name).privileged(); }

// Robin and Irvine's list. First the registers: SGDT SIDT SLDT SMSW PUSHF POPF.
static_assert(slips("sgdt") && slips("sidt") && slips("sldt") && slips("smsw") && slips("pushf") && slips("popf"));
// Then the protection system: LAR LSL VERR VERW POP PUSH CALL JMP INT n RET STR MOV; and IRET beside POPF.
static_assert(slips("lar") && slips("lsl") && slips("verr") && slips("verw"));
static_assert(slips("pop ss") && slips("pop ds") && slips("push cs") && slips("push ss"));
static_assert(slips("call far") && slips("call far indirect") && slips("jmp far") && slips("jmp far indirect"));
static_assert(slips("int") && slips("retf") && slips("str") && slips("mov from cs") && slips("mov to ds"));
static_assert(slips("iret"));

// Forms of the list that are innocuous: the selector of a data segment is the program's own.
static_assert(of("push ds").innocuous() && of("mov from ds").innocuous());

// Beyond the list: loads of far pointers, and software interrupts with numbers of their own.
static_assert(slips("les") && slips("lds") && slips("lss") && slips("lfs") && slips("lgs"));
static_assert(slips("int3") && slips("into"));

// Nothing else slips.
constexpr unsigned slipping = [] {
  unsigned n = 0;
  for (const theory::classified &c : theory::classes<cpu_type>)
    n += c.sensitive() && !c.privileged() ? 1 : 0;
  return n;
}();
static_assert(slipping == 33);

// What traps.
constexpr bool traps(std::string_view name) { return of(name).sensitive() && of(name).privileged(); }
static_assert(traps("cli") && traps("sti") && traps("hlt") && traps("clts") && traps("lmsw") && traps("lgdt") &&
              traps("lidt") && traps("lldt") && traps("ltr") && traps("invlpg") && traps("mov to cr") &&
              traps("mov from cr") && traps("mov to dr") && traps("mov from dr") && traps("in") && traps("out") &&
              traps("ins") && traps("outs") && traps("rdtsc") && traps("rdmsr") && traps("wrmsr"));

// POPF: mode sensitive and control sensitive, nothing to see in user mode while IOPL is 0.
static_assert(of("popf").mode_sensitive() && of("popf").control_sensitive(resource::interrupts) &&
              !of("popf").user_sensitive());
static_assert(of("iret").mode_sensitive() && of("iret").control_sensitive(resource::interrupts));
// What shows real state in user mode: theorem 3 fails too.
static_assert(of("pushf").user_sensitive(resource::interrupts) && of("sgdt").user_sensitive(resource::relocation) &&
              of("sidt").user_sensitive(resource::traps) && of("sldt").user_sensitive(resource::relocation) &&
              of("str").user_sensitive(resource::relocation) && of("smsw").user_sensitive(resource::floating_point));
// A segment load goes through the real descriptor table; a selector's level is the real one.
static_assert(of("mov to ds").user_sensitive(resource::relocation) && of("lsl").user_sensitive(resource::relocation));
static_assert(of("mov from cs").mode_sensitive() && of("push cs").mode_sensitive() && of("lar").mode_sensitive());
static_assert(of("int").control_sensitive(resource::mode));

static_assert(!theory::holds<1, cpu_type> && !theory::holds<3, cpu_type>);

} // namespace
