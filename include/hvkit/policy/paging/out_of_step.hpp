// SPDX-License-Identifier: BSL-1.0
// Decides what is kept of guest tables that the guest writes unseen: by frame, a copy of the entries that shadow tables
// were built from. Knows no tables.
#pragma once

#include <array>
#include <cstddef>

#include <hvkit/core/address.hpp>
#include <hvkit/core/lazy_array.hpp>

namespace hvkit::paging {

/// A fixed number of guest frames of `Entries` entries each, with what is known of each.
template <u64 Entries> class out_of_step {
public:
  /// How many frames there may be at once.
  static constexpr std::size_t limit = 64;
  static constexpr u64 no_frame = ~u64{0};

  struct place {
    u64 frame = no_frame;
    u64 since = 0;      ///< grows from each frame to the next one that came
    unsigned quiet = 0; ///< whole fences in a row that found it unchanged
  };

  explicit out_of_step(u64 guest_frames) : entries_(limit * Entries), number_(guest_frames) {}

  [[nodiscard]] bool holds(u64 frame) const { return number_[frame] != 0; }
  /// The place of a frame it holds.
  [[nodiscard]] std::size_t place_of(u64 frame) const { return number_[frame] - 1; }
  [[nodiscard]] place &at(std::size_t n) { return places_[n]; }
  /// Of a place in use, what its shadow tables were built from.
  [[nodiscard]] u64 *entries(std::size_t n) { return &entries_[n * Entries]; }
  [[nodiscard]] u64 size() const noexcept { return size_; }

  /// The place for one more frame: a free one, or the one held longest, which is to be removed first.
  [[nodiscard]] std::size_t next_place() const {
    std::size_t oldest = 0;
    for (std::size_t n = 0; n < limit; ++n) {
      if (places_[n].frame == no_frame)
        return n;
      if (places_[n].since < places_[oldest].since)
        oldest = n;
    }
    return oldest;
  }
  /// Takes a frame in, at a free place. Its entries are the caller's to fill.
  void add(std::size_t n, u64 frame) {
    places_[n] = {frame, ++clock_, 0};
    number_[frame] = static_cast<u8>(n + 1);
    ++size_;
  }
  void remove(std::size_t n) {
    number_[places_[n].frame] = 0;
    places_[n] = {};
    --size_;
  }

private:
  std::array<place, limit> places_{};
  lazy_array<u64> entries_;
  lazy_array<u8> number_; ///< by guest frame: its place, counted from 1
  u64 clock_ = 0;
  u64 size_ = 0;
};

} // namespace hvkit::paging
