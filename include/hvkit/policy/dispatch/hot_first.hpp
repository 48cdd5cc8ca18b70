// SPDX-License-Identifier: BSL-1.0
// Decides how an exit finds its handler: along a list in which causes that were met move to the front.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/dispatch/concept.hpp>

namespace hvkit::dispatch {

/// Each VM has a list of its own. A cause that is met changes places with the one before it, so that after a while the
/// hottest cause is found at the first comparison. Source: Rivest, "On self-organizing sequential search heuristics".
struct hot_first {
  static constexpr slot kind = slot::dispatch;
  static constexpr std::string_view name = "hot_first";

  template <class Vm> class over {
  public:
    over() {
      for (const entry<Vm> &e : Vm::handlers())
        list_[size_++] = e;
    }
    [[nodiscard]] answer dispatch(Vm &vm, const trap &t) {
      for (std::size_t n = 0; n < size_; ++n)
        if (list_[n].cause == t.cause) {
          const auto handle = list_[n].handle;
          if (n != 0)
            std::swap(list_[n], list_[n - 1]);
          return handle(vm, t);
        }
      return answer::not_mine;
    }

  private:
    std::array<entry<Vm>, Vm::cpu::cause_count> list_{};
    std::size_t size_ = 0;
  };
};

} // namespace hvkit::dispatch
