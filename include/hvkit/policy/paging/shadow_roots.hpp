// SPDX-License-Identifier: BSL-1.0
// Decides how many translation contexts keep their shadow tables, and which of them gives way to a new one.
#pragma once

#include <array>
#include <cstddef>

#include <hvkit/core/context.hpp>
#include <hvkit/policy/paging/shadow_tables.hpp>

namespace hvkit::paging {

/// The shadow tables of one pair of contexts.
struct shadow_root {
  contexts of{};
  table_id table = 0; ///< the top one; 0: not in use
  u64 used = 0;       ///< when it was looked for last

  /// Data is translated by another context than code.
  [[nodiscard]] bool execute_only() const noexcept { return of.code != of.data; }
};

/// A fixed number of roots: a guest that switches contexts without end makes nothing grow.
class shadow_roots {
public:
  static constexpr std::size_t limit = 16;

  /// Where the root of these contexts is, or is to be: then, in place of the one not used for longest.
  [[nodiscard]] std::size_t place_of(const contexts &now) {
    std::size_t oldest = 0;
    for (std::size_t n = 0; n < limit; ++n) {
      if (roots_[n].table != 0 && roots_[n].of == now) {
        oldest = n;
        break;
      }
      if (roots_[n].table == 0 || (roots_[oldest].table != 0 && roots_[n].used < roots_[oldest].used))
        oldest = n;
    }
    roots_[oldest].used = ++clock_;
    return oldest;
  }
  [[nodiscard]] shadow_root &operator[](std::size_t n) noexcept { return roots_[n]; }
  [[nodiscard]] auto begin() noexcept { return roots_.begin(); }
  [[nodiscard]] auto end() noexcept { return roots_.end(); }
  [[nodiscard]] auto begin() const noexcept { return roots_.begin(); }
  [[nodiscard]] auto end() const noexcept { return roots_.end(); }

private:
  std::array<shadow_root, limit> roots_{};
  u64 clock_ = 0;
};

} // namespace hvkit::paging
