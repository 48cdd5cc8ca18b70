// SPDX-License-Identifier: BSL-1.0
// Decides how exceptions and interrupts enter their handlers: through the vector table of real-address mode, or through
// gates with a change of stack; and what happens if that faults in turn.
// Source: Intel SDM, Volume 3, "Interrupt and Exception Handling"; Volume 2, "INT n/INTO/INT3/INT1".
#pragma once

#include <hvkit/cpu/ia32/segmentation.hpp>

namespace hvkit::cpu::x86 {

/// Where an interrupt comes from: it decides on privilege checks and on the EXT bit of error codes.
enum class origin : u8 { exception, external, software };

/// `D` has segmentation and translation, and takes what `arch` lists.
template <class D> struct interrupt_unit {
  /// Enters the handler of an exception that was raised, or of an interrupt that is due. A fault on the way becomes
  /// another exception, then a double fault, then shutdown.
  constexpr void enter_trap(trap t) {
    auto &s = self().system();
    s.set(w_traps, s.get(w_traps) + 1);
    s.set(w_single_step, 0);
    bool from_line = (t.cause & cause::external) != 0;
    for (unsigned depth = 0;; ++depth) {
      const u64 vector = t.cause & 0xff;
      if (vector == cause::page_fault && !from_line)
        s.set(w_cr2, t.value & 0xffffffffU);
      const auto kind = from_line ? origin::external : origin::exception;
      if (const auto handler = enter_handler(static_cast<u8>(vector), kind, self().user().pc, error_code(t))) {
        self().user().pc = *handler;
        break;
      }
      const trap second = self().raised();
      if (vector == cause::double_fault || depth == 3)
        return shut_down();
      t = !from_line && escalates(vector, second.cause & 0xff) ? exception(cause::double_fault) : second;
      from_line = false;
    }
    self().changed(effect::context | effect::interrupts);
  }

  /// Enters the handler of `vector`, to come back to `back`; gives where it begins. Nothing if that raised an
  /// exception, and nothing else happened.
  [[nodiscard]] constexpr maybe<u32> enter_handler(u8 vector, origin kind, u32 back, u32 code) {
    return self().in_protected_mode() ? through_gate(vector, kind, back, code) : through_vector(vector, back);
  }

  /// EFLAGS as they are pushed.
  [[nodiscard]] constexpr u32 flags_image() const {
    const auto &u = self().user();
    return static_cast<u32>(self().system().get(w_eflags)) | u.flags.all() | (u.df ? eflags::df : 0U) | eflags::fixed;
  }

  /// What is due before the next instruction, if it is to be taken now: single step, NMI, an external interrupt.
  [[nodiscard]] constexpr maybe<u64> interrupt_due() {
    auto &s = self().system();
    if (s.get(w_shut_down) != 0)
      return {};
    const bool shadow = s.get(w_shadow) != 0;
    const bool step_over = s.get(w_single_step) != 0;
    s.set(w_shadow, 0);
    s.set(w_single_step, s.get(fields::tf));
    if (shadow || s.get(fields::tf) != 0)
      self().changed(effect::interrupts); // look again before the next one
    if (shadow)
      return {};
    if (step_over) {
      s.set(w_dr6, s.get(w_dr6) | bit(14));
      return cause::debug;
    }
    if (nmi_waits()) {
      s.set(w_nmi_taken, 1);
      return cause::external | cause::nmi;
    }
    if (!interrupt_waits())
      return {};
    if constexpr (requires { self().acknowledge(); })
      return cause::external | self().acknowledge();
    else
      return {};
  }
  /// Something ends HLT.
  [[nodiscard]] constexpr bool wakes() const {
    return self().system().get(w_shut_down) == 0 && (nmi_waits() || interrupt_waits());
  }

private:
  [[nodiscard]] constexpr bool nmi_waits() const {
    const auto &s = self().system();
    return (s.get(w_lines) & bit(line::nmi)) != 0 && s.get(w_nmi_taken) == 0;
  }
  [[nodiscard]] constexpr bool interrupt_waits() const {
    const auto &s = self().system();
    return (s.get(w_lines) & bit(line::intr)) != 0 && s.get(fields::if_) != 0;
  }
  constexpr void shut_down() {
    self().system().set(w_shut_down, 1);
    self().wait();
  }
  /// "Interrupt 8: Double Fault Exception": contributory after contributory, or contributory or a page fault after a
  /// page fault.
  [[nodiscard]] static constexpr bool escalates(u64 first, u64 second) noexcept {
    const auto contributory = [](u64 v) { return v == cause::divide_error || (v >= 10 && v <= 13); };
    return (contributory(first) && contributory(second)) ||
           (first == cause::page_fault && (contributory(second) || second == cause::page_fault));
  }

  constexpr maybe<u32> through_vector(u8 vector, u32 back) {
    auto &s = self().system();
    const u32 at = static_cast<u32>(s.get(w_idt_base)) + 4U * vector;
    if (4U * vector + 3 > s.get(w_idt_limit)) {
      self().protection_fault();
      return {};
    }
    const maybe<u32> to = self().template load_as<u32>(at, false);
    if (!to)
      return {};
    const u32 before = self().user().r[reg::esp];
    if (!self().template push<u16>(static_cast<u16>(flags_image())) ||
        !self().template push<u16>(self().selector(seg::cs)) || !self().template push<u16>(static_cast<u16>(back))) {
      self().user().r[reg::esp] = before;
      return {};
    }
    self().load_real(seg::cs, static_cast<u16>(*to >> 16));
    s.set(w_eflags, s.get(w_eflags) & ~u64{eflags::if_ | eflags::tf | eflags::ac});
    return *to & 0xffffU;
  }

  /// What a gate says, once it was found good.
  struct entry {
    descriptor gate{}, code{};
    u16 selector = 0;
    u32 external = 0;
    bool wide = false;
  };
  [[nodiscard]] constexpr maybe<entry> find_gate(u8 vector, origin kind) {
    const u32 ext = kind == origin::software ? 0 : selector_error::external;
    const u32 named = u32{vector} * 8 + selector_error::idt;
    const auto &s = self().system();
    if (8U * vector + 7 > s.get(w_idt_limit))
      return refuse(cause::general_protection, named | ext);
    const maybe<descriptor> gate = self().descriptor_at(static_cast<u32>(s.get(w_idt_base)) + 8U * vector);
    if (!gate)
      return {};
    const u32 type = gate->type() & ~1U; // a trap gate is an interrupt gate that leaves IF
    if (gate->is_segment() || (type != system_type::interrupt_gate16 && type != system_type::interrupt_gate32) ||
        (kind == origin::software && gate->dpl() < self().cpl()))
      return refuse(cause::general_protection, named | ext);
    if (!gate->present())
      return refuse(cause::not_present, named | ext);
    const u16 sel = gate->selector();
    if ((sel & 0xfffcU) == 0)
      return refuse(cause::general_protection, ext);
    const maybe<descriptor> code = self().find_descriptor(sel, cause::general_protection, ext);
    if (!code)
      return {};
    if (!code->is_code() || code->dpl() > self().cpl())
      return refuse(cause::general_protection, (sel & 0xfffcU) | ext);
    if (!code->present())
      return refuse(cause::not_present, (sel & 0xfffcU) | ext);
    return entry{*gate, *code, sel, ext, type == system_type::interrupt_gate32};
  }

  constexpr maybe<u32> through_gate(u8 vector, origin kind, u32 back, u32 code) {
    if (self().in_v86_mode() && kind == origin::software && self().iopl() < 3) {
      self().protection_fault();
      return {};
    }
    const maybe<entry> e = find_gate(vector, kind);
    if (!e)
      return {};
    const bool with_code = kind == origin::exception && cause::has_error_code(vector);
    // "Debugger Faults": RF is set in the image that a fault pushes, so that a breakpoint does not strike twice.
    const u32 resumes = kind == origin::exception && vector != cause::debug ? eflags::rf : 0;
    const bool inner = !e->code.is_conforming() && e->code.dpl() < self().cpl();
    if (self().in_v86_mode() && (!inner || e->code.dpl() != 0)) {
      self().fault(cause::general_protection, e->selector, e->external);
      return {};
    }
    if (!(inner ? push_inner(*e, back, resumes, with_code, code) : push_same(*e, back, resumes, with_code, code)))
      return {};
    const u32 to = e->wide ? e->gate.offset() : e->gate.offset() & 0xffffU;
    const u32 level = inner ? e->code.dpl() : self().cpl();
    self().set_segment(seg::cs, static_cast<u16>((e->selector & 0xfffcU) | level), e->code.base(), e->code.limit(),
                       e->code.rights() | rights::accessed);
    auto &s = self().system();
    s.set(fields::cpl, level);
    const bool masks = (e->gate.type() & 1U) == 0;
    s.set(w_eflags,
          s.get(w_eflags) & ~u64{eflags::tf | eflags::nt | eflags::vm | eflags::rf | (masks ? eflags::if_ : 0U)});
    return to;
  }

  constexpr bool push_same(const entry &e, u32 back, u32 resumes, bool with_code, u32 code) {
    if (back_beyond(e))
      return false;
    const u32 before = self().user().r[reg::esp];
    const auto push = [&](u32 value) {
      return e.wide ? self().template push<u32>(value) : self().template push<u16>(static_cast<u16>(value));
    };
    if (push(flags_image() | resumes) && push(self().selector(seg::cs)) && push(back) && (!with_code || push(code)))
      return true;
    self().user().r[reg::esp] = before;
    return false;
  }
  [[nodiscard]] constexpr bool back_beyond(const entry &e) {
    if ((e.wide ? e.gate.offset() : e.gate.offset() & 0xffffU) <= e.code.limit())
      return false;
    self().protection_fault(e.external);
    return true;
  }

  /// The stack of a more privileged level, from the TSS; nothing of the old state is lost before all is written.
  constexpr bool push_inner(const entry &e, u32 back, u32 resumes, bool with_code, u32 code) {
    const u32 level = e.code.dpl();
    const auto stack = self().inner_stack(level, e.external);
    if (!stack || back_beyond(e))
      return false;
    std::array<u32, 10> values{};
    u32 n = 0;
    const bool from_v86 = self().in_v86_mode();
    if (from_v86)
      for (const u8 segment : {seg::gs, seg::fs, seg::ds, seg::es})
        values[n++] = self().selector(segment);
    for (const u32 value : {u32{self().selector(seg::ss)}, self().user().r[reg::esp], flags_image() | resumes,
                            u32{self().selector(seg::cs)}, back})
      values[n++] = value;
    if (with_code)
      values[n++] = code;
    const maybe<u32> top = self().push_on(*stack, level, values, n, e.wide, e.external);
    if (!top)
      return false;
    if (from_v86)
      for (const u8 segment : {seg::gs, seg::fs, seg::ds, seg::es})
        self().set_segment(segment, 0, 0, 0, 0);
    self().set_stack(*stack, *top);
    return true;
  }

  constexpr maybe<entry> refuse(u64 vector, u32 code) {
    self().raise(exception(vector, code));
    return {};
  }
  [[nodiscard]] constexpr D &self() { return static_cast<D &>(*this); }
  [[nodiscard]] constexpr const D &self() const { return static_cast<const D &>(*this); }
};

} // namespace hvkit::cpu::x86
