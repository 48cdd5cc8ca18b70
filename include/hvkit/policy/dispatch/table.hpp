// SPDX-License-Identifier: BSL-1.0
// Decides how an exit finds its handler: by an array indexed with the cause.
#pragma once

#include <array>
#include <string_view>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/dispatch/concept.hpp>

namespace hvkit::dispatch {

/// One load and one indirect call, whatever the cause.
struct table {
  static constexpr slot kind = slot::dispatch;
  static constexpr std::string_view name = "table";

  template <class Vm> class over {
  public:
    [[nodiscard]] answer dispatch(Vm &vm, const trap &t) const {
      static constexpr auto by_cause = indexed();
      return t.cause < by_cause.size() ? by_cause[t.cause](vm, t) : answer::not_mine;
    }

  private:
    using function = answer (*)(Vm &, const trap &);
    [[nodiscard]] static constexpr auto indexed() {
      std::array<function, Vm::cpu::cause_count> all{};
      for (function &f : all)
        f = [](Vm &, const trap &) { return answer::not_mine; };
      for (const entry<Vm> &e : Vm::handlers())
        all[e.cause] = e.handle;
      return all;
    }
  };
};

} // namespace hvkit::dispatch
