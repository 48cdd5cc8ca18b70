// SPDX-License-Identifier: BSL-1.0
// Decides how the reference engine runs a hart: one instruction at a time, each decoded anew. Plain on purpose.
#pragma once

#include <string_view>

#include <hvkit/core/address.hpp>
#include <hvkit/core/exit.hpp>
#include <hvkit/core/slot.hpp>
#include <hvkit/hardware/memory.hpp>

namespace hvkit::engine {

/// The reference every faster engine is compared with.
struct step {
  static constexpr slot kind = slot::engine;
  static constexpr std::string_view name = "step";

  template <class Hart> class over {
  public:
    explicit over(const hardware::physical_memory &) {}

    exit_record run(Hart &hart, u64 budget) {
      while (budget != 0) {
        if (hart.needs_attention()) {
          const u64 before = budget;
          if (const auto exit = hart.look_around(budget))
            return *exit;
          if (budget != before)
            continue;
        }
        if (hart.step())
          --budget;
        else if (const auto exit = hart.trapped(budget))
          return *exit;
      }
      return {};
    }
    /// It remembers neither code nor where it was.
    void code_changed(Hart &, hpa) noexcept {}
    void contexts_changed(Hart &) noexcept {}
  };
};

} // namespace hvkit::engine
