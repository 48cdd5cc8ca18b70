// SPDX-License-Identifier: BSL-1.0
// Decides how a handler goes on with the next one: by a jump where the compiler can, by returning it where it can't.
#pragma once

#include <cstdint>

// HVKIT_TAIL_CALL(f, o, hart, left) ends a handler by running f(o, hart, left) in its place, or by returning o to the
// loop that ran the handler, which is told what is left. Whoever includes this undefines it.
#if defined(__clang__)
#define HVKIT_TAIL_CALL(f, o, hart, left) [[clang::musttail]] return f(o, hart, left)
#elif defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
#define HVKIT_TAIL_CALL(f, o, hart, left) return f(o, hart, left)
#else
#define HVKIT_TAIL_CALL(f, o, hart, left) return hart.engine().later(o, left)
#endif

namespace hvkit::engine {

namespace detail {
[[gnu::noinline]] inline std::uintptr_t stack_below(int depth) {
  volatile char here = 0;
  static_cast<void>(here);
  static_cast<void>(depth);
  return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}
[[gnu::noinline]] inline std::uintptr_t stack_through(int depth) { return stack_below(depth + 1); }
} // namespace detail

/// Whether calls in tail position are jumps in this build. Where they are not, a chain of blocks must return to the
/// loop or it would eat the stack.
[[nodiscard]] inline bool tail_calls_are_jumps() { return detail::stack_below(0) == detail::stack_through(0); }

} // namespace hvkit::engine
