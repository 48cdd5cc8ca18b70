// SPDX-License-Identifier: BSL-1.0
// Decides how an exit finds its handler: by comparing its cause with each in turn, unrolled by the compiler, so that
// handlers can be inlined.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/dispatch/concept.hpp>

namespace hvkit::dispatch {

/// No indirect call; the later a cause stands in `Vm::handlers()`, the more comparisons.
struct fold_switch {
  static constexpr slot kind = slot::dispatch;
  static constexpr std::string_view name = "fold_switch";

  template <class Vm> class over {
  public:
    [[nodiscard]] answer dispatch(Vm &vm, const trap &t) const { return among<0>(vm, t); }

  private:
    /// Compilers limit how much one fold may hold.
    static constexpr std::size_t at_once = 64;

    template <std::size_t First> [[nodiscard]] static answer among(Vm &vm, const trap &t) {
      static constexpr auto handlers = Vm::handlers();
      constexpr std::size_t count = std::min(at_once, handlers.size() - First);
      answer said = answer::not_mine;
      const bool found = [&]<std::size_t... N>(std::index_sequence<N...>) {
        return ((t.cause == handlers[First + N].cause && (said = handlers[First + N].handle(vm, t), true)) || ...);
      }
      (std::make_index_sequence<count>{});
      if constexpr (First + count < handlers.size())
        return found ? said : among<First + count>(vm, t);
      else
        return said;
    }
  };
};

} // namespace hvkit::dispatch
