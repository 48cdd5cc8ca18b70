// SPDX-License-Identifier: BSL-1.0
// Decides what every floating-point instruction of RV64 is: the "F" and "D" extensions, one row a line.
// Source: The RISC-V Instruction Set Manual, Volume I, "RV32/64G Instruction Set Listings".
#pragma once

#include <hvkit/cpu/rv64/float_forms.hpp>
#include <hvkit/cpu/rv64/float_host.hpp>
#include <hvkit/cpu/rv64/make_row.hpp>
#include <hvkit/isa/instruction_set.hpp>

namespace hvkit::cpu::riscv::rows {

/// The rows that both extensions have, for one format. Names come without their ending; `end` is it, ".s" or ".d".
template <class T> struct float_rows_of {
  static constexpr u32 fmt = T::width == 32 ? 0 : 1; ///< [26:25] of the word
  static constexpr u32 f3 = T::width == 32 ? 2 : 3;  ///< of loads and stores
  template <rounds Rounds, class To, class... From> using form = computes<Rounds, To, From...>;
  using arithmetic = form<rounds::by_mode, T, T, T>;
  using fused = form<rounds::by_mode, T, T, T, T>;
  using choice = form<rounds::not_at_all, T, T, T>;
  using comparison = form<rounds::not_at_all, u64, T, T>;

  /// OP-FP: funct5 [31:27]; the same with funct3; with rs2; with both.
  [[nodiscard]] static constexpr isa::pattern op(u32 funct5) noexcept {
    return {0x53U | fmt << 25 | funct5 << 27, 0xfe00007f};
  }
  [[nodiscard]] static constexpr isa::pattern op3(u32 funct5, u32 funct3) noexcept {
    return {op(funct5).match | funct3 << 12, 0xfe00707f};
  }
  [[nodiscard]] static constexpr isa::pattern unary(u32 funct5, u32 second) noexcept {
    return {op(funct5).match | second << 20, 0xfff0007f};
  }
  [[nodiscard]] static constexpr isa::pattern unary3(u32 funct5, u32 second, u32 funct3) noexcept {
    return {op(funct5).match | second << 20 | funct3 << 12, 0xfff0707f};
  }
  [[nodiscard]] static constexpr isa::pattern fma(u32 opcode) noexcept { return {opcode | fmt << 25, 0x0600007f}; }

  /// From and to an integer of type I. `Rounds` is `exactly` where the format holds every I.
  template <class I> static constexpr auto to_int = [](auto a, auto mode) { return exact::to_integer<I>(a, mode); };
  template <class I>
  static constexpr auto from_int = [](auto a, auto mode) { return exact::from_integer<T, I>(a, mode); };
  static constexpr rounds words = T::width == 64 ? rounds::exactly : rounds::by_mode;

  [[nodiscard]] static constexpr auto group(std::string_view name, auto... names) {
    const std::string_view n[] = {names...};
    return isa::make_group(
        name, //
        make<float_load<T>>(n[0], encoding::op3(0x07, f3), [](auto v) { return boxed(v); }),
        make<float_store<T>>(n[1], encoding::op3(0x27, f3), [](auto v) { return v; }),

        make<fused>(n[2], fma(0x43), [](auto a, auto b, auto c, auto m) { return multiply_add(a, b, c, m); }),
        make<fused>(n[3], fma(0x47), [](auto a, auto b, auto c, auto m) { return multiply_add(a, b, -c, m); }),
        make<fused>(n[4], fma(0x4b), [](auto a, auto b, auto c, auto m) { return multiply_add(-a, b, c, m); }),
        make<fused>(n[5], fma(0x4f), [](auto a, auto b, auto c, auto m) { return multiply_add(-a, b, -c, m); }),

        make<arithmetic>(n[6], op(0x00), [](auto a, auto b, auto m) { return add(a, b, m); }),
        make<arithmetic>(n[7], op(0x01), [](auto a, auto b, auto m) { return add(a, -b, m); }),
        make<arithmetic>(n[8], op(0x02), [](auto a, auto b, auto m) { return multiply(a, b, m); }),
        make<arithmetic>(n[9], op(0x03), [](auto a, auto b, auto m) { return divide(a, b, m); }),
        make<form<rounds::by_mode, T, T>>(n[10], unary(0x0b, 0), [](auto a, auto m) { return square_root(a, m); }),

        make<choice>(n[11], op3(0x04, 0), [](auto a, auto b) { return with_sign(a, b.negative()); }),
        make<choice>(n[12], op3(0x04, 1), [](auto a, auto b) { return with_sign(a, !b.negative()); }),
        make<choice>(n[13], op3(0x04, 2), [](auto a, auto b) { return with_sign(a, a.negative() != b.negative()); }),
        make<choice>(n[14], op3(0x05, 0), [](auto a, auto b) { return least(a, b); }),
        make<choice>(n[15], op3(0x05, 1), [](auto a, auto b) { return least(a, b, true); }),
        make<comparison>(n[16], op3(0x14, 0), [](auto a, auto b) { return less_or_equal(a, b); }),
        make<comparison>(n[17], op3(0x14, 1), [](auto a, auto b) { return less(a, b); }),
        make<comparison>(n[18], op3(0x14, 2), [](auto a, auto b) { return equal(a, b); }),
        make<form<rounds::not_at_all, u64, T>>(n[19], unary3(0x1c, 0, 1), [](auto a) { return classify(a); }),

        make<form<rounds::by_mode, u64, T>>(n[20], unary(0x18, 0), to_int<i32>),
        make<form<rounds::by_mode, u64, T>>(n[21], unary(0x18, 1), to_int<u32>),
        make<form<rounds::by_mode, u64, T>>(n[22], unary(0x18, 2), to_int<i64>),
        make<form<rounds::by_mode, u64, T>>(n[23], unary(0x18, 3), to_int<u64>),
        make<form<words, T, u64>>(n[24], unary(0x1a, 0), from_int<i32>),
        make<form<words, T, u64>>(n[25], unary(0x1a, 1), from_int<u32>),
        make<form<rounds::by_mode, T, u64>>(n[26], unary(0x1a, 2), from_int<i64>),
        make<form<rounds::by_mode, T, u64>>(n[27], unary(0x1a, 3), from_int<u64>),

        make<form<rounds::not_at_all, u64, register_bits>>(n[28], unary3(0x1c, 0, 0),
                                                           [](auto v) { return widen<typename T::bits_type>(v); }),
        make<form<rounds::not_at_all, T, u64>>(n[29], unary3(0x1e, 0, 0),
                                               [](auto v) { return T{static_cast<typename T::bits_type>(v)}; }));
  }
};

/// "F" Extension for Single-Precision Floating-Point, RV64F with it.
inline constexpr auto single = float_rows_of<f32>::group(
    "F", "flw", "fsw", "fmadd.s", "fmsub.s", "fnmsub.s", "fnmadd.s", "fadd.s", "fsub.s", "fmul.s", "fdiv.s", "fsqrt.s",
    "fsgnj.s", "fsgnjn.s", "fsgnjx.s", "fmin.s", "fmax.s", "fle.s", "flt.s", "feq.s", "fclass.s", "fcvt.w.s",
    "fcvt.wu.s", "fcvt.l.s", "fcvt.lu.s", "fcvt.s.w", "fcvt.s.wu", "fcvt.s.l", "fcvt.s.lu", "fmv.x.w", "fmv.w.x");
/// "D" Extension for Double-Precision Floating-Point, RV64D with it.
inline constexpr auto double_precision = float_rows_of<f64>::group(
    "D", "fld", "fsd", "fmadd.d", "fmsub.d", "fnmsub.d", "fnmadd.d", "fadd.d", "fsub.d", "fmul.d", "fdiv.d", "fsqrt.d",
    "fsgnj.d", "fsgnjn.d", "fsgnjx.d", "fmin.d", "fmax.d", "fle.d", "flt.d", "feq.d", "fclass.d", "fcvt.w.d",
    "fcvt.wu.d", "fcvt.l.d", "fcvt.lu.d", "fcvt.d.w", "fcvt.d.wu", "fcvt.d.l", "fcvt.d.lu", "fmv.x.d", "fmv.d.x");
inline constexpr auto between_formats =
    isa::make_group("D (and F)", //
                    make<computes<rounds::by_mode, f32, f64>>("fcvt.s.d", float_rows_of<f32>::unary(0x08, 1),
                                                              [](auto a, auto m) { return convert<f32>(a, m); }),
                    make<computes<rounds::exactly, f64, f32>>("fcvt.d.s", float_rows_of<f64>::unary(0x08, 0),
                                                              [](auto a, auto m) { return convert<f64>(a, m); }));

} // namespace hvkit::cpu::riscv::rows
