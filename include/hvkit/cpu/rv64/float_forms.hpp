// SPDX-License-Identifier: BSL-1.0
// Decides how the operands of floating-point rows reach their semantics: values and rounding mode in, value and flags
// out.
//
// Besides what forms.hpp lists, such a form asks its view v.fp_usable(), whether floating point is on, and tells it
// v.fp_written() where a register or a flag was written: that is the whole of system state it reaches. Where floating
// point is off, or the rounding mode is a reserved one, the instruction is illegal: v.illegal().
#pragma once

#include <hvkit/cpu/rv64/float_format.hpp>
#include <hvkit/cpu/rv64/forms.hpp>
#include <hvkit/isa/text.hpp>

namespace hvkit::cpu::riscv {

/// How a row rounds: not at all; never in effect, though there is a field for the mode; as that field says.
enum class rounds : u8 { not_at_all, exactly, by_mode };

/// What stands in a floating-point register, taken as it is.
struct register_bits {};

namespace detail {
/// The text of an operand of that type at place 1, 2 or 3.
template <class T> [[nodiscard]] constexpr std::string_view place_prefix() {
  return std::is_same_v<T, u64> ? "rs" : "frs";
}
template <class T> [[nodiscard]] constexpr auto source(u64 content) noexcept {
  if constexpr (std::is_same_v<T, u64> || std::is_same_v<T, register_bits>)
    return content;
  else
    return unboxed<T>(content);
}
template <class T> [[nodiscard]] constexpr const T &value_of(const flagged<T> &r) noexcept { return r.value; }
template <class T> [[nodiscard]] constexpr const T &value_of(const T &r) noexcept { return r; }
template <class T> [[nodiscard]] constexpr u32 flags_of(const flagged<T> &r) noexcept { return r.flags; }
template <class T> [[nodiscard]] constexpr u32 flags_of(const T &) noexcept { return 0; }

template <rounds Rounds, class Destination, std::size_t Operands> [[nodiscard]] constexpr auto float_layout() noexcept {
  if constexpr (Operands == 3)
    return isa::layout<operands, Destination, rs1, rs2, third_and_mode>{};
  else if constexpr (Operands == 2 && Rounds == rounds::by_mode)
    return isa::layout<operands, Destination, rs1, rs2, rounding_mode>{};
  else if constexpr (Operands == 2)
    return isa::layout<operands, Destination, rs1, rs2>{};
  else if constexpr (Rounds != rounds::not_at_all)
    return isa::layout<operands, Destination, rs1, rounding_mode>{};
  else
    return isa::layout<operands, Destination, rs1>{};
}
} // namespace detail

/// Makes a To of the values From...: f32 and f64 stand in floating-point registers, u64 in the others.
template <rounds Rounds, class To, class... From> struct computes {
  static constexpr std::size_t count = sizeof...(From);
  static constexpr bool to_float = !std::is_same_v<To, u64>;
  using layout = decltype(detail::float_layout<Rounds, std::conditional_t<to_float, frd, rd>, count>());
  static constexpr auto needs = capability::fp;
  static constexpr auto written = [] {
    isa::text<32> out;
    out << (to_float ? "frd" : "rd");
    i64 place = 0;
    ((out << ", " << detail::place_prefix<From>()).decimal(++place), ...);
    return Rounds == rounds::by_mode ? out << " rm" : out;
  }();
  static constexpr std::string_view syntax = written;

  template <class F, class V> [[gnu::always_inline]] static constexpr bool run(F f, V &v, const operands &o) {
    auto &user = v.user();
    const u64 field = static_cast<u64>(o.imm) & 7;
    const u64 mode = field == u64{static_cast<u8>(rounding::dynamic)} ? user.fcsr >> 5 : field;
    if (!v.fp_usable() || (Rounds != rounds::not_at_all && mode > u64{static_cast<u8>(rounding::nearest_away)}))
        [[unlikely]]
      return v.illegal();
    const auto result = called<From...>(f, user, o, static_cast<rounding>(mode));
    const u32 flags = detail::flags_of(result);
    user.fcsr |= flags;
    if constexpr (to_float)
      user.f[o.rd] = boxed(detail::value_of(result));
    else
      user.x[o.rd] = detail::value_of(result);
    if (to_float || flags != 0)
      v.fp_written();
    return true;
  }

private:
  template <class T, class U> [[nodiscard]] [[gnu::always_inline]] static constexpr auto read(const U &user, u8 n) {
    if constexpr (std::is_same_v<T, u64>)
      return user.x[n];
    else
      return detail::source<T>(user.f[n]);
  }
  template <class A, class... More, class F, class U> [[nodiscard]] [[gnu::always_inline]] static constexpr auto
  called(F f, const U &user, const operands &o, rounding mode) {
    if constexpr (count == 3)
      return f(read<A>(user, o.rs1), read<A>(user, o.rs2), read<A>(user, third_register(o)), mode);
    else if constexpr (count == 2 && Rounds == rounds::by_mode)
      return f(read<A>(user, o.rs1), read<A>(user, o.rs2), mode);
    else if constexpr (count == 2)
      return f(read<A>(user, o.rs1), read<A>(user, o.rs2));
    else if constexpr (Rounds != rounds::not_at_all)
      return f(read<A>(user, o.rs1), mode);
    else
      return f(read<A>(user, o.rs1));
  }
};

/// Loads a T's bits; the semantics say what the register then holds.
template <class T> struct float_load {
  using layout = isa::layout<operands, frd, rs1, imm_i>;
  static constexpr auto needs = capability::fp;
  static constexpr std::string_view syntax = "frd, imm(rs1)";
  template <class F, class V> [[gnu::always_inline]] static constexpr bool run(F f, V &v, const operands &o) {
    if (!v.fp_usable()) [[unlikely]]
      return v.illegal();
    const auto value = v.template load<typename T::bits_type>(gva{v.user().x[o.rs1] + o.immediate()});
    if (!value)
      return false;
    v.user().f[o.rd] = f(T{*value});
    v.fp_written();
    return true;
  }
};

/// Stores the T's bits that the semantics make of what the register holds, boxed or not.
template <class T> struct float_store {
  using layout = isa::layout<operands, rs1, rs2, imm_s>;
  static constexpr auto needs = capability::fp;
  static constexpr std::string_view syntax = "frs2, imm(rs1)";
  template <class F, class V> [[gnu::always_inline]] static constexpr bool run(F f, V &v, const operands &o) {
    if (!v.fp_usable()) [[unlikely]]
      return v.illegal();
    using bits = typename T::bits_type;
    return v.template store<bits>(gva{v.user().x[o.rs1] + o.immediate()}, static_cast<bits>(f(v.user().f[o.rs2])));
  }
};

} // namespace hvkit::cpu::riscv
