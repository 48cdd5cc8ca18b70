// SPDX-License-Identifier: BSL-1.0
// Decides how IA-32 rows reach the stack and choose the next instruction.
#pragma once

#include <hvkit/cpu/ia32/forms.hpp>

namespace hvkit::cpu::x86 {

/// PUSH: f of the operand. The old stack pointer if it is the operand.
struct push_operand : form_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_wide(o.operand_width, [&]<class T>() {
      const auto b = get<T>(v, o, o.op[0]);
      return b && v.template push<T>(f(*b).value);
    });
  }
};
/// POP: an address that uses the stack pointer uses the new one.
struct pop_operand : form_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_wide(o.operand_width, [&]<class T>() {
      const maybe<T> value = v.template top_of_stack<T>();
      if (!value)
        return false;
      const u32 before = v.user().r[reg::esp];
      v.drop(sizeof(T));
      if (put<T>(v, o, o.op[0], f(word<T>(*value))))
        return true;
      v.user().r[reg::esp] = before;
      return false;
    });
  }
};
/// PUSHA: EAX, ECX, EDX, EBX, the old ESP, EBP, ESI, EDI. Nothing is committed unless all can be stored.
struct push_all : form_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_wide(o.operand_width, [&]<class T>() {
      const u32 before = v.user().r[reg::esp];
      for (u8 n = 0; n < 8; ++n) {
        const word<T> value = f(n == reg::esp ? word<T>(before) : get_register<T>(v.user(), n));
        if (!v.template push<T>(value.value)) {
          v.user().r[reg::esp] = before;
          return false;
        }
      }
      return true;
    });
  }
};
struct pop_all : form_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_wide(o.operand_width, [&]<class T>() {
      std::array<T, 8> values{};
      for (u32 n = 0; n < 8; ++n) {
        const maybe<T> value = v.template top_of_stack<T>(n * static_cast<u32>(sizeof(T)));
        if (!value)
          return false;
        values[7 - n] = *value;
      }
      v.drop(8 * sizeof(T));
      for (u8 n = 0; n < 8; ++n)
        if (n != reg::esp)
          set_register<T>(v.user(), n, f(word<T>(values[n])));
      return true;
    });
  }
};
/// ENTER: pushes the frame pointer, copies the display of `level` frames, makes room.
struct enter_frame : form_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_wide(o.operand_width, [&]<class T>() {
      const auto before = v.user().r;
      const u32 level = o.second & 31U;
      if (!v.template push<T>(get_register<T>(v.user(), reg::ebp).value))
        return false;
      const u32 frame = v.user().r[reg::esp];
      u32 from = before[reg::ebp];
      for (u32 n = 1; n <= level; ++n) {
        from -= static_cast<u32>(sizeof(T));
        const maybe<T> value =
            n == level ? maybe<T>(static_cast<T>(frame)) : v.template read<T>(seg::ss, from & v.stack_mask());
        if (!value || !v.template push<T>(*value)) {
          v.user().r = before;
          return false;
        }
      }
      v.drop(0U - f(o.immediate));
      // That the new top can be written shows now.
      if (!v.template modify<T>(seg::ss, v.user().r[reg::esp] & v.stack_mask(), [](T top) { return top; })) {
        v.user().r = before;
        return false;
      }
      set_register<T>(v.user(), reg::ebp, word<T>(frame));
      return true;
    });
  }
};
/// LEAVE: f gives the stack pointer of the frame pointer.
struct leave_frame : form_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_wide(o.operand_width, [&]<class T>() {
      auto &r = v.user().r;
      const u32 mask = v.stack_mask();
      const u32 top = (r[reg::esp] & ~mask) | (f(r[reg::ebp]) & mask);
      const maybe<T> value = v.template read<T>(seg::ss, top & mask);
      if (!value)
        return false;
      r[reg::esp] = top;
      v.drop(sizeof(T));
      set_register<T>(v.user(), reg::ebp, word<T>(*value));
      return true;
    });
  }
};

/// What flow forms have in common.
struct flow_basics : form_basics {
  static constexpr auto needs = capability::flow;
};
/// f gives the target of the next instruction and the distance.
struct jump_relative : flow_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return v.go(f(v.next(), o.immediate) & o.operand_mask());
  }
};
/// The same if f, of flags and condition, says so.
struct jump_conditional : flow_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return !f(v.user().flags, o.low) || v.go((v.next() + o.immediate) & o.operand_mask());
  }
};
/// LOOP and JCXZ: f gets the counter (of the address size), already counted down by `Step`, and Z.
template <u32 Step> struct jump_counting : flow_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    auto &ecx = v.user().r[reg::ecx];
    const u32 count = (ecx - Step) & o.address_mask();
    if (f(count, v.user().flags.z()) && !v.go((v.next() + o.immediate) & o.operand_mask()))
      return false;
    ecx = (ecx & ~o.address_mask()) | count;
    return true;
  }
};
/// JMP to f of the operand.
struct jump_to_operand : flow_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_wide(o.operand_width, [&]<class T>() {
      const auto to = get<T>(v, o, o.op[0]);
      return to && v.go(f(*to).value);
    });
  }
};
/// CALL: the target is found before the return address is pushed.
struct call_relative : flow_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_wide(o.operand_width, [&]<class T>() {
      const auto back = static_cast<T>(v.next());
      return v.go(f(v.next(), o.immediate) & o.operand_mask()) && v.template push<T>(back);
    });
  }
};
struct call_operand : flow_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_wide(o.operand_width, [&]<class T>() {
      const auto to = get<T>(v, o, o.op[0]);
      const auto back = static_cast<T>(v.next());
      return to && v.go(f(*to).value) && v.template push<T>(back);
    });
  }
};
/// RET: to f of what is on the stack; the immediate says how much more is dropped.
struct return_near : flow_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_wide(o.operand_width, [&]<class T>() {
      const maybe<T> to = v.template top_of_stack<T>();
      if (!to || !v.go(f(word<T>(*to)).value))
        return false;
      v.drop(static_cast<u32>(sizeof(T)) + o.immediate);
      return true;
    });
  }
};
/// BOUND: f says whether the signed index lies within the two bounds; if not, #BR.
struct check_bounds : form_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    return by_wide(o.op[0].width, [&]<class T>() {
      const u32 at = effective_address(v, o);
      const maybe<T> lower = v.template read<T>(o.segment, at);
      const maybe<T> upper =
          lower ? v.template read<T>(o.segment, (at + static_cast<u32>(sizeof(T))) & o.address_mask()) : lower;
      if (!upper)
        return false;
      const word<T> index = get_register<T>(v.user(), o.op[0].number);
      return f(index, word<T>(*lower), word<T>(*upper)) || v.fault(cause::bound);
    });
  }
};
/// XLAT: AL becomes f of the byte at (E)BX plus AL.
struct translate_byte : form_basics {
  template <class F, class V> static constexpr bool run(F f, V &machine, const operands &o) {
    user_view v(machine);
    auto &r = v.user().r;
    const maybe<u8> value = v.template read<u8>(o.segment, (r[reg::ebx] + (r[reg::eax] & 0xffU)) & o.address_mask());
    if (value)
      set_register<u8>(v.user(), reg::eax, f(word<u8>(*value)));
    return value.has_value();
  }
};

} // namespace hvkit::cpu::x86
