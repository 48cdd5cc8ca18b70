// SPDX-License-Identifier: BSL-1.0
// Decides what IA-32's instructions about descriptors do: loads and stores of tables and selectors, far pointers, and
// what a program may ask of a descriptor. Each function that a row calls is the meaning of one instruction.
// Source: Intel SDM, Volume 2, the instructions' own pages; Volume 3, "Protection".
#pragma once

#include <hvkit/cpu/ia32/accessors.hpp>
#include <hvkit/cpu/ia32/segmentation.hpp>

namespace hvkit::cpu::x86 {

template <class D> struct descriptor_unit {
  // Tables.
  constexpr bool store_table(const operands &o, u16 base, u16 limit) {
    if (!self().may_tell())
      return false;
    const u32 at = effective_address(self(), o);
    const auto &s = self().system();
    return self().template write<u16>(o.segment, at, static_cast<u16>(s.get(limit))) &&
           self().template write<u32>(o.segment, (at + 2) & o.address_mask(), static_cast<u32>(s.get(base)));
  }
  constexpr bool load_table(const operands &o, u16 base, u16 limit) {
    if (!self().privileged())
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
    return self().knows_descriptors() && self().may_tell() && store_word(o, self().selector(n));
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
    if (!self().knows_descriptors())
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

private:
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
  [[nodiscard]] constexpr D &self() { return static_cast<D &>(*this); }
  [[nodiscard]] constexpr const D &self() const { return static_cast<const D &>(*this); }

  bool quiet_fault_ = false;
};

} // namespace hvkit::cpu::x86
