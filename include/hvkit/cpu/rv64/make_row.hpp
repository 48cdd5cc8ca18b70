// SPDX-License-Identifier: BSL-1.0
// Decides how a row of RV64 is written down.
#pragma once

#include <string_view>

#include <hvkit/isa/row.hpp>

namespace hvkit::cpu::riscv {

/// A row: name, fixed bits, semantics. The form says the rest.
template <class Form, class F>
[[nodiscard]] constexpr isa::row<Form, F> make(std::string_view name, isa::pattern code, F) {
  return {name, code};
}

} // namespace hvkit::cpu::riscv
