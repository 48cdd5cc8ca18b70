// SPDX-License-Identifier: BSL-1.0
// Decides how the target of an indirect jump is found again: by its whole address and the translation context.
#pragma once

#include <array>

#include <hvkit/core/bits.hpp>

namespace hvkit::engine {

/// Where addresses led. A context is known by its stamp, which changes when what was noted under it is void.
template <class Op> class jump_cache {
public:
  /// `nowhere` is what entries that hold nothing lead to.
  explicit jump_cache(const Op *nowhere) { entries_.fill({0, 0, nowhere}); }

  /// The block at `pc` in the context of that stamp, if it was noted and not displaced since; or null.
  [[nodiscard]] const Op *const *find(u64 pc, u64 stamp) const noexcept {
    const entry &e = entries_[index(pc)];
    return e.from == pc && e.stamp == stamp ? &e.to : nullptr;
  }
  void note(u64 pc, u64 stamp, const Op *to) noexcept { entries_[index(pc)] = {pc, stamp, to}; }

private:
  /// The whole address is compared: a guest may jump anywhere.
  struct alignas(32) entry {
    u64 from = 0;
    u64 stamp = 0; ///< no context's
    const Op *to = nullptr;
  };
  static constexpr std::size_t size = 4096;
  [[nodiscard]] static std::size_t index(u64 pc) noexcept { return (pc >> 1) % size; }

  std::array<entry, size> entries_;
};

} // namespace hvkit::engine
