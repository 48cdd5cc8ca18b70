// SPDX-License-Identifier: BSL-1.0
// Decides how IA-32's products, quotients, decimal adjustments and bit instructions reach their operands.
#pragma once

#include <hvkit/cpu/ia32/arithmetic.hpp>
#include <hvkit/cpu/ia32/forms.hpp>

namespace hvkit::cpu::x86 {

/// (E)DX:(E)AX, or AX, becomes the product of the accumulator and the operand.
template <flag_letters Letters> struct multiply_accumulator : form_with<Letters> {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_width(o.op[0].width, [&]<class T>() {
      const auto b = get<T>(v, o, o.op[0]);
      if (!b)
        return false;
      const product<T> p = f(get_register<T>(v.user(), reg::eax), *b);
      set_register<T>(v.user(), reg::eax, p.low);
      set_register<T>(v.user(), sizeof(T) == 1 ? u8{4} : reg::edx, p.high);
      v.user().flags.template apply<Letters>(result<T>{p.low, carries_of<T>(p.overflow, p.overflow)});
      return true;
    });
  }
};
/// The register becomes the product of the last two operands.
template <flag_letters Letters> struct multiply_register : form_with<Letters> {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_wide(o.op[0].width, [&]<class T>() {
      const bool three = o.op[2].where != place::none;
      const auto a = get<T>(v, o, o.op[1]);
      const auto b = a ? get<T>(v, o, o.op[three ? 2 : 0]) : a;
      if (!b)
        return false;
      const product<T> p = f(*a, *b);
      set_register<T>(v.user(), o.op[0].number, p.low);
      v.user().flags.template apply<Letters>(result<T>{p.low, carries_of<T>(p.overflow, p.overflow)});
      return true;
    });
  }
};
/// (E)DX:(E)AX, or AX, is divided by the operand; no quotient is #DE.
template <flag_letters Letters> struct divide_accumulator : form_with<Letters> {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_width(o.op[0].width, [&]<class T>() {
      const auto by = get<T>(v, o, o.op[0]);
      if (!by)
        return false;
      const u8 high = sizeof(T) == 1 ? u8{4} : reg::edx;
      const maybe<quotient<T>> q = f(get_register<T>(v.user(), high), get_register<T>(v.user(), reg::eax), *by);
      if (!q)
        return v.fault(cause::divide_error);
      set_register<T>(v.user(), reg::eax, q->value);
      set_register<T>(v.user(), high, q->remainder);
      return true;
    });
  }
};
/// DAA, DAS, AAA, AAS, AAM, AAD: f makes AL, AH and the flags of AL, AH, A, C and the immediate; nothing is #DE.
template <flag_letters Letters> struct decimal : form_with<Letters> {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    const auto &flags = v.user().flags;
    const maybe<adjusted> a = f(get_register<u8>(v.user(), reg::eax), get_register<u8>(v.user(), 4), flags.a(),
                                flags.c(), word<u8>(o.immediate));
    if (!a)
      return v.fault(cause::divide_error);
    set_register<u8>(v.user(), reg::eax, a->al);
    set_register<u8>(v.user(), 4, a->ah);
    v.user().flags.template apply<Letters>(a->flags);
    return true;
  }
};
/// CBW and CWDE, CWD and CDQ: f makes the wider accumulator of the narrower; `ToData` takes its upper half to (E)DX.
template <bool ToData> struct widen_accumulator : form_basics {
  static constexpr auto needs = capability::pure;
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_wide(o.operand_width, [&]<class T>() {
      if constexpr (ToData) {
        set_register<T>(v.user(), reg::edx, f(get_register<T>(v.user(), reg::eax)));
      } else {
        using half = typename widths<T>::half;
        set_register<T>(v.user(), reg::eax, word<T>(f(get_register<half>(v.user(), reg::eax))));
      }
      return true;
    });
  }
};

/// Bit tests: f makes the new operand of the old one and of the bit's mask. A bit number in a register reaches memory
/// beyond the operand; one in the instruction does not.
template <flag_letters Letters, bool Changes> struct bit_test : form_with<Letters, Changes> {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_wide(o.op[0].width, [&]<class T>() {
      const word<T> number = *get<T>(v, o, o.op[1]);
      operands where = o;
      if (o.op[0].where == place::memory && o.op[1].where == place::reg) {
        const auto distance = static_cast<i32>(number.sign_extended()) >> (sizeof(T) == 4 ? 5 : 4);
        where.displacement += static_cast<u32>(distance) * static_cast<u32>(sizeof(T));
      }
      const unsigned n = number.value % word<T>::bits;
      bool was = false;
      const auto at = [&](word<T> a) {
        was = a.at(n);
        return f(a, word<T>(bit(n)));
      };
      if constexpr (Changes) {
        if (!change<T>(v, where, o.op[0], at))
          return false;
      } else {
        const auto a = get<T>(v, where, o.op[0]);
        if (!a)
          return false;
        static_cast<void>(at(*a));
      }
      v.user().flags.set_c(was);
      return true;
    });
  }
};
/// BSF, BSR: f gives the number of the bit; of 0 there is none, and the register stays.
template <flag_letters Letters> struct bit_scan : form_with<Letters> {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_wide(o.op[0].width, [&]<class T>() {
      const auto b = get<T>(v, o, o.op[1]);
      if (!b)
        return false;
      v.user().flags.template apply<Letters>(plain(*b));
      if (b->value != 0)
        set_register<T>(v.user(), o.op[0].number, word<T>(f(b->value)));
      return true;
    });
  }
};

} // namespace hvkit::cpu::x86
