// SPDX-License-Identifier: BSL-1.0
// Decides how far a VM can agree with its reference, and what the reference is.
#pragma once

#include <string_view>

#include <hvkit/core/bits.hpp>

namespace hvkit {

/// The grade of a policy, and of a composition: the last of its policies' grades. A policy that says nothing is exact.
enum class agreement : u8 {
  exact,    ///< bit-equal to the bare machine with the same board, at every retired instruction
  replayed, ///< interrupts may be delivered later; bit-equal to the bare machine on which they are delivered there, too
  paravirtual, ///< bit-equal to a bare hart with the same hypercall service
  unsound      ///< an assumption stands in for a proof: nothing is promised
};

[[nodiscard]] constexpr std::string_view agreement_name(agreement a) noexcept {
  constexpr std::string_view names[] = {"exact", "replayed", "paravirtual", "unsound"};
  return names[static_cast<unsigned>(a)];
}

} // namespace hvkit
