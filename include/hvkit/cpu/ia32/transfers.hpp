// SPDX-License-Identifier: BSL-1.0
// Decides how control leaves a code segment: far jumps, calls and returns, call gates, IRET and software interrupts,
// with their checks of privilege and changes of stack.
// Source: Intel SDM, Volume 3, "Transferring Program Control Between Code Segments"; Volume 2, the instructions' pages.
#pragma once

#include <array>

#include <hvkit/cpu/ia32/interrupts.hpp>
#include <hvkit/cpu/ia32/segmentation.hpp>
#include <hvkit/cpu/ia32/stacks.hpp>

namespace hvkit::cpu::x86 {

/// Mixed in beside segmentation, stacks and interrupts. Hardware task switches are not modelled: what would be one is
/// #GP with the selector.
template <class D> struct transfer_unit {
  /// JMP to another segment. `wide`: the operand size is 32.
  constexpr bool jump_far(u16 sel, u32 offset) {
    if (!self().uses_descriptors())
      return go_real(sel, offset);
    const maybe<target> to = find_target(sel, offset, false);
    return to && go_to(*to, self().cpl());
  }
  /// CALL of another segment; `back` is where RET comes back to.
  constexpr bool call_far(u16 sel, u32 offset, u32 back, bool wide) {
    if (!self().uses_descriptors())
      return push_return(back, wide) && go_real(sel, offset, 2 * (wide ? 4U : 2U));
    const maybe<target> to = find_target(sel, offset, true);
    if (!to || beyond(*to))
      return false;
    const bool size = to->through_gate ? to->wide : wide;
    if (to->through_gate && !to->code.is_conforming() && to->code.dpl() < self().cpl())
      return call_inner(*to, back);
    return push_return(back, size) && go_to(*to, self().cpl());
  }
  /// RET to another segment, which drops `extra` bytes of arguments.
  constexpr bool return_far(u32 extra, bool wide) {
    const u32 size = wide ? 4 : 2;
    const maybe<u32> offset = stacked(0, wide), cs = offset ? stacked(size, wide) : offset;
    if (!cs)
      return false;
    if (!self().uses_descriptors()) {
      if (!go_real(static_cast<u16>(*cs), *offset))
        return false;
      self().drop(2 * size + extra);
      return true;
    }
    return return_to(static_cast<u16>(*cs), *offset, 2 * size, extra, wide);
  }
  /// IRET.
  constexpr bool interrupt_return(bool wide) {
    auto &s = self().system();
    const u32 size = wide ? 4 : 2;
    if (self().in_v86_mode() && self().iopl() < 3)
      return self().protection_fault();
    if (self().uses_descriptors() && s.get(fields::nt) != 0) // a task switch
      return self().fault(cause::invalid_tss, self().selector(seg::tr));
    const maybe<u32> offset = stacked(0, wide), cs = offset ? stacked(size, wide) : offset,
                     flags = cs ? stacked(2 * size, wide) : cs;
    if (!flags)
      return false;
    const u32 level = self().cpl(), iopl = self().iopl();
    if (!self().uses_descriptors()) {
      if (!go_real(static_cast<u16>(*cs), *offset))
        return false;
      self().drop(3 * size);
    } else if (wide && (*flags & eflags::vm) != 0 && level == 0) {
      return return_to_v86(*offset, static_cast<u16>(*cs), *flags);
    } else if (!return_to(static_cast<u16>(*cs), *offset, 3 * size, 0, wide)) {
      return false;
    }
    set_flags(*flags, flags_writable(level, iopl), wide);
    s.set(w_nmi_taken, 0);
    return true;
  }
  /// INT n, INT3, INTO.
  constexpr bool software_interrupt(u8 vector) {
    const maybe<u32> handler = self().enter_handler(vector, origin::software, static_cast<u32>(self().next().value), 0);
    if (!handler)
      return false;
    self().system().set(w_single_step, 0);
    self().jump(gva{*handler});
    self().changed(effect::context | effect::interrupts);
    return true;
  }

  /// Which bits of EFLAGS POPF and IRET may change at that privilege. RF is not among them: it is gone after the next
  /// instruction, and nothing asks for it, as there are no breakpoints.
  [[nodiscard]] static constexpr u32 flags_writable(u32 level, u32 iopl) noexcept {
    return eflags::status | eflags::df | eflags::tf | eflags::nt | eflags::ac | eflags::id |
           (level <= iopl ? eflags::if_ : 0U) | (level == 0 ? eflags::iopl : 0U);
  }
  /// Sets the bits of EFLAGS under `mask`; a 16-bit image has but the lower half.
  constexpr void set_flags(u32 image, u32 mask, bool wide) {
    auto &s = self().system();
    auto &u = self().user();
    if (!wide)
      mask &= 0xffffU;
    u.flags.set_all(image);
    u.df = (image & eflags::df) != 0;
    const u32 here = mask & ~(eflags::status | eflags::df);
    s.set(w_eflags, (s.get(w_eflags) & ~u64{here}) | (image & here));
    self().changed(effect::interrupts);
  }

private:
  /// Where a far transfer leads.
  struct target {
    u16 selector = 0;
    u32 offset = 0;
    descriptor code{};
    bool through_gate = false;
    bool wide = false; ///< of the gate
    u32 parameters = 0;
  };

  [[nodiscard]] constexpr maybe<u32> stacked(u32 depth, bool wide) {
    if (wide)
      return self().template top_of_stack<u32>(depth);
    const maybe<u16> value = self().template top_of_stack<u16>(depth);
    return value ? maybe<u32>(*value) : maybe<u32>();
  }
  /// Real-address and virtual-8086 mode. If that fails, `undo` bytes were pushed in vain.
  constexpr bool go_real(u16 sel, u32 offset, u32 undo = 0) {
    const u32 limit = self().in_v86_mode() ? 0xffffU : self().part(seg::cs, part_limit);
    if (offset > limit) {
      self().drop(undo);
      return self().protection_fault();
    }
    self().load_real(seg::cs, sel);
    self().jump(gva{offset});
    return true;
  }
  constexpr bool push_return(u32 back, bool wide) {
    const u32 before = self().user().r[reg::esp];
    const u16 cs = self().selector(seg::cs);
    if (wide ? self().template push<u32>(cs) && self().template push<u32>(back)
             : self().template push<u16>(cs) && self().template push<u16>(static_cast<u16>(back)))
      return true;
    self().user().r[reg::esp] = before;
    return false;
  }

  constexpr maybe<target> refuse(u64 vector, u32 sel) {
    self().fault(vector, sel);
    return {};
  }
  [[nodiscard]] constexpr maybe<target> find_target(u16 sel, u32 offset, bool calls) {
    if ((sel & 0xfffcU) == 0)
      return refuse(cause::general_protection, 0);
    const maybe<descriptor> d = self().find_descriptor(sel, cause::general_protection);
    if (!d)
      return {};
    if (d->is_segment())
      return direct(sel, offset, *d);
    const bool wide = d->type() == system_type::call_gate32;
    if (!wide && d->type() != system_type::call_gate16) // a TSS or a task gate
      return refuse(cause::general_protection, sel);
    if (d->dpl() < self().cpl() || (sel & 3U) > d->dpl())
      return refuse(cause::general_protection, sel);
    if (!d->present())
      return refuse(cause::not_present, sel);
    return behind_gate(*d, wide, calls);
  }
  [[nodiscard]] constexpr maybe<target> direct(u16 sel, u32 offset, const descriptor &d) {
    const u32 level = self().cpl();
    if (!d.is_code() || (d.is_conforming() ? d.dpl() > level : (sel & 3U) > level || d.dpl() != level))
      return refuse(cause::general_protection, sel);
    if (!d.present())
      return refuse(cause::not_present, sel);
    return target{sel, offset, d};
  }
  [[nodiscard]] constexpr maybe<target> behind_gate(const descriptor &gate, bool wide, bool calls) {
    const u16 sel = gate.selector();
    if ((sel & 0xfffcU) == 0)
      return refuse(cause::general_protection, 0);
    const maybe<descriptor> code = self().find_descriptor(sel, cause::general_protection);
    if (!code)
      return {};
    const u32 level = self().cpl();
    const bool fits = code->is_code() && (code->is_conforming() || calls ? code->dpl() <= level : code->dpl() == level);
    if (!fits)
      return refuse(cause::general_protection, sel);
    if (!code->present())
      return refuse(cause::not_present, sel);
    return target{sel, wide ? gate.offset() : gate.offset() & 0xffffU, *code, true, wide, gate.high & 31U};
  }
  [[nodiscard]] constexpr bool beyond(const target &to) {
    if (to.offset <= to.code.limit())
      return false;
    self().protection_fault();
    return true;
  }
  constexpr bool go_to(const target &to, u32 level) {
    if (beyond(to) || !self().take(seg::cs, static_cast<u16>((to.selector & 0xfffcU) | level), to.code))
      return false;
    self().jump(gva{to.offset});
    return true;
  }
  /// A call gate to a more privileged level: arguments are copied to its stack.
  constexpr bool call_inner(const target &to, u32 back) {
    const u32 level = to.code.dpl();
    const auto stack = self().inner_stack(level, 0);
    if (!stack)
      return false;
    std::array<u32, 35> values{};
    u32 n = 0;
    values[n++] = self().selector(seg::ss);
    values[n++] = self().user().r[reg::esp];
    const u32 size = to.wide ? 4 : 2;
    for (u32 i = to.parameters; i-- > 0;) {
      const maybe<u32> argument = stacked(i * size, to.wide);
      if (!argument)
        return false;
      values[n++] = *argument;
    }
    values[n++] = self().selector(seg::cs);
    values[n++] = back;
    const maybe<u32> top = self().push_on(*stack, level, values, n, to.wide, 0);
    if (!top || !go_to(to, level))
      return false;
    self().system().set(fields::cpl, level);
    self().set_stack(*stack, *top);
    self().changed(effect::context);
    return true;
  }

  /// To a code segment of the same or a less privileged level; `frame` bytes are on the stack, `extra` behind them.
  constexpr bool return_to(u16 sel, u32 offset, u32 frame, u32 extra, bool wide) {
    if ((sel & 0xfffcU) == 0)
      return self().protection_fault();
    const maybe<descriptor> d = self().find_descriptor(sel, cause::general_protection);
    if (!d)
      return false;
    const u32 level = sel & 3U;
    if (level < self().cpl() || !d->is_code() || (d->is_conforming() ? d->dpl() > level : d->dpl() != level))
      return self().fault(cause::general_protection, sel);
    if (!d->present())
      return self().fault(cause::not_present, sel);
    const target to{sel, offset, *d};
    if (level != self().cpl())
      return return_outward(to, frame, extra, wide);
    if (!go_to(to, level))
      return false;
    self().drop(frame + extra);
    return true;
  }
  constexpr bool return_outward(const target &to, u32 frame, u32 extra, bool wide) {
    const u32 level = to.selector & 3U, size = wide ? 4 : 2;
    const maybe<u32> esp = stacked(frame + extra, wide), ss = esp ? stacked(frame + extra + size, wide) : esp;
    if (!ss)
      return false;
    const auto sel = static_cast<u16>(*ss);
    if ((sel & 0xfffcU) == 0)
      return self().protection_fault();
    const maybe<descriptor> stack = self().find_descriptor(sel, cause::general_protection);
    if (!stack || !self().fits_stack(*stack, sel, level, cause::general_protection, cause::stack_fault) ||
        !go_to(to, level))
      return false;
    self().system().set(fields::cpl, level);
    self().set_stack({sel, *esp, *stack}, *esp);
    self().drop(extra);
    for (const u8 n : {seg::es, seg::ds, seg::fs, seg::gs}) {
      const u32 r = self().part(n, part_rights);
      const bool conforming = (r & (rights::code | rights::conforming)) == (rights::code | rights::conforming);
      if (!conforming && (r & rights::dpl) >> 5 < level)
        self().set_segment(n, 0, 0, 0, 0);
    }
    self().changed(effect::context);
    return true;
  }
  /// IRET from level 0 to virtual-8086 mode: EIP, CS, EFLAGS, ESP, SS, ES, DS, FS, GS are on the stack.
  constexpr bool return_to_v86(u32 offset, u16 cs, u32 flags) {
    std::array<u32, 6> more{};
    for (u32 n = 0; n < more.size(); ++n) {
      const maybe<u32> value = self().template top_of_stack<u32>(12 + 4 * n);
      if (!value)
        return false;
      more[n] = *value;
    }
    if ((offset & 0xffff0000U) != 0)
      return self().protection_fault();
    auto &s = self().system();
    set_flags(flags, ~(eflags::vip | eflags::vif | eflags::rf), true);
    s.set(fields::cpl, 3);
    constexpr u8 order[] = {seg::ss, seg::es, seg::ds, seg::fs, seg::gs};
    for (u32 n = 0; n < 5; ++n)
      self().load_real(order[n], static_cast<u16>(more[n + 1]));
    self().load_real(seg::cs, cs);
    self().user().r[reg::esp] = more[0];
    s.set(w_nmi_taken, 0);
    self().jump(gva{offset});
    self().changed(effect::context);
    return true;
  }
  [[nodiscard]] constexpr D &self() { return static_cast<D &>(*this); }
  [[nodiscard]] constexpr const D &self() const { return static_cast<const D &>(*this); }
};

} // namespace hvkit::cpu::x86
