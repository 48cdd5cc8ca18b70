// SPDX-License-Identifier: BSL-1.0
// Decides how the operands of each kind of arithmetic and moving IA-32 row reach its semantics, and where the results
// go. The semantics are functions of values; a form says which operand is which and what becomes of the flags.
//
// `run` answers whether the instruction retires; if not, the machine has been told why. Operands are read before
// anything is written, registers are written last.
#pragma once

#include <type_traits>

#include <hvkit/cpu/ia32/accessors.hpp>
#include <hvkit/cpu/ia32/word.hpp>
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
