// SPDX-License-Identifier: BSL-1.0
// Decides how far a VM can agree with its reference, and what the reference is.
#pragma once

#include <array>
#include <string_view>

#include <hvkit/core/bits.hpp>

namespace hvkit {

/// The grade of a policy. A policy that says nothing is exact. A composition's grade is made of those of its policies:
/// what any of them needs is needed.
enum class agreement : u8 {
  exact = 0,       ///< bit-equal to the bare machine with the same board, at every retired instruction
  fenced = 1,      ///< so for guests that fence what they change of their page tables; until such a fence a translation
                   ///< may be an older one, as the CPU's manual allows
  replayed = 2,    ///< interrupts may be delivered later; bit-equal to the bare machine on which they are then, too
  paravirtual = 4, ///< bit-equal to a bare hart with the same hypercall service
  unsound = 8      ///< an assumption stands in for a proof: nothing is promised
};
[[nodiscard]] constexpr agreement operator|(agreement a, agreement b) noexcept {
  return static_cast<agreement>(static_cast<u8>(a) | static_cast<u8>(b));
}
[[nodiscard]] constexpr bool has(agreement of, agreement part) noexcept {
  return (static_cast<u8>(of) & static_cast<u8>(part)) == static_cast<u8>(part);
}

/// The grade in words. What is unsound has no other grade.
[[nodiscard]] constexpr std::string_view agreement_name(agreement a) noexcept {
  constexpr std::array<std::string_view, 8> names{"exact",
                                                  "fenced",
                                                  "replayed",
                                                  "fenced, replayed",
                                                  "paravirtual",
                                                  "fenced, paravirtual",
                                                  "replayed, paravirtual",
                                                  "fenced, replayed, paravirtual"};
  return has(a, agreement::unsound) ? "unsound" : names[static_cast<u8>(a) & 7U];
}

} // namespace hvkit
