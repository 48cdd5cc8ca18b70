// SPDX-License-Identifier: BSL-1.0
// Decides what IA-32's system instructions are, one row a line: whatever can see or change more than user state.
// Source: Intel SDM, Volume 2, "Instruction Set Reference".
#pragma once

#include <hvkit/cpu/ia32/make_row.hpp>
#include <hvkit/cpu/ia32/sentences.hpp>
#include <hvkit/cpu/ia32/state.hpp>
#include <hvkit/cpu/ia32/string_forms.hpp>
#include <hvkit/isa/instruction_set.hpp>

namespace hvkit::cpu::x86 {

/// The semantics get the machine and the operands, and answer whether the instruction retires.
struct system : form_basics {
  static constexpr auto needs = capability::system;
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) { return f(v.machine(), o); }
};
/// The same for one that changes status flags.
template <flag_letters Letters> struct system_with : form_with<Letters> {
  static constexpr auto needs = capability::system;
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) { return f(v.machine(), o); }
};
/// What must hold before an operand is read.
enum class guard : u8 { none, privileged, descriptors, both };
template <guard G, class M> [[nodiscard]] constexpr bool admits(M &m) {
  constexpr bool descriptors = G == guard::descriptors || G == guard::both;
  constexpr bool level = G == guard::privileged || G == guard::both;
  return (!descriptors || m.knows_descriptors()) && (!level || m.privileged());
}
/// The value of a 16-bit operand goes to the semantics: the first one, or the second with the operands.
template <guard G, flag_letters Letters = "------"> struct system_of_word : form_with<Letters> {
  static constexpr auto needs = capability::system;
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    auto &m = v.machine();
    if (!admits<G>(m))
      return false;
    const auto value = get<u16>(m, o, o.op[0]);
    return value && f(m, value->value);
  }
};
template <guard G, flag_letters Letters = "------"> struct system_of_second : form_with<Letters> {
  static constexpr auto needs = capability::system;
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    auto &m = v.machine();
    if (!admits<G>(m))
      return false;
    const auto value = get<u16>(m, o, o.op[1]);
    return value && f(m, o, value->value);
  }
};

/// IN: the accumulator becomes f of what the port gives. The port is the second operand.
struct input : form_basics {
  static constexpr auto needs = capability::system;
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    auto &m = v.machine();
    return by_width(o.op[0].width, [&]<class T>() {
      const u16 port = get<u16>(m, o, o.op[1])->value;
      const maybe<T> value = m.template port_in<T>(port);
      if (value)
        set_register<T>(m.user(), reg::eax, f(word<T>(*value)));
      return value.has_value();
    });
  }
};
/// OUT: f of the accumulator goes to the port, which is the first operand.
struct output : form_basics {
  static constexpr auto needs = capability::system;
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    auto &m = v.machine();
    return by_width(o.op[1].width, [&]<class T>() {
      return m.template port_out<T>(get<u16>(m, o, o.op[0])->value, f(get_register<T>(m.user(), reg::eax)).value);
    });
  }
};
/// INS: an element from port DX goes to (E)DI. That it can be written shows before the port is read.
struct input_string : form_basics {
  static constexpr auto needs = capability::system;
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    auto &m = v.machine();
    return by_width(o.op[0].width, [&]<class T>() {
      const u32 at = detail::string_offset(m, o, reg::edi);
      if (!m.template modify<T>(seg::es, at, [](T old) { return old; }))
        return false;
      const maybe<T> value = m.template port_in<T>(static_cast<u16>(m.user().r[reg::edx]));
      if (!value || !m.template write<T>(seg::es, at, f(word<T>(*value)).value))
        return false;
      detail::advance(m, o, reg::edi, sizeof(T));
      return true;
    });
  }
};
/// OUTS: an element at (E)SI goes to port DX.
struct output_string : form_basics {
  static constexpr auto needs = capability::system;
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    auto &m = v.machine();
    return by_width(o.op[1].width, [&]<class T>() {
      const maybe<T> value = m.template read<T>(o.segment, detail::string_offset(m, o, reg::esi));
      if (!value || !m.template port_out<T>(static_cast<u16>(m.user().r[reg::edx]), f(word<T>(*value)).value))
        return false;
      detail::advance(m, o, reg::esi, sizeof(T));
      return true;
    });
  }
};

