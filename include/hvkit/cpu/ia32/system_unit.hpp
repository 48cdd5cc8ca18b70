// SPDX-License-Identifier: BSL-1.0
// Decides what IA-32's system instructions do to a machine: control registers, tables, flags, ports, and what they tell
// of descriptors. Each function that a row calls is the meaning of one instruction.
// Source: Intel SDM, Volume 2, the instructions' own pages; Volume 3, "System Architecture Overview".
#pragma once

#include <hvkit/core/context.hpp>
#include <hvkit/cpu/ia32/accessors.hpp>
#include <hvkit/cpu/ia32/knobs.hpp>
#include <hvkit/cpu/ia32/transfers.hpp>

namespace hvkit::cpu::x86 {

template <class D, ia32_knobs Knobs> struct system_unit {
  // Privilege.
  [[nodiscard]] constexpr bool privileged() { return self().cpl() == 0 || self().protection_fault(); }
  /// For SGDT, SIDT, SLDT, SMSW and STR.
  [[nodiscard]] constexpr bool may_tell() {
    const bool hidden = Knobs.umip && (self().system().get(w_cr4) & cr4::umip) != 0 && self().cpl() != 0;
    return !hidden || self().protection_fault();
  }
  [[nodiscard]] constexpr bool may_mask_interrupts() {
    return self().cpl() <= self().iopl() || self().protection_fault();
  }
  /// Instructions about descriptors are none where there are none.
  [[nodiscard]] constexpr bool knows_descriptors() { return self().uses_descriptors() || self().illegal(); }

  // Flags.
  constexpr bool clear_interrupts() {
    if (!may_mask_interrupts())
      return false;
    self().system().set(fields::if_, 0);
    self().changed(effect::interrupts);
    return true;
  }
  constexpr bool set_interrupts() {
    if (!may_mask_interrupts())
      return false;
    if (self().system().get(fields::if_) == 0)
      self().system().set(w_shadow, 1);
    self().system().set(fields::if_, 1);
    self().changed(effect::interrupts);
    return true;
  }
  constexpr bool push_flags(bool wide) {
    if (self().in_v86_mode() && self().iopl() < 3)
      return self().protection_fault();
    const u32 image = self().flags_image() & ~eflags::vm;
    return wide ? self().template push<u32>(image) : self().template push<u16>(static_cast<u16>(image));
  }
  constexpr bool pop_flags(bool wide) {
    if (self().in_v86_mode() && self().iopl() < 3)
      return self().protection_fault();
    const maybe<u32> image = wide ? self().template top_of_stack<u32>() : low_half();
    if (!image)
      return false;
    self().drop(wide ? 4 : 2);
    self().set_flags(*image, self().flags_writable(self().cpl(), self().iopl()), wide);
    return true;
  }
  constexpr bool halt() {
    if (!privileged())
      return false;
    if (!self().wakes())
      self().wait();
    return true;
  }

  // Control and debug registers.
  constexpr bool read_control(u8 from, u8 to) {
    if (!is_control(from))
      return self().illegal();
    if (!privileged())
      return false;
    self().user().r[to] = static_cast<u32>(self().system().get(control_word(from)));
    return true;
  }
  constexpr bool write_control(u8 to, u8 from) {
    if (!is_control(to))
      return self().illegal();
    if (!privileged())
      return false;
    const u32 value = self().user().r[from];
    if (to == 0)
      return set_cr0(value);
    if (to == 4 && (value & ~known_cr4()) != 0)
      return self().protection_fault();
    self().system().set(control_word(to), value);
    if (to != 2)
      self().fence({});
    self().changed(effect::context);
    return true;
  }
  constexpr bool load_status_word(u16 value) {
    const u64 old = self().system().get(w_cr0);
    return set_cr0(static_cast<u32>((old & ~u64{14}) | (value & 15U) | (old & cr0::pe)));
  }
  constexpr bool clear_task_switched() {
    if (!privileged())
      return false;
    self().system().set(fields::ts, 0);
    return true;
  }
  constexpr bool read_debug(u8 from, u8 to) {
    const u8 n = debug_register(from);
    if (!may_debug(from))
      return false;
    self().user().r[to] = static_cast<u32>(self().system().get(debug_word(n)));
    return true;
  }
  constexpr bool write_debug(u8 to, u8 from) {
    const u8 n = debug_register(to);
    if (!may_debug(to))
      return false;
    const u32 value = self().user().r[from];
    const u32 fixed = n == 6 ? (value & 0xe00fU) | 0xffff0ff0U : n == 7 ? (value & 0xffff2fffU) | 0x400U : value;
    self().system().set(debug_word(n), fixed);
    return true;
  }

  // Tables.
  constexpr bool store_table(const operands &o, u16 base, u16 limit) {
    if (!may_tell())
      return false;
    const u32 at = effective_address(self(), o);
    const auto &s = self().system();
    return self().template write<u16>(o.segment, at, static_cast<u16>(s.get(limit))) &&
           self().template write<u32>(o.segment, (at + 2) & o.address_mask(), static_cast<u32>(s.get(base)));
  }
  constexpr bool load_table(const operands &o, u16 base, u16 limit) {
    if (!privileged())
      return false;
    const u32 at = effective_address(self(), o);
    const maybe<u16> l = self().template read<u16>(o.segment, at);
    const maybe<u32> b = l ? self().template read<u32>(o.segment, (at + 2) & o.address_mask()) : maybe<u32>();
    if (!b)
      return false;
    self().system().set(limit, *l);
    self().system().set(base, o.operand_width == 4 ? *b : *b & 0xffffffU);
    return true;
  }
  constexpr bool load_local_table(u16 sel) {
    if ((sel & 0xfffcU) == 0) {
      self().set_segment(seg::ldtr, sel, 0, 0, 0);
      return true;
    }
    const maybe<descriptor> d = system_descriptor(sel, system_type::ldt, system_type::ldt);
    return d && self().take(seg::ldtr, sel, *d);
  }
  constexpr bool load_task(u16 sel) {
    if ((sel & 0xfffcU) == 0)
      return self().protection_fault();
    const maybe<descriptor> d = system_descriptor(sel, system_type::tss16, system_type::tss32);
    if (!d)
      return false;
    const descriptor busy{d->low, d->high | 0x200U};
    const u32 at = static_cast<u32>(self().system().get(w_gdt_base)) + (sel & 0xfff8U) + 4;
    return self().template store_as<u32>(at, busy.high, false) && self().take(seg::tr, sel, busy);
  }
  /// SLDT, STR, SMSW, MOV from a segment register: 16 bits to memory, the operand size to a register.
  constexpr bool store_word(const operands &o, u32 value) {
    if (o.op[0].where == place::memory)
      return self().template write<u16>(o.segment, effective_address(self(), o), static_cast<u16>(value));
    if (o.operand_width == 4)
      set_register<u32>(self().user(), o.op[0].number, word<u32>(value));
    else
      set_register<u16>(self().user(), o.op[0].number, word<u16>(value));
    return true;
  }
  constexpr bool store_selector(const operands &o, u8 n) {
    return knows_descriptors() && may_tell() && store_word(o, self().selector(n));
  }

  // Segment registers.
  constexpr bool load_selector(u8 n, u16 sel) {
    if (n == seg::cs || n > seg::gs)
      return self().illegal();
    return self().load_segment(n, sel) && shadowed(n);
  }
  constexpr bool push_selector(u8 n, bool wide) {
    const u16 sel = self().selector(n);
    return wide ? self().template push<u32>(sel) : self().template push<u16>(sel);
  }
  constexpr bool pop_selector(u8 n, bool wide) {
    const maybe<u16> sel = self().template top_of_stack<u16>();
    const u32 old_mask = self().stack_mask();
    if (!sel || !self().load_segment(n, *sel))
      return false;
    auto &esp = self().user().r[reg::esp];
    esp = (esp & ~old_mask) | ((esp + (wide ? 4 : 2)) & old_mask);
    return shadowed(n);
  }
  /// LDS, LES, LFS, LGS, LSS: the offset goes to the register if the selector is good.
  constexpr bool load_far_pointer(const operands &o, u8 n) {
    const u32 at = effective_address(self(), o);
    const u32 behind = (at + o.operand_width) & o.address_mask();
    const maybe<u32> offset = read_offset(o, at);
    const maybe<u16> sel = offset ? self().template read<u16>(o.segment, behind) : maybe<u16>();
    if (!sel || !self().load_segment(n, *sel))
      return false;
    if (o.operand_width == 4)
      self().user().r[o.op[0].number] = *offset;
    else
      set_register<u16>(self().user(), o.op[0].number, word<u16>(*offset));
    return true;
  }
  [[nodiscard]] constexpr maybe<u32> read_offset(const operands &o, u32 at) {
    if (o.operand_width == 4)
      return self().template read<u32>(o.segment, at);
    const maybe<u16> narrow = self().template read<u16>(o.segment, at);
    return narrow ? maybe<u32>(*narrow) : maybe<u32>();
  }
  /// A far pointer in memory.
  template <class F> constexpr bool with_far_pointer(const operands &o, F f) {
    const u32 at = effective_address(self(), o);
    const maybe<u32> offset = read_offset(o, at);
    const maybe<u16> sel =
        offset ? self().template read<u16>(o.segment, (at + o.operand_width) & o.address_mask()) : maybe<u16>();
    return sel && f(*sel, *offset);
  }

  // What descriptors tell: Z says whether they may.
  constexpr bool load_rights(const operands &o, u16 sel) {
    return inspect(o, sel, true, [](const descriptor &d) { return d.high & 0x00ffff00U; });
  }
  constexpr bool load_limit(const operands &o, u16 sel) {
    return inspect(o, sel, false, [](const descriptor &d) { return d.limit(); });
  }
  constexpr bool verify(u16 sel, bool writes) {
    const maybe<descriptor> d = quiet_descriptor(sel);
    const bool fits = d && d->is_segment() && (d->is_conforming() || reaches(*d, sel)) &&
                      (writes ? d->is_writable_data() : d->is_readable());
    set_zero(fits);
    return !quiet_fault_;
  }
  constexpr bool adjust_level(const operands &o) {
    if (!knows_descriptors())
      return false;
    const u16 by = get_register<u16>(self().user(), o.op[1].number).value;
    bool lower = false;
    if (!change<u16>(self(), o, o.op[0], [&](word<u16> a) {
          lower = (a.value & 3U) < (by & 3U);
          return lower ? word<u16>((a.value & 0xfffcU) | (by & 3U)) : a;
        }))
      return false;
    set_zero(lower);
    return true;
  }

  // Ports.
  template <class T> [[nodiscard]] constexpr maybe<T> port_in(u16 port) {
    if (!may_reach(port, sizeof(T)))
      return {};
    if constexpr (requires { self().template read_port<T>(port); })
      return self().template read_port<T>(port);
    else
      return static_cast<T>(self().system().get(w_port));
  }
  template <class T> [[nodiscard]] constexpr bool port_out(u16 port, T value) {
    if (!may_reach(port, sizeof(T)))
      return false;
    if constexpr (requires { self().template write_port<T>(port, value); })
      self().template write_port<T>(port, value);
    else
      self().system().set(w_port, value);
    return true;
  }

  // The processor itself.
  constexpr bool identify() {
    auto &r = self().user().r;
    const u32 leaf = r[reg::eax];
    r[reg::eax] = leaf == 0 ? 1 : 0x543; // family 5
    r[reg::ebx] = leaf == 0 ? 0x6b697668 : 0;
    r[reg::ecx] = leaf == 0 ? 0x6c756d65 : 0;
    // PSE, TSC, MSR, CX8, CMOV
    r[reg::edx] = leaf == 0 ? 0x2074696b : bit32(3) | bit32(4) | bit32(5) | bit32(8) | bit32(15);
    return true;
  }
  constexpr bool read_time_stamp() {
    if ((self().system().get(w_cr4) & cr4::tsd) != 0 && self().cpl() != 0)
      return self().protection_fault();
    const u64 now = self().ticks() + self().system().get(w_tsc_offset);
    self().user().r[reg::eax] = static_cast<u32>(now);
    self().user().r[reg::edx] = static_cast<u32>(now >> 32);
    return true;
  }
  constexpr bool read_specific() {
    if (!privileged())
      return false;
    return self().user().r[reg::ecx] == msr_tsc ? read_time_stamp() : self().protection_fault();
  }
  constexpr bool write_specific() {
    if (!privileged())
      return false;
    const auto &r = self().user().r;
    if (r[reg::ecx] != msr_tsc)
      return self().protection_fault();
    self().system().set(w_tsc_offset, (u64{r[reg::edx]} << 32 | r[reg::eax]) - self().ticks());
    return true;
  }
  /// INVLPG.
  constexpr bool invalidate(const operands &o) {
    if (!privileged())
      return false;
    const u32 at = self().part(o.segment, part_base) + effective_address(self(), o);
    self().fence({gva{at}, {}});
    return true;
  }
  /// An escape to a floating-point unit, and there is none: nothing happens, unless it is to be emulated.
  constexpr bool escape() {
    if ((self().system().get(w_cr0) & (cr0::em | cr0::ts)) == 0)
      return true;
    self().raise(exception(cause::device_not_available));
    return false;
  }
  constexpr bool wait_for_fpu() {
    constexpr u64 both = cr0::mp | cr0::ts;
    if ((self().system().get(w_cr0) & both) != both)
      return true;
    self().raise(exception(cause::device_not_available));
    return false;
  }

private:
  static constexpr u32 msr_tsc = 0x10;
  [[nodiscard]] static constexpr u32 bit32(unsigned n) noexcept { return 1U << n; }
  [[nodiscard]] static constexpr u64 known_cr4() noexcept {
    return cr4::tsd | cr4::de | cr4::pse | (Knobs.umip ? cr4::umip : 0);
  }
  [[nodiscard]] static constexpr bool is_control(u8 n) noexcept { return n == 0 || (n >= 2 && n <= 4); }
  [[nodiscard]] static constexpr u16 control_word(u8 n) noexcept {
    return n == 0 ? w_cr0 : n == 2 ? w_cr2 : n == 3 ? w_cr3 : w_cr4;
  }
  [[nodiscard]] constexpr maybe<u32> low_half() {
    const maybe<u16> value = self().template top_of_stack<u16>();
    return value ? maybe<u32>(*value) : maybe<u32>();
  }
  constexpr bool set_cr0(u32 value) {
    const bool paging = (value & cr0::pg) != 0, protects = (value & cr0::pe) != 0;
    if ((paging && !protects) || ((value & cr0::nw) != 0 && (value & cr0::cd) == 0))
      return self().protection_fault();
    constexpr u64 known =
        cr0::pe | cr0::mp | cr0::em | cr0::ts | cr0::ne | cr0::wp | cr0::am | cr0::nw | cr0::cd | cr0::pg;
    self().system().set(w_cr0, (value & known) | cr0::et);
    self().fence({});
    self().changed(effect::context);
    return true;
  }
  [[nodiscard]] static constexpr u8 debug_register(u8 n) noexcept {
    return n == 4 || n == 5 ? static_cast<u8>(n + 2) : n;
  }
  [[nodiscard]] constexpr bool may_debug(u8 n) {
    auto &s = self().system();
    if ((n == 4 || n == 5) && (s.get(w_cr4) & cr4::de) != 0)
      return self().illegal();
    if (!privileged())
      return false;
    if ((s.get(w_dr7) & bit(13)) == 0)
      return true;
    s.set(w_dr6, s.get(w_dr6) | bit(13));
    s.set(w_dr7, s.get(w_dr7) & ~bit(13));
    self().raise(exception(cause::debug));
    return false;
  }
  /// After a load of SS, interrupts wait for one more instruction.
  constexpr bool shadowed(u8 n) {
    if (n == seg::ss) {
      self().system().set(w_shadow, 1);
      self().changed(effect::interrupts);
    }
    return true;
  }
  [[nodiscard]] constexpr maybe<descriptor> system_descriptor(u16 sel, u32 type, u32 other) {
    if ((sel & 4U) != 0) {
      self().fault(cause::general_protection, sel);
      return {};
    }
    const maybe<descriptor> d = self().find_descriptor(sel, cause::general_protection);
    if (!d)
      return {};
    if (d->is_segment() || (d->type() != type && d->type() != other)) {
      self().fault(cause::general_protection, sel);
      return {};
    }
    if (!d->present()) {
      self().fault(cause::not_present, sel);
      return {};
    }
    return d;
  }

  /// The descriptor of a selector, without a fault if there is none. A page fault on the way is one, though.
  [[nodiscard]] constexpr maybe<descriptor> quiet_descriptor(u16 sel) {
    quiet_fault_ = false;
    const auto &s = self().system();
    const bool local = (sel & 4U) != 0;
    const u32 limit = local ? self().part(seg::ldtr, part_limit) : static_cast<u32>(s.get(w_gdt_limit));
    if ((sel & 0xfffcU) == 0 || (local && self().part(seg::ldtr, part_rights) == 0) || (sel | 7U) > limit)
      return {};
    const u32 base = local ? self().part(seg::ldtr, part_base) : static_cast<u32>(s.get(w_gdt_base));
    const maybe<descriptor> d = self().descriptor_at(base + (sel & 0xfff8U));
    quiet_fault_ = !d;
    return d;
  }
  [[nodiscard]] constexpr bool reaches(const descriptor &d, u16 sel) const {
    return self().cpl() <= d.dpl() && (sel & 3U) <= d.dpl();
  }
  template <class F> constexpr bool inspect(const operands &o, u16 sel, bool gates, F f) {
    const maybe<descriptor> d = quiet_descriptor(sel);
    if (quiet_fault_)
      return false;
    // "Segment and Gate Types": which system descriptors LAR and LSL know.
    const u32 known = gates ? 0x1a3eU : 0x0a0eU;
    const bool fits = d && (d->is_segment() ? d->is_conforming() || reaches(*d, sel)
                                            : (known >> d->type() & 1U) != 0 && reaches(*d, sel));
    set_zero(fits);
    if (fits && o.operand_width == 4)
      self().user().r[o.op[0].number] = f(*d);
    else if (fits)
      set_register<u16>(self().user(), o.op[0].number, word<u16>(f(*d)));
    return true;
  }
  constexpr void set_zero(bool zero) {
    auto &flags = self().user().flags;
    flags.set_all((flags.all() & ~eflags::zf) | (zero ? eflags::zf : 0U));
  }

  /// CPL above IOPL, or virtual-8086 mode: the bit map of the TSS decides. "I/O Permission Bit Map".
  [[nodiscard]] constexpr bool may_reach(u16 port, u32 size) {
    if (!self().in_protected_mode() || (self().cpl() <= self().iopl() && !self().in_v86_mode()))
      return true;
    const u32 type = self().part(seg::tr, part_rights) & 15U;
    const u32 base = self().part(seg::tr, part_base), limit = self().part(seg::tr, part_limit);
    if ((type != system_type::tss32 && type != system_type::busy_tss32) || limit < 103)
      return self().protection_fault();
    const maybe<u16> map = self().template load_as<u16>(base + 102, false);
    if (!map)
      return false;
    const u32 at = *map + port / 8U;
    if (at + 1 > limit)
      return self().protection_fault();
    const maybe<u16> bits_there = self().template load_as<u16>(base + at, false);
    if (!bits_there)
      return false;
    return (*bits_there >> port % 8U & low_bits(size)) == 0 || self().protection_fault();
  }
  [[nodiscard]] constexpr D &self() { return static_cast<D &>(*this); }
  [[nodiscard]] constexpr const D &self() const { return static_cast<const D &>(*this); }

  bool quiet_fault_ = false;
};

} // namespace hvkit::cpu::x86
