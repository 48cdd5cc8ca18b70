// SPDX-License-Identifier: BSL-1.0
// Decides how a row of IA-32 is written down, and what is known of it without its semantics.
#pragma once

#include <string_view>

#include <hvkit/cpu/ia32/encoding.hpp>
#include <hvkit/cpu/ia32/operands.hpp>
#include <hvkit/isa/row.hpp>

namespace hvkit::cpu::x86 {

/// A row: name, encodings, semantics. The form says the rest.
template <class Form, class F> [[nodiscard]] constexpr isa::row<Form, F, isa::no_sentence, isa::no_sentence, encoding>
make(std::string_view name, encoding code, F) {
  return {name, code};
}

/// What is known of every row without its semantics.
struct row_facts {
  std::string_view name;
  encoding code;
  isa::capability needs = isa::capability::pure;
  bool lockable = false;
  std::string_view letters; ///< what it does to the flags: flags.hpp

  template <class Row> [[nodiscard]] static constexpr row_facts of(const Row &r) {
    using form = typename Row::form;
    return {r.name, r.code, form::needs, form::lockable, form::letters};
  }
};

} // namespace hvkit::cpu::x86
