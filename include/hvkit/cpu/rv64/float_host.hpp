// SPDX-License-Identifier: BSL-1.0
// Decides which floating-point operations the host's own arithmetic does, and how it is asked: by SSE2, with the
// control word set and read around one operation.
//
// Compilers take it that no operation depends on the control word. So the operands come out of an assembly statement
// behind the one that sets it, and the result goes into one before it is read: those keep their order, and nothing can
// be folded. The fifth rounding mode, and hosts without SSE2, go by integers (float_exact.hpp).
#pragma once

#include <bit>
#include <cmath>

#include <hvkit/cpu/rv64/float_exact.hpp>

namespace hvkit::cpu::riscv {

namespace on_host {

#if defined(__SSE2__)
inline constexpr bool available = true;

/// MXCSR: all exceptions masked, flags clear, rounding as given in bits 14:13. "Intel 64 and IA-32 Architectures
/// Software Developer's Manual", "MXCSR Control and Status Register".
class control {
public:
  explicit control(rounding mode) noexcept : before_(read()), wanted_(masked | direction(mode) << 13) {
    if ((before_ & ~denormal) != wanted_)
      write(wanted_);
  }
  control(const control &) = delete;
  control &operator=(const control &) = delete;
  /// The host goes on as it was; its flags mean nothing to it.
  ~control() {
    if (((before_ ^ wanted_) & ~flag_bits) != 0)
      write(before_ & ~flag_bits);
  }
  [[nodiscard]] static u32 flags() noexcept {
    const u32 m = read();
    return (m & 1) << 4 | (m & 4) << 1 | (m & 8) >> 1 | (m & 16) >> 3 | (m & 32) >> 5;
  }
  template <class T> static void pin(T &value) noexcept { asm volatile("" : "+x"(value)); }

private:
  static constexpr u32 masked = 0x1f80, flag_bits = 0x3f, denormal = 2;
  /// Nearest, down, up, to zero.
  [[nodiscard]] static constexpr u32 direction(rounding mode) noexcept {
    return mode == rounding::to_zero ? 3 : mode == rounding::down ? 1 : mode == rounding::up ? 2 : 0;
  }
  [[nodiscard]] static u32 read() noexcept {
    u32 m = 0;
    asm volatile("stmxcsr %0" : "=m"(m));
    return m;
  }
  static void write(u32 m) noexcept { asm volatile("ldmxcsr %0" : : "m"(m)); }

  u32 before_;
  u32 wanted_;
};
#else
inline constexpr bool available = false;
#endif

template <class T> using native = std::conditional_t<T::width == 32, float, double>;

struct plus {
  template <class X> [[nodiscard]] static X run(X a, X b) noexcept { return a + b; }
};
struct times {
  template <class X> [[nodiscard]] static X run(X a, X b) noexcept { return a * b; }
};
struct over {
  template <class X> [[nodiscard]] static X run(X a, X b) noexcept { return a / b; }
};
struct root {
  template <class X> [[nodiscard]] static X run(X a) noexcept { return std::sqrt(a); }
};
struct fused {
  template <class X> [[nodiscard]] static X run(X a, X b, X c) noexcept { return std::fma(a, b, c); }
};
template <class To> struct changed_to {
  template <class X> [[nodiscard]] static To run(X a) noexcept { return static_cast<To>(a); }
};

#if defined(__SSE2__)
/// Not inline: engines that jump from one instruction to the next want no local variables whose address is known.
template <class Operation, class To, class... From>
[[gnu::noinline]] inline flagged<To> run(rounding mode, From... operand) noexcept {
  const control in_force(mode);
  const auto compute = [](auto... value) {
    (control::pin(value), ...);
    native<To> result = Operation::run(value...);
    control::pin(result);
    return result;
  };
  const native<To> result = compute(std::bit_cast<native<From>>(operand)...);
  const To made{std::bit_cast<typename To::bits_type>(result)};
  return {made.is_nan() ? To::nan() : made, control::flags()};
}
#else
template <class Operation, class To, class... From> flagged<To> run(rounding, From...) noexcept;
#endif

/// Whether the host is asked.
[[nodiscard]] constexpr bool does(rounding mode) noexcept {
  return available && mode != rounding::nearest_away && !std::is_constant_evaluated();
}

} // namespace on_host

/// The operations of the "F" and "D" extensions that round.
template <class T> [[nodiscard]] constexpr flagged<T> add(T a, T b, rounding mode) noexcept {
  return on_host::does(mode) ? on_host::run<on_host::plus, T>(mode, a, b) : exact::add(a, b, mode);
}
template <class T> [[nodiscard]] constexpr flagged<T> multiply(T a, T b, rounding mode) noexcept {
  return on_host::does(mode) ? on_host::run<on_host::times, T>(mode, a, b) : exact::multiply(a, b, mode);
}
template <class T> [[nodiscard]] constexpr flagged<T> divide(T a, T b, rounding mode) noexcept {
  return on_host::does(mode) ? on_host::run<on_host::over, T>(mode, a, b) : exact::divide(a, b, mode);
}
template <class T> [[nodiscard]] constexpr flagged<T> square_root(T a, rounding mode) noexcept {
  return on_host::does(mode) ? on_host::run<on_host::root, T>(mode, a) : exact::square_root(a, mode);
}
/// a * b + c. Hosts differ on 0 times infinity plus a NaN: what has a NaN in it is not asked of them.
template <class T> [[nodiscard]] constexpr flagged<T> multiply_add(T a, T b, T c, rounding mode) noexcept {
  return on_host::does(mode) && !c.is_nan() ? on_host::run<on_host::fused, T>(mode, a, b, c)
                                            : exact::multiply_add(a, b, c, mode);
}
template <class To, class From> [[nodiscard]] constexpr flagged<To> convert(From v, rounding mode) noexcept {
  return on_host::does(mode) ? on_host::run<on_host::changed_to<on_host::native<To>>, To>(mode, v)
                             : exact::convert<To>(v, mode);
}

} // namespace hvkit::cpu::riscv
