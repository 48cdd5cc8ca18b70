// SPDX-License-Identifier: BSL-1.0
// Decides how the operands of each kind of arithmetic and moving IA-32 row reach its semantics, and where the results
// go. The semantics are functions of values; a form says which operand is which and what becomes of the flags.
//
// `run` answers whether the instruction retires; if not, the machine has been told why. Operands are read before
// anything is written, registers are written last.
#pragma once

#include <type_traits>

#include <hvkit/cpu/ia32/accessors.hpp>
#include <hvkit/cpu/ia32/arithmetic.hpp>
#include <hvkit/isa/row.hpp>

namespace hvkit::cpu::x86 {

using isa::capability;

/// What forms say of themselves unless they say otherwise.
struct form_basics {
  static constexpr auto needs = capability::memory;
  static constexpr bool lockable = false; ///< LOCK may stand before it, if it changes memory
  static constexpr std::string_view letters = "------";
};
/// The letters for O, S, Z, A, P and C (flags.hpp), and whether LOCK is permitted.
template <flag_letters Letters, bool Lockable = false> struct form_with : form_basics {
  static constexpr bool lockable = Lockable;
  static constexpr std::string_view letters = Letters.view();
};

namespace detail {
template <class T> [[nodiscard]] constexpr result<T> as_result(word<T> w) noexcept { return {w, word<T>{}}; }
template <class T> [[nodiscard]] constexpr result<T> as_result(result<T> r) noexcept { return r; }
/// Calls a value function with the carry flag behind its operands if it takes one.
template <class F, class... Operand> [[nodiscard]] constexpr auto call(F f, bool carry, Operand... operand) {
  if constexpr (std::is_invocable_v<F, Operand..., bool>)
    return as_result(f(operand..., carry));
  else
    return as_result(f(operand...));
}
} // namespace detail

/// The first operand becomes f(first, second).
template <flag_letters Letters, bool Lockable = true> struct modify : form_with<Letters, Lockable> {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_width(o.op[0].width, [&]<class T>() {
      const auto b = get<T>(v, o, o.op[1]);
      const bool carry = v.user().flags.c();
      result<T> r{};
      if (!b || !change<T>(v, o, o.op[0], [&](word<T> a) {
            r = detail::call(f, carry, a, *b);
            return r.value;
          }))
        return false;
      v.user().flags.template apply<Letters>(r);
      return true;
    });
  }
};
/// f(first, second) shows in the flags alone.
template <flag_letters Letters> struct compare : form_with<Letters> {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_width(o.op[0].width, [&]<class T>() {
      const auto a = get<T>(v, o, o.op[0]);
      const auto b = a ? get<T>(v, o, o.op[1]) : a;
      if (!b)
        return false;
      v.user().flags.template apply<Letters>(detail::as_result(f(*a, *b)));
      return true;
    });
  }
};
/// The operand becomes f(operand).
template <flag_letters Letters, bool Lockable = true> struct modify_one : form_with<Letters, Lockable> {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_width(o.op[0].width, [&]<class T>() {
      result<T> r{};
      if (!change<T>(v, o, o.op[0], [&](word<T> a) {
            r = detail::as_result(f(a));
            return r.value;
          }))
        return false;
      v.user().flags.template apply<Letters>(r);
      return true;
    });
  }
};

/// Shifts and rotations: the count is the second operand modulo 32; by nothing they change nothing.
template <flag_letters Letters> struct shift : form_with<Letters> {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    const auto count = get<u8>(v, o, o.op[1]);
    const unsigned n = count->value & 31U; // never in memory
    return by_width(o.op[0].width, [&]<class T>() {
      const bool carry = v.user().flags.c();
      result<T> r{};
      if (!change<T>(v, o, o.op[0], [&](word<T> a) {
            r = n == 0 ? detail::as_result(a) : detail::call(f, carry, a, n);
            return r.value;
          }))
        return false;
      if (n != 0)
        v.user().flags.template apply<Letters>(r);
      return true;
    });
  }
};
/// SHLD, SHRD: bits come from the second operand, the count is the third.
template <flag_letters Letters> struct shift_double : form_with<Letters> {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    const auto count = get<u8>(v, o, o.op[2]);
    const unsigned n = count->value & 31U;
    return by_wide(o.op[0].width, [&]<class T>() {
      const auto b = get<T>(v, o, o.op[1]);
      result<T> r{};
      if (!b || !change<T>(v, o, o.op[0], [&](word<T> a) {
            r = n == 0 ? detail::as_result(a) : f(a, *b, n);
            return r.value;
          }))
        return false;
      if (n != 0)
        v.user().flags.template apply<Letters>(r);
      return true;
    });
  }
};

