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
      entry(large_table(r), 0, entry_to(ram, leaf(user)));
      entry(large_table(r), 1, entry_to(leaf_table((r + 1) % roots), sv39::v));
      entry(large_table(r), 2, entry_to(0x2000000, leaf(user)));
      root(r, user);
    }
    return likely;
  }

private:
  void root(u64 r, u64 user) {
    const u64 at = root_table(r);
    entry(at, 2, entry_to(middle_table(r), sv39::v));
    entry(at, 1, entry_to(large_table(r), sv39::v));
    entry(at, 0, entry_to(0, leaf(user)));
    if (options_.fenced) // there the tables must not be reached through translation
      return;
    entry(at, 511, entry_to(frame_base(ram) & ~low_bits(30), leaf(user)));
    entry(at, 510, entry_to(at, sv39::v));
    entry(at, 509, entry_to(leaf_table(r), sv39::v));
  }
  void leaves(u64 table, u64 user) {
    for (u64 frame = 0; frame < frames; ++frame) {
      const bool hidden = options_.fenced && is_table(frame_at(frame));
      const bool elsewhere = frame != supervisor_frame && one_in(random_, 16);
      const u64 to = elsewhere && !options_.fenced ? random_.between(0, image_frames) : frame;
      const bool handler = frame == supervisor_frame && !one_in(random_, 6);
      entry(table, frame, hidden ? 0 : entry_to(frame_at(to), handler ? low_bits(8) & ~sv39::u : leaf(user)));
    }
  }
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
