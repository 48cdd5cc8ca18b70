// SPDX-License-Identifier: BSL-1.0
// Decides what a function of the SBI is given, and what it gives back. Knows none of them.
// Source: RISC-V Supervisor Binary Interface Specification 1.0, "Binary Encoding".
#pragma once

#include <span>

#include <hvkit/core/context.hpp>
#include <hvkit/core/exit.hpp>
#include <hvkit/core/hypercalls.hpp>
#include <hvkit/cpu/rv64/state.hpp>

namespace hvkit::cpu::riscv::sbi {

/// "Binary Encoding", standard errors.
enum class error : i64 {
  success = 0,
  failed = -1,
  not_supported = -2,
  invalid_param = -3,
  denied = -4,
  invalid_address = -5,
  already_available = -6
};

/// What a function returns: a0 and a1.
struct answer {
  error code = error::success;
  u64 value = 0;
};

/// What a call leaves to the machine.
struct aftermath {
  effect effects = effect::none;
  maybe<fence_scope> fence{};
  bool waits = false;  ///< the hart has nothing to do until an interrupt is pending and enabled
  bool returns = true; ///< false: the call is made again if the hart ever goes on
};

/// One call, while it is served.
struct call {
  user_state &user;
  system_state &system;
  hypercall_services &board;
  aftermath after{};

  /// a0 to a5.
  [[nodiscard]] constexpr u64 argument(unsigned n) const { return user.x[10 + n]; }
};

using function = answer (*)(call &);

/// An extension's number (a7), and its functions in the order of theirs (a6).
struct extension {
  u64 id;
  std::span<const function> functions;
};

} // namespace hvkit::cpu::riscv::sbi
