// SPDX-License-Identifier: BSL-1.0
// Decides where the stack of a more privileged level is, and how values are pushed there before it is in force.
// Source: Intel SDM, Volume 3, "Stack Switching" and "Task-State Segment (TSS)".
#pragma once

#include <array>

#include <hvkit/cpu/ia32/segmentation.hpp>

namespace hvkit::cpu::x86 {

/// A stack that the TSS names: its descriptor was found good.
struct new_stack {
  u16 selector = 0;
  u32 pointer = 0;
  descriptor what{};
};

template <class D> struct stack_unit {
  /// SS and ESP for `level` from the task-state segment; #TS or #SS if they are no good.
  [[nodiscard]] constexpr maybe<new_stack> inner_stack(u32 level, u32 external) {
    const u32 type = self().part(seg::tr, part_rights) & 15U;
    const bool wide = type == system_type::tss32 || type == system_type::busy_tss32;
    const u32 base = self().part(seg::tr, part_base);
    const u32 offset = wide ? 8 * level + 4 : 4 * level + 2;
    const u32 last = offset + (wide ? 5 : 3);
    if (last > self().part(seg::tr, part_limit)) {
      self().fault(cause::invalid_tss, self().selector(seg::tr), external);
      return {};
    }
    const maybe<u32> pointer = wide ? self().template load_as<u32>(base + offset, false)
                                    : widened(self().template load_as<u16>(base + offset, false));
    const maybe<u16> sel = pointer ? self().template load_as<u16>(base + offset + (wide ? 4 : 2), false) : maybe<u16>();
    if (!sel)
      return {};
    if ((*sel & 0xfffcU) == 0) {
      self().fault(cause::invalid_tss, 0, external);
      return {};
    }
    const maybe<descriptor> d = self().find_descriptor(*sel, cause::invalid_tss, external);
    if (!d || !self().fits_stack(*d, *sel, level, cause::invalid_tss, cause::stack_fault, external))
      return {};
    return new_stack{*sel, *pointer, *d};
  }

  /// Pushes `n` values on a stack that is not in force yet, as that level's own accesses; gives the new stack pointer.
  /// #SS with the selector if they do not fit.
  template <std::size_t N> [[nodiscard]] constexpr maybe<u32>
  push_on(const new_stack &to, u32 level, const std::array<u32, N> &values, u32 n, bool wide, u32 external) {
    const u32 size = wide ? 4 : 2;
    const u32 mask = (to.what.rights() & rights::big) != 0 ? ~0U : 0xffffU;
    const bool down = (to.what.rights() & rights::expand_down) != 0;
    u32 top = to.pointer;
    for (u32 i = 0; i < n; ++i) {
      top = (top - size) & mask;
      const u32 last = top + (size - 1);
      if (last < top || (down ? top <= to.what.limit() || last > mask : last > to.what.limit())) {
        self().fault(cause::stack_fault, to.selector, external);
        return {};
      }
    }
    top = to.pointer;
    for (u32 i = 0; i < n; ++i) {
      top = (top - size) & mask;
      const u32 at = to.what.base() + top;
      if (!(wide ? self().template store_as<u32>(at, values[i], level == 3)
                 : self().template store_as<u16>(at, static_cast<u16>(values[i]), level == 3)))
        return {};
    }
    return top;
  }

  /// Puts a stack that was found good into force.
  constexpr void set_stack(const new_stack &to, u32 top) {
    self().set_segment(seg::ss, to.selector, to.what.base(), to.what.limit(), to.what.rights() | rights::accessed);
    auto &esp = self().user().r[reg::esp];
    const u32 mask = self().stack_mask();
    esp = (esp & ~mask) | (top & mask);
  }

private:
  [[nodiscard]] static constexpr maybe<u32> widened(maybe<u16> v) noexcept { return v ? maybe<u32>(*v) : maybe<u32>(); }
  [[nodiscard]] constexpr D &self() { return static_cast<D &>(*this); }
  [[nodiscard]] constexpr const D &self() const { return static_cast<const D &>(*this); }
};

} // namespace hvkit::cpu::x86
