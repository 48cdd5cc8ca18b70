// SPDX-License-Identifier: BSL-1.0
// Decides what IA-32's system instructions do to a machine: flags, control and debug registers, ports, the processor
// itself. Each function that a row calls is the meaning of one instruction.
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
};

} // namespace hvkit::cpu::x86
