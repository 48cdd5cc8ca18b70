// SPDX-License-Identifier: BSL-1.0
// Decides how IA-32's string rows work, alone and repeated.
#pragma once

#include <hvkit/cpu/ia32/flow_forms.hpp>

namespace hvkit::cpu::x86 {

// Strings. One round of a repeated instruction is one instruction: it goes back to itself while there is more to do, so
// that interrupts and faults find registers as the manual wants them.

namespace detail {
template <class V> [[nodiscard]] constexpr u32 string_offset(const V &v, const operands &o, u8 n) {
  return v.user().r[n] & o.address_mask();
}
/// Moves (E)SI or (E)DI by one element, forward or, with DF, backward.
template <class V> constexpr void advance(V &v, const operands &o, u8 n, u32 size) {
  u32 &r = v.user().r[n];
  r = (r & ~o.address_mask()) | ((v.user().df ? r - size : r + size) & o.address_mask());
}
} // namespace detail

/// REP: `Form` makes one round. `Conditional` repetition (REPE, REPNE) ends by Z, too.
template <class Form, bool Conditional = false> struct repeated : Form {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    if (o.repeat == repetition::none)
      return Form::run(f, machine, o);
    user_view v(machine);
    u32 &ecx = v.user().r[reg::ecx];
    if ((ecx & o.address_mask()) == 0)
      return true;
    if (!Form::run(f, machine, o))
      return false;
    ecx = (ecx & ~o.address_mask()) | ((ecx - 1) & o.address_mask());
    const bool met = !Conditional || v.user().flags.z() == (o.repeat == repetition::while_equal);
    return (ecx & o.address_mask()) == 0 || !met || v.go(v.pc());
  }
};
/// MOVS: an element goes from (E)SI to (E)DI.
struct move_string : flow_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_width(o.op[0].width, [&]<class T>() {
      const maybe<T> value = v.template read<T>(o.segment, detail::string_offset(v, o, reg::esi));
      if (!value || !v.template write<T>(seg::es, detail::string_offset(v, o, reg::edi), f(word<T>(*value)).value))
        return false;
      detail::advance(v, o, reg::esi, sizeof(T));
      detail::advance(v, o, reg::edi, sizeof(T));
      return true;
    });
  }
};
/// STOS: the accumulator goes to (E)DI.
struct store_string : flow_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_width(o.op[0].width, [&]<class T>() {
      if (!v.template write<T>(seg::es, detail::string_offset(v, o, reg::edi),
                               f(get_register<T>(v.user(), reg::eax)).value))
        return false;
      detail::advance(v, o, reg::edi, sizeof(T));
      return true;
    });
  }
};
/// LODS: an element goes from (E)SI to the accumulator.
struct load_string : flow_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_width(o.op[1].width, [&]<class T>() {
      const maybe<T> value = v.template read<T>(o.segment, detail::string_offset(v, o, reg::esi));
      if (!value)
        return false;
      set_register<T>(v.user(), reg::eax, f(word<T>(*value)));
      detail::advance(v, o, reg::esi, sizeof(T));
      return true;
    });
  }
};
/// CMPS: f of the elements at (E)SI and (E)DI shows in the flags.
template <flag_letters Letters> struct compare_strings : form_with<Letters> {
  static constexpr auto needs = capability::flow;
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_width(o.op[0].width, [&]<class T>() {
      const maybe<T> a = v.template read<T>(o.segment, detail::string_offset(v, o, reg::esi));
      const maybe<T> b = a ? v.template read<T>(seg::es, detail::string_offset(v, o, reg::edi)) : a;
      if (!b)
        return false;
      v.user().flags.template apply<Letters>(f(word<T>(*a), word<T>(*b)));
      detail::advance(v, o, reg::esi, sizeof(T));
      detail::advance(v, o, reg::edi, sizeof(T));
      return true;
    });
  }
};
/// SCAS: f of the accumulator and the element at (E)DI shows in the flags.
template <flag_letters Letters> struct scan_string : form_with<Letters> {
  static constexpr auto needs = capability::flow;
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_width(o.op[1].width, [&]<class T>() {
      const maybe<T> b = v.template read<T>(seg::es, detail::string_offset(v, o, reg::edi));
      if (!b)
        return false;
      v.user().flags.template apply<Letters>(f(get_register<T>(v.user(), reg::eax), word<T>(*b)));
      detail::advance(v, o, reg::edi, sizeof(T));
      return true;
    });
  }
};

} // namespace hvkit::cpu::x86