namespace rows {

inline constexpr auto privileged = isa::make_group(
    "system", //
    make<system>("cli", "FA", [](auto &m, const auto &) { return m.clear_interrupts(); }),
    make<system>("sti", "FB", [](auto &m, const auto &) { return m.set_interrupts(); }),
    make<system>("pushf", "9C", [](auto &m, const auto &o) { return m.push_flags(o.operand_width == 4); })
        .because<sentences::pushf>(),
    make<system>("popf", "9D", [](auto &m, const auto &o) { return m.pop_flags(o.operand_width == 4); })
        .because<sentences::popf>(),
    make<system>("hlt", "F4", [](auto &m, const auto &) { return m.halt(); }),
    make<system>("mov", "0F 20 Rd,Cd",
                 [](auto &m, const auto &o) { return m.read_control(o.op[1].number, o.op[0].number); }),
    make<system>("mov", "0F 22 Cd,Rd",
                 [](auto &m, const auto &o) { return m.write_control(o.op[0].number, o.op[1].number); }),
    make<system>("mov", "0F 21 Rd,Dd",
                 [](auto &m, const auto &o) { return m.read_debug(o.op[1].number, o.op[0].number); }),
    make<system>("mov", "0F 23 Dd,Rd",
                 [](auto &m, const auto &o) { return m.write_debug(o.op[0].number, o.op[1].number); }),
    make<system>("clts", "0F 06", [](auto &m, const auto &) { return m.clear_task_switched(); }),
    make<system>("smsw", "0F 01/4 Ev",
                 [](auto &m, const auto &o) {
                   return m.may_tell() && m.store_word(o, static_cast<u32>(m.system().get(w_cr0)));
                 }),
    make<system_of_word<guard::privileged>>("lmsw", "0F 01/6 Ew",
                                            [](auto &m, u16 value) { return m.load_status_word(value); }),
    make<system>("sgdt", "0F 01/0 Mn",
                 [](auto &m, const auto &o) { return m.store_table(o, w_gdt_base, w_gdt_limit); }),
    make<system>("sidt", "0F 01/1 Mn",
                 [](auto &m, const auto &o) { return m.store_table(o, w_idt_base, w_idt_limit); }),
    make<system>("lgdt", "0F 01/2 Mn", [](auto &m, const auto &o) { return m.load_table(o, w_gdt_base, w_gdt_limit); }),
    make<system>("lidt", "0F 01/3 Mn", [](auto &m, const auto &o) { return m.load_table(o, w_idt_base, w_idt_limit); }),
    make<system>("invlpg", "0F 01/7 Mn", [](auto &m, const auto &o) { return m.invalidate(o); }),
    make<system>("sldt", "0F 00/0 Ev", [](auto &m, const auto &o) { return m.store_selector(o, seg::ldtr); }),
    make<system>("str", "0F 00/1 Ev", [](auto &m, const auto &o) { return m.store_selector(o, seg::tr); }),
    make<system_of_word<guard::both>>("lldt", "0F 00/2 Ew", [](auto &m, u16 sel) { return m.load_local_table(sel); }),
    make<system_of_word<guard::both>>("ltr", "0F 00/3 Ew", [](auto &m, u16 sel) { return m.load_task(sel); }),
    make<system>("invd", "0F 08", [](auto &m, const auto &) { return m.privileged(); }),
    make<system>("wbinvd", "0F 09", [](auto &m, const auto &) { return m.privileged(); }),
    make<system>("esc", "D8+r Ed", [](auto &m, const auto &) { return m.escape(); }),
    make<system>("fwait", "9B", [](auto &m, const auto &) { return m.wait_for_fpu(); }));

inline constexpr auto segments = isa::make_group(
    "segments", //
    make<system>("mov", "8C Ev,Sw",
                 [](auto &m, const auto &o) {
                   return o.op[1].number > seg::gs ? m.illegal() : m.store_word(o, m.selector(o.op[1].number));
                 }),
    make<system_of_second<guard::none>>(
        "mov", "8E Sw,Ew", [](auto &m, const auto &o, u16 sel) { return m.load_selector(o.op[0].number, sel); }),
    make<system>("push", "06 ES | 0E CS | 16 SS | 1E DS | 0F A0 FS | 0F A8 GS",
                 [](auto &m, const auto &o) { return m.push_selector(o.op[0].number, o.operand_width == 4); }),
    make<system>("pop", "07 ES | 17 SS | 1F DS | 0F A1 FS | 0F A9 GS",
                 [](auto &m, const auto &o) { return m.pop_selector(o.op[0].number, o.operand_width == 4); }),
    make<system>("les", "C4 Gv,Mp", [](auto &m, const auto &o) { return m.load_far_pointer(o, seg::es); }),
    make<system>("lds", "C5 Gv,Mp", [](auto &m, const auto &o) { return m.load_far_pointer(o, seg::ds); }),
    make<system>("lss", "0F B2 Gv,Mp", [](auto &m, const auto &o) { return m.load_far_pointer(o, seg::ss); }),
    make<system>("lfs", "0F B4 Gv,Mp", [](auto &m, const auto &o) { return m.load_far_pointer(o, seg::fs); }),
    make<system>("lgs", "0F B5 Gv,Mp", [](auto &m, const auto &o) { return m.load_far_pointer(o, seg::gs); }),
    make<system_of_second<guard::descriptors, "--*---">>(
        "lar", "0F 02 Gv,Ew", [](auto &m, const auto &o, u16 sel) { return m.load_rights(o, sel); }),
    make<system_of_second<guard::descriptors, "--*---">>(
        "lsl", "0F 03 Gv,Ew", [](auto &m, const auto &o, u16 sel) { return m.load_limit(o, sel); }),
    make<system_of_word<guard::descriptors, "--*---">>("verr", "0F 00/4 Ew",
                                                       [](auto &m, u16 sel) { return m.verify(sel, false); }),
    make<system_of_word<guard::descriptors, "--*---">>("verw", "0F 00/5 Ew",
                                                       [](auto &m, u16 sel) { return m.verify(sel, true); }),
    make<system_with<"--*---">>("arpl", "63 Ew,Gw", [](auto &m, const auto &o) { return m.adjust_level(o); }));

inline constexpr auto transfers = isa::make_group(
    "transfers", //
    make<system>("jmp", "EA Ap", [](auto &m, const auto &o) { return m.jump_far(o.second, o.immediate); }),
    make<system>("jmp", "FF/5 Mp",
                 [](auto &m, const auto &o) {
                   return m.with_far_pointer(o, [&](u16 sel, u32 offset) { return m.jump_far(sel, offset); });
                 }),
    make<system>("call", "9A Ap",
                 [](auto &m, const auto &o) {
                   return m.call_far(o.second, o.immediate, static_cast<u32>(m.next().value), o.operand_width == 4);
                 }),
    make<system>("call", "FF/3 Mp",
                 [](auto &m, const auto &o) {
                   return m.with_far_pointer(o, [&](u16 sel, u32 offset) {
                     return m.call_far(sel, offset, static_cast<u32>(m.next().value), o.operand_width == 4);
                   });
                 }),
    make<system>("retf", "CB | CA Iw",
                 [](auto &m, const auto &o) { return m.return_far(o.immediate, o.operand_width == 4); }),
    make<system>("iret", "CF", [](auto &m, const auto &o) { return m.interrupt_return(o.operand_width == 4); }),
    make<system>("int3", "CC", [](auto &m, const auto &) { return m.software_interrupt(u8{cause::breakpoint}); }),
    make<system>("int", "CD Ib",
                 [](auto &m, const auto &o) { return m.software_interrupt(static_cast<u8>(o.immediate)); }),
    make<system>("into", "CE", [](auto &m, const auto &) {
      return !m.user().flags.o() || m.software_interrupt(u8{cause::overflow});
    }));

inline constexpr auto ports =
    isa::make_group("ports", //
                    make<input>("in", "E4 AL,Ib | E5 eAX,Ib | EC AL,DX | ED eAX,DX", [](auto v) { return v; }),
                    make<output>("out", "E6 Ib,AL | E7 Ib,eAX | EE DX,AL | EF DX,eAX", [](auto v) { return v; }),
                    make<repeated<input_string>>("ins", "6C Yb,DX | 6D Yv,DX", [](auto v) { return v; }),
                    make<repeated<output_string>>("outs", "6E DX,Xb | 6F DX,Xv", [](auto v) { return v; }));

inline constexpr auto identification =
    isa::make_group("CPUID", //
                    make<system>("cpuid", "0F A2", [](auto &m, const auto &) { return m.identify(); }),
                    make<system>("rdtsc", "0F 31", [](auto &m, const auto &) { return m.read_time_stamp(); }),
                    make<system>("rdmsr", "0F 32", [](auto &m, const auto &) { return m.read_specific(); }),
                    make<system>("wrmsr", "0F 30", [](auto &m, const auto &) { return m.write_specific(); }));

} // namespace rows
} // namespace hvkit::cpu::x86
