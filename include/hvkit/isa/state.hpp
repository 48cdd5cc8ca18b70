// SPDX-License-Identifier: BSL-1.0
// Decides how a CPU's system state is stored and named: words, and fields of words. Knows no CPU's fields.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include <hvkit/core/bits.hpp>

namespace hvkit::isa {

/// What a piece of system state governs. A verdict is relative to a set of these: changing one of them is control,
/// depending on one of them is behavior (docs/terms.md, "resource").
enum class resource : u16 {
  none = 0,             ///< bookkeeping that no instruction can show
  mode = 1,             ///< which mode is in force, and which one a return goes to
  relocation = 2,       ///< translation: relocation-bounds register, page-table root, access overrides
  protection = 4,       ///< physical memory protection
  interrupts = 8,       ///< what is pending, enabled, delegated
  traps = 16,           ///< where traps go and what they leave behind
  time = 32,            ///< clocks, counters and timers
  gates = 64,           ///< which instructions less privileged modes may execute
  floating_point = 128, ///< whether floating point is on and dirty
  devices = 256         ///< device state reached without memory
};
[[nodiscard]] constexpr resource operator|(resource a, resource b) noexcept {
  return static_cast<resource>(static_cast<u16>(a) | static_cast<u16>(b));
}
/// Whether the two sets have a resource in common.
[[nodiscard]] constexpr bool has(resource set, resource one) noexcept {
  return (static_cast<u16>(set) & static_cast<u16>(one)) != 0;
}
/// Every resource there is.
inline constexpr resource all_resources = static_cast<resource>(0x1ff);

/// A named part of one word of system state. `mask` is contiguous.
struct field {
  std::string_view name;
  u16 word = 0;
  u64 mask = ~u64{0};
  resource governs = resource::none;
};

/// `N` words of system state. Machines hand it to the semantics by reference; the recorder's variant notes each touch.
template <std::size_t N> struct state_words {
  std::array<u64, N> words{};

  [[nodiscard]] constexpr u64 get(u16 word) const noexcept { return words[word]; }
  constexpr void set(u16 word, u64 value) noexcept { words[word] = value; }
  [[nodiscard]] constexpr u64 get(const field &f) const noexcept { return extract(words[f.word], f.mask); }
  constexpr void set(const field &f, u64 value) noexcept { words[f.word] = deposit(words[f.word], f.mask, value); }

  friend constexpr bool operator==(const state_words &, const state_words &) = default;
};

} // namespace hvkit::isa
