// SPDX-License-Identifier: BSL-1.0
// Decides what hvkit's own extension of the SBI does. Its numbers are those that guests include.
#pragma once

#include <array>
#include <iterator>
#include <span>

#include <hvkit/cpu/rv64/sbi_call.hpp>
#include <hvkit/guest/hypercall.h>

namespace hvkit::cpu::riscv::sbi {

inline answer own_features(call &c);

/// The bytes are copied before they are looked at, so that each is read once, whatever writes to them meanwhile.
inline answer write_bytes(call &c) {
  std::array<u8, hvkit_longest_write> bytes;
  const u64 size = c.argument(1);
  if (size > bytes.size())
    return {error::invalid_param};
  const auto wanted = std::span(bytes).first(size);
  if (!c.board.read(gpa{c.argument(0)}, wanted))
    return {error::invalid_address};
  for (const u8 byte : wanted)
    c.board.put(byte);
  return {error::success, size};
}
inline answer give_turn_up(call &c) {
  c.board.yielded = true;
  c.after.effects = effect::events;
  return {};
}
inline answer exit_with_code(call &c) {
  c.board.switch_off(c.argument(0));
  c.after.effects = effect::events;
  return {};
}

inline constexpr auto own_functions = [] {
  std::array<function, hvkit_function_exit + 1> all{};
  all[hvkit_function_version] = [](call &) { return answer{error::success, hvkit_version}; };
  all[hvkit_function_features] = &own_features;
  all[hvkit_function_write] = &write_bytes;
  all[hvkit_function_yield] = &give_turn_up;
  all[hvkit_function_exit] = &exit_with_code;
  return all;
}();

/// One bit for each function, which is there.
inline answer own_features(call &) { return {error::success, low_bits(static_cast<unsigned>(own_functions.size()))}; }

} // namespace hvkit::cpu::riscv::sbi