/// The first operand becomes f(second), of the same width.
struct move : form_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_width(o.op[0].width, [&]<class T>() {
      const auto b = get<T>(v, o, o.op[1]);
      return b && put<T>(v, o, o.op[0], f(*b));
    });
  }
};
/// The same if a condition holds; the source is read either way.
struct move_conditionally : form_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_wide(o.op[0].width, [&]<class T>() {
      const auto b = get<T>(v, o, o.op[1]);
      if (b && f(v.user().flags, o.low))
        set_register<T>(v.user(), o.op[0].number, *b);
      return b.has_value();
    });
  }
};
/// The register becomes f(second), which gives 32 bits of a narrower operand.
struct extend : form_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_width(o.op[1].width, [&]<class S>() {
      const auto b = get<S>(v, o, o.op[1]);
      return b && by_wide(o.op[0].width, [&]<class T>() {
               set_register<T>(v.user(), o.op[0].number, word<T>(f(*b)));
               return true;
             });
    });
  }
};
/// LEA: f gets the offset; memory is not touched.
struct load_address : form_basics {
  static constexpr auto needs = capability::pure;
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    const u32 offset = f(effective_address(v, o));
    return by_wide(o.op[0].width, [&]<class T>() {
      set_register<T>(v.user(), o.op[0].number, word<T>(offset));
      return true;
    });
  }
};
/// f gives two values: the first operand's, and the register's in the second.
template <flag_letters Letters> struct exchange : form_with<Letters, true> {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_width(o.op[0].width, [&]<class T>() {
      const word<T> b = get_register<T>(v.user(), o.op[1].number);
      word<T> old{};
      if (!change<T>(v, o, o.op[0], [&](word<T> a) {
            old = a;
            return f(a, b).value;
          }))
        return false;
      v.user().flags.template apply<Letters>(f(old, b));
      // XADD of a register to itself keeps the sum: the destination is written last.
      if (!(Letters.view() != std::string_view("------") && o.op[0].where == place::reg &&
            o.op[0].number == o.op[1].number))
        set_register<T>(v.user(), o.op[1].number, old);
      return true;
    });
  }
};
/// CMPXCHG: f compares the accumulator with the first operand; if they are equal, that becomes the second, otherwise
/// the accumulator becomes it. Memory is written either way.
template <flag_letters Letters> struct exchange_if_equal : form_with<Letters, true> {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_width(o.op[0].width, [&]<class T>() {
      const word<T> accumulator = get_register<T>(v.user(), reg::eax);
      const word<T> b = get_register<T>(v.user(), o.op[1].number);
      word<T> old{};
      if (!change<T>(v, o, o.op[0], [&](word<T> a) {
            old = a;
            return select(a == accumulator, b, a);
          }))
        return false;
      v.user().flags.template apply<Letters>(detail::as_result(f(accumulator, old)));
      if (!(old == accumulator))
        set_register<T>(v.user(), reg::eax, old);
      return true;
    });
  }
};
/// CMPXCHG8B: the same with 8 bytes, EDX:EAX and ECX:EBX; only Z changes. f gets the three values and gives the new
/// one.
struct exchange_8_if_equal : form_with<"--*---", true> {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    auto &r = v.user().r;
    const u64 expected = u64{r[reg::edx]} << 32 | r[reg::eax];
    const u64 wanted = u64{r[reg::ecx]} << 32 | r[reg::ebx];
    const maybe<u64> old =
        v.template modify<u64>(o.segment, effective_address(v, o), [&](u64 is) { return f(is, expected, wanted); });
    if (!old)
      return false;
    const bool equal = *old == expected;
    v.user().flags.set_all((v.user().flags.all() & ~eflags::zf) | (equal ? eflags::zf : 0));
    if (!equal) {
      r[reg::eax] = static_cast<u32>(*old);
      r[reg::edx] = static_cast<u32>(*old >> 32);
    }
    return true;
  }
};

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
/// SETcc: a byte that is 1 where the condition holds.
struct set_on_condition : form_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return put<u8>(v, o, o.op[0], word<u8>(f(v.user().flags, o.low)));
  }
};

/// f sees nothing but user state: registers and flags.
template <flag_letters Letters = "------"> struct on_user : form_with<Letters> {
  static constexpr auto needs = capability::pure;
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &) {
    user_view v(machine);
    f(v.user());
    return true;
  }
};

} // namespace hvkit::cpu::x86
