// SPDX-License-Identifier: BSL-1.0
// Decides which page tables a torture program starts with. The windows are drawn in layout.hpp.
#pragma once

#include <array>
#include <vector>

#include "support/torture/values.hpp"

namespace hvkit::tests::torture {

/// Fills the tables of all roots.
class table_writer {
public:
  table_writer(std::vector<u8> &image, random_numbers &random, const program_options &options)
      : image_(image), random_(random), options_(options) {}

  /// Answers how likely the pages of each root are for user mode, in eighths.
  [[nodiscard]] std::array<u64, roots> write() {
    std::array<u64, roots> likely{};
    for (u64 r = 0; r < roots; ++r) {
      const u64 user = likely[r] = std::array<u64, 3>{0, 4, 8}[(r + random_.between(0, 1)) % 3];
      leaves(leaf_table(r), user);
      entry(middle_table(r), 0, entry_to(leaf_table(r), sv39::v));
      entry(large_table(r), 0, entry_to(ram, large_leaf(user)));
      entry(large_table(r), 1, entry_to(leaf_table((r + 1) % roots), sv39::v));
      if (!options_.foreign)
        entry(large_table(r), 2, entry_to(0x2000000, leaf(user)));
      root(r, user);
    }
    return likely;
  }

private:
  void root(u64 r, u64 user) {
    const u64 at = root_table(r);
    entry(at, 2, entry_to(middle_table(r), sv39::v));
    entry(at, 4, entry_to(large_table(r), sv39::v));
    entry(at, 511, entry_to(ram, large_leaf(user)));
    entry(at, 510, entry_to(at, sv39::v));
    if (options_.foreign)
      return;
    entry(at, 0, entry_to(0, leaf(user)));
    entry(at, 509, entry_to(leaf_table(r), sv39::v));
  }
  void leaves(u64 table, u64 user) {
    for (u64 frame = 0; frame < frames; ++frame) {
      const bool elsewhere = frame != supervisor_frame && one_in(random_, 16);
      const u64 to = elsewhere && !options_.foreign ? random_.between(0, image_frames) : frame;
      const bool handler = frame == supervisor_frame && !one_in(random_, 6);
      const bool kept = options_.foreign && is_table(frame_at(frame));
      const u64 flags = handler ? low_bits(8) & ~sv39::u : leaf(user) & ~(kept ? sv39::w : 0);
      entry(table, frame, entry_to(frame_at(to), flags));
    }
  }
  /// It covers the tables, too: there a foreign program must not write through translation.
  [[nodiscard]] u64 large_leaf(u64 user) { return leaf(user) & ~(options_.foreign ? sv39::w : 0); }
  [[nodiscard]] u64 leaf(u64 user) { return open_leaf(random_, user); }
  void entry(u64 table, u64 slot, u64 value) {
    for (unsigned i = 0; i < 8; ++i)
      image_[table - ram + slot * 8 + i] = static_cast<u8>(value >> (8 * i));
  }

  std::vector<u8> &image_;
  random_numbers &random_;
  const program_options &options_;
};

} // namespace hvkit::tests::torture
