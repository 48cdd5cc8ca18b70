// SPDX-License-Identifier: BSL-1.0
// Decides how operands are read and written, wherever they are. Only this can fault: rows are functions of values.
#pragma once

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/cpu/ia32/causes.hpp>
#include <hvkit/cpu/ia32/state.hpp>

namespace hvkit::cpu::x86 {

/// What all rows but the system ones see of a machine: user state, memory through a segment, the stack, where the
/// instruction stands. Modes and tables cannot be named.
template <class V> class user_view {
public:
  constexpr explicit user_view(V &machine) : machine_(machine) {}

  [[nodiscard]] constexpr auto &user() const { return machine_.user(); }
  /// The offset of this instruction, and of the one behind it.
  [[nodiscard]] constexpr u32 pc() const { return static_cast<u32>(machine_.pc().value); }
  [[nodiscard]] constexpr u32 next() const { return static_cast<u32>(machine_.next().value); }
  template <class T> [[nodiscard]] constexpr maybe<T> read(u8 segment, u32 offset) {
    return machine_.template read<T>(segment, offset);
  }
  template <class T> [[nodiscard]] constexpr bool write(u8 segment, u32 offset, T value) {
    return machine_.template write<T>(segment, offset, value);
  }
  template <class T, class F> [[nodiscard]] constexpr maybe<T> modify(u8 segment, u32 offset, F change) {
    return machine_.template modify<T>(segment, offset, change);
  }
  template <class T> [[nodiscard]] constexpr bool push(T value) { return machine_.template push<T>(value); }
  template <class T> [[nodiscard]] constexpr maybe<T> top_of_stack(u32 depth = 0) {
    return machine_.template top_of_stack<T>(depth);
  }
  constexpr void drop(u32 bytes) { machine_.drop(bytes); }
  [[nodiscard]] constexpr u32 stack_mask() const { return machine_.stack_mask(); }
  /// Goes on at that offset; raises #GP if it is beyond the code segment's limit.
  [[nodiscard]] constexpr bool go(u32 offset) { return machine_.go(offset); }
  constexpr bool fault(u64 vector) {
    machine_.raise(exception(vector));
    return false;
  }

private:
  V &machine_;
};

/// Where the memory operand is, relative to its segment.
template <class V> [[nodiscard]] constexpr u32 effective_address(const V &v, const operands &o) {
  const auto &r = v.user().r;
  return (r[o.base] + (r[o.index] << o.scale) + o.displacement) & o.address_mask();
}

/// General register `n` as a T. Of 8 bits, 4 to 7 are the second bytes of the first four.
template <class T, class User> [[nodiscard]] constexpr word<T> get_register(const User &user, u8 n) {
  if constexpr (sizeof(T) == 1)
    return word<T>(user.r[n & 3U] >> ((n & 4U) != 0 ? 8 : 0));
  else
    return word<T>(user.r[n]);
}
template <class T, class User> constexpr void set_register(User &user, u8 n, word<T> value) {
  if constexpr (sizeof(T) == 4) {
    user.r[n] = value.value;
  } else if constexpr (sizeof(T) == 2) {
    user.r[n] = (user.r[n] & 0xffff0000U) | value.value;
  } else {
    const unsigned shift = (n & 4U) != 0 ? 8 : 0;
    user.r[n & 3U] = (user.r[n & 3U] & ~(0xffU << shift)) | u32{value.value} << shift;
  }
}

/// An operand's value: in a register, in memory or in the instruction, decided at run time.
template <class T, class V> [[nodiscard]] constexpr maybe<word<T>> get(V &v, const operands &o, const operand &from) {
  if (from.where == place::reg)
    return get_register<T>(v.user(), from.number);
  if (from.where == place::immediate)
    return word<T>(from.number == 1 ? o.second : o.immediate);
  const maybe<T> value = v.template read<T>(o.segment, effective_address(v, o));
  return value ? maybe<word<T>>(word<T>(*value)) : maybe<word<T>>();
}
template <class T, class V>
[[nodiscard]] constexpr bool put(V &v, const operands &o, const operand &to, word<T> value) {
  if (to.where != place::reg)
    return v.template write<T>(o.segment, effective_address(v, o), value.value);
  set_register<T>(v.user(), to.number, value);
  return true;
}
/// Replaces an operand by `f` of it. False if it cannot be reached; `f` was not called then, or nothing came of it.
template <class T, class V, class F>
[[nodiscard]] constexpr bool change(V &v, const operands &o, const operand &at, F f) {
  if (at.where != place::reg)
    return v.template modify<T>(o.segment, effective_address(v, o), [&](T old) { return f(word<T>(old)).value; })
        .has_value();
  set_register<T>(v.user(), at.number, f(get_register<T>(v.user(), at.number)));
  return true;
}

/// Calls `f.operator()<T>()` with the T that is `width` bytes wide.
template <class F> constexpr bool by_width(u8 width, F f) {
  if (width == 4)
    return f.template operator()<u32>();
  return width == 2 ? f.template operator()<u16>() : f.template operator()<u8>();
}
/// The same where a byte cannot be.
template <class F> constexpr bool by_wide(u8 width, F f) {
  return width == 4 ? f.template operator()<u32>() : f.template operator()<u16>();
}

} // namespace hvkit::cpu::x86
