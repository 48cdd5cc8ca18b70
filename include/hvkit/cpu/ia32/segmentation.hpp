// SPDX-License-Identifier: BSL-1.0
// Decides how segment and offset become a linear address, what a segment register may be loaded with, and how the stack
// is reached. Everything is checked against the hidden part of the segment registers, in all modes alike.
// Source: Intel SDM, Volume 3, "Protected-Mode Memory Management" and "Protection".
#pragma once

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/cpu/ia32/causes.hpp>
#include <hvkit/cpu/ia32/state.hpp>

namespace hvkit::cpu::x86 {

/// A segment descriptor as it stands in a table. "Segment Descriptors".
struct descriptor {
  u32 low = 0, high = 0;

  [[nodiscard]] constexpr u32 base() const noexcept { return low >> 16 | (high & 0xffU) << 16 | (high & 0xff000000U); }
  /// In bytes: the last offset.
  [[nodiscard]] constexpr u32 limit() const noexcept {
    const u32 raw = (low & 0xffffU) | (high & 0xf0000U);
    return (rights() & rights::granular) != 0 ? raw << 12 | 0xfffU : raw;
  }
  [[nodiscard]] constexpr u32 rights() const noexcept { return high >> 8 & 0xf0ffU; }
  [[nodiscard]] constexpr u32 type() const noexcept { return high >> 8 & 0xfU; }
  [[nodiscard]] constexpr u32 dpl() const noexcept { return high >> 13 & 3U; }
  [[nodiscard]] constexpr bool present() const noexcept { return (high >> 15 & 1U) != 0; }
  /// Code or data; otherwise a system descriptor: a gate, a TSS or an LDT.
  [[nodiscard]] constexpr bool is_segment() const noexcept { return (rights() & rights::segment) != 0; }
  [[nodiscard]] constexpr bool is_code() const noexcept { return is_segment() && (rights() & rights::code) != 0; }
  [[nodiscard]] constexpr bool is_conforming() const noexcept {
    return is_code() && (rights() & rights::conforming) != 0;
  }
  [[nodiscard]] constexpr bool is_writable_data() const noexcept {
    return is_segment() && !is_code() && (rights() & rights::writable) != 0;
  }
  [[nodiscard]] constexpr bool is_readable() const noexcept {
    return is_segment() && (!is_code() || (rights() & rights::readable) != 0);
  }
  // Of a gate.
  [[nodiscard]] constexpr u16 selector() const noexcept { return static_cast<u16>(low >> 16); }
  [[nodiscard]] constexpr u32 offset() const noexcept { return (low & 0xffffU) | (high & 0xffff0000U); }
};

/// Types of system descriptors. "System Descriptor Types".
namespace system_type {
inline constexpr u32 tss16 = 1, ldt = 2, busy_tss16 = 3, call_gate16 = 4, task_gate = 5, interrupt_gate16 = 6,
                     trap_gate16 = 7, tss32 = 9, busy_tss32 = 11, call_gate32 = 12, interrupt_gate32 = 14,
                     trap_gate32 = 15;
}

template <class D> struct segmentation {
  [[nodiscard]] constexpr u32 part(u8 n, segment_part p) const {
    return static_cast<u32>(self().system().get(segment_word(n, p)));
  }
  [[nodiscard]] constexpr u16 selector(u8 n) const { return static_cast<u16>(part(n, part_selector)); }
  [[nodiscard]] constexpr u32 cpl() const { return static_cast<u32>(self().system().get(fields::cpl)); }
  [[nodiscard]] constexpr u32 iopl() const { return static_cast<u32>(self().system().get(fields::iopl)); }
  [[nodiscard]] constexpr bool in_protected_mode() const { return (self().system().get(w_cr0) & cr0::pe) != 0; }
  [[nodiscard]] constexpr bool in_v86_mode() const { return self().system().get(fields::vm) != 0; }
  /// Selectors name descriptors, and types are checked.
  [[nodiscard]] constexpr bool uses_descriptors() const { return in_protected_mode() && !in_v86_mode(); }
  /// Code of 32 bits runs.
  [[nodiscard]] constexpr bool wide_code() const { return (part(seg::cs, part_rights) & rights::big) != 0; }
  /// Which bits of ESP the stack uses.
  [[nodiscard]] constexpr u32 stack_mask() const {
    return (part(seg::ss, part_rights) & rights::big) != 0 ? ~0U : 0xffffU;
  }

  /// The linear address of `size` bytes in a segment; raises #GP or #SS if they are not all in it, or it does not
  /// permit that.
  [[nodiscard]] constexpr maybe<gva> linear(u8 n, u32 offset, u32 size, access kind) {
    const u32 r = part(n, part_rights), limit = part(n, part_limit);
    const u32 last = offset + (size - 1);
    const bool expands_down = (r & (rights::code | rights::expand_down)) == rights::expand_down;
    const bool inside =
        expands_down ? offset > limit && last >= offset && last <= top_of(r) : last <= limit && last >= offset;
    const u32 wanted = kind == access::store ? rights::writable : 0U;
    const bool is_code = (r & rights::code) != 0;
    const bool permitted =
        !uses_descriptors() ||
        (r != 0 && (kind == access::store ? !is_code && (r & wanted) != 0 : !is_code || (r & rights::readable) != 0));
    if (!inside || !permitted) {
      self().raise(exception(n == seg::ss ? cause::stack_fault : cause::general_protection, 0, of_segment));
      return {};
    }
    const gva address{static_cast<u32>(part(n, part_base) + offset)};
    if (size > 1 && (address.value & (size - 1)) != 0 && checks_alignment()) {
      self().raise(exception(cause::alignment_check));
      return {};
    }
    return address;
  }

  // Memory as rows see it.
  template <class T> [[nodiscard]] constexpr maybe<T> read(u8 n, u32 offset) {
    const maybe<gva> at = linear(n, offset, sizeof(T), access::load);
    return at ? self().template load<T>(*at) : maybe<T>();
  }
  template <class T> [[nodiscard]] constexpr bool write(u8 n, u32 offset, T value) {
    const maybe<gva> at = linear(n, offset, sizeof(T), access::store);
    return at && self().template store<T>(*at, value);
  }
  /// Replaces the T there by `change(old)` and returns the old one. All faults are those of a store.
  template <class T, class F> [[nodiscard]] constexpr maybe<T> modify(u8 n, u32 offset, F change) {
    const maybe<gva> at = linear(n, offset, sizeof(T), access::store);
    if (!at)
      return {};
    if (frame_offset(at->value) + sizeof(T) <= frame_size)
      return self().template update<T>(*at, change);
    // Over two pages: that it may be written shows before it is read.
    const auto user = cpl() == 3;
    for (const gva part : {*at, gva{frame_base(at->value + sizeof(T) - 1)}})
      if (!self().translate_as(part, access::store, user))
        return {};
    const maybe<T> old = self().template load<T>(*at);
    if (!old || !self().template store<T>(*at, change(*old)))
      return {};
    return old;
  }

  /// Pushes a T: the stack pointer changes only if that succeeds.
  template <class T> [[nodiscard]] constexpr bool push(T value) {
    auto &esp = self().user().r[reg::esp];
    const u32 to = esp - static_cast<u32>(sizeof(T));
    if (!write<T>(seg::ss, to & stack_mask(), value))
      return false;
    esp = (esp & ~stack_mask()) | (to & stack_mask());
    return true;
  }
  /// The T `depth` bytes above the stack pointer, which stays.
  template <class T> [[nodiscard]] constexpr maybe<T> top_of_stack(u32 depth = 0) {
    return read<T>(seg::ss, (self().user().r[reg::esp] + depth) & stack_mask());
  }
  constexpr void drop(u32 bytes) {
    auto &esp = self().user().r[reg::esp];
    esp = (esp & ~stack_mask()) | ((esp + bytes) & stack_mask());
  }

  /// The descriptor that a selector names; raises `vector` with the selector if the table does not reach that far.
  [[nodiscard]] constexpr maybe<descriptor> find_descriptor(u16 sel, u64 vector, u32 external = 0) {
    const auto &s = self().system();
    const bool local = (sel & 4U) != 0;
    const u32 base = local ? part(seg::ldtr, part_base) : static_cast<u32>(s.get(w_gdt_base));
    const u32 limit = local ? part(seg::ldtr, part_limit) : static_cast<u32>(s.get(w_gdt_limit));
    if ((local && part(seg::ldtr, part_rights) == 0) || (sel | 7U) > limit) {
      fault(vector, sel, external);
      return {};
    }
    return descriptor_at(base + (sel & 0xfff8U));
  }
  [[nodiscard]] constexpr maybe<descriptor> descriptor_at(u32 linear_address) {
    const maybe<u32> low = self().template load_as<u32>(linear_address, false);
    const maybe<u32> high = low ? self().template load_as<u32>(linear_address + 4, false) : maybe<u32>();
    return high ? descriptor{*low, *high} : maybe<descriptor>();
  }
  /// Raises an exception whose error code names a selector.
  constexpr bool fault(u64 vector, u32 sel, u32 external = 0) {
    self().raise(exception(vector, (sel & 0xfffcU) | external));
    return false;
  }
  constexpr bool protection_fault(u32 code = 0) {
    self().raise(exception(cause::general_protection, code));
    return false;
  }

  /// MOV, POP and far loads of ES, SS, DS, FS and GS. CS has no such load.
  [[nodiscard]] constexpr bool load_segment(u8 n, u16 sel) {
    if (!uses_descriptors()) {
      load_real(n, sel);
      return true;
    }
    if ((sel & 0xfffcU) == 0) {
      if (n == seg::ss)
        return protection_fault();
      set_segment(n, sel, 0, 0, 0);
      return true;
    }
    const maybe<descriptor> d = find_descriptor(sel, cause::general_protection);
    if (!d || !(n == seg::ss ? fits_stack(*d, sel, cpl(), cause::general_protection, cause::stack_fault)
                             : fits_data(*d, sel)))
      return false;
    return take(n, sel, *d);
  }
  /// Whether `d` can be the stack of privilege level `level`; raises `vector`, or `absent` if it is not present.
  [[nodiscard]] constexpr bool fits_stack(const descriptor &d, u16 sel, u32 level, u64 vector, u64 absent,
                                          u32 external = 0) {
    if ((sel & 3U) != level || !d.is_writable_data() || d.dpl() != level)
      return fault(vector, sel, external);
    return d.present() || fault(absent, sel, external);
  }
  /// Real-address and virtual-8086 mode: the base is the selector times 16. Limit and size stay in the former.
  constexpr void load_real(u8 n, u16 sel) {
    if (in_v86_mode())
      return set_segment(n, sel, u32{sel} << 4, 0xffff, rights::flat_data | rights::dpl);
    const u32 kept = part(n, part_rights) & (rights::big | rights::granular);
    const u32 limit = part(n, part_rights) == 0 ? 0xffffU : part(n, part_limit);
    set_segment(n, sel, u32{sel} << 4, limit, rights::flat_data | kept);
  }
  constexpr void set_segment(u8 n, u16 sel, u32 base, u32 limit, u32 r) {
    auto &s = self().system();
    s.set(segment_word(n, part_selector), sel);
    s.set(segment_word(n, part_base), base);
    s.set(segment_word(n, part_limit), limit);
    s.set(segment_word(n, part_rights), r);
  }
  /// Puts a descriptor that was found good into a segment register, and marks it accessed in its table.
  [[nodiscard]] constexpr bool take(u8 n, u16 sel, const descriptor &d) {
    if ((d.rights() & rights::accessed) == 0 && d.is_segment()) {
      const u32 base = (sel & 4U) != 0 ? part(seg::ldtr, part_base) : static_cast<u32>(self().system().get(w_gdt_base));
      if (!self().template store_as<u32>(base + (sel & 0xfff8U) + 4, d.high | rights::accessed << 8, false))
        return false;
    }
    set_segment(n, sel, d.base(), d.limit(), d.rights() | (d.is_segment() ? rights::accessed : 0U));
    return true;
  }

private:
  [[nodiscard]] constexpr bool fits_data(const descriptor &d, u16 sel) {
    if (!d.is_readable() || (!d.is_conforming() && ((sel & 3U) > d.dpl() || cpl() > d.dpl())))
      return fault(cause::general_protection, sel);
    return d.present() || fault(cause::not_present, sel);
  }
  [[nodiscard]] static constexpr u32 top_of(u32 r) noexcept { return (r & rights::big) != 0 ? ~0U : 0xffffU; }
  [[nodiscard]] constexpr bool checks_alignment() const {
    const auto &s = self().system();
    return (s.get(w_cr0) & cr0::am) != 0 && s.get(fields::ac) != 0 && s.get(fields::cpl) == 3;
  }
  [[nodiscard]] constexpr D &self() { return static_cast<D &>(*this); }
  [[nodiscard]] constexpr const D &self() const { return static_cast<const D &>(*this); }
};

} // namespace hvkit::cpu::x86
