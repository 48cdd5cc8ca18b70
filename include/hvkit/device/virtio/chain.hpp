// SPDX-License-Identifier: BSL-1.0
// Decides which pieces of guest memory a driver's request consists of, however it lies about them. Knows no ring.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include <hvkit/device/guest_access.hpp>
#include <hvkit/device/virtio/layout.hpp>

namespace hvkit::device::virtio {

/// One request: first what the device may read, then what it may write. Each piece was memory when it was taken.
class chain {
public:
  /// Which of the descriptors the driver knows it by.
  u16 head = 0;

  [[nodiscard]] u64 readable() const noexcept { return readable_; } ///< bytes
  [[nodiscard]] u64 writable() const noexcept { return writable_; } ///< bytes

  /// Copies readable bytes from `offset` on. False where there are not as many.
  [[nodiscard]] bool read(const guest_access &memory, u64 offset, std::span<u8> to) const {
    return each_piece({pieces_.data(), split_}, offset, to,
                      [&](gpa at, std::span<u8> part) { return memory.read(at, part); });
  }
  /// The same for writable bytes.
  [[nodiscard]] bool write(guest_access &memory, u64 offset, std::span<const u8> from) const {
    return each_piece(std::span(pieces_).subspan(split_, count_ - split_), offset, from,
                      [&](gpa at, std::span<const u8> part) { return memory.write(at, part); });
  }

  /// Adds a piece. False where a readable one follows a writable one.
  [[nodiscard]] bool add(gpa at, u32 size, bool writes) {
    if (count_ == pieces_.size() || (!writes && count_ != split_))
      return false;
    pieces_[count_++] = {at, size};
    (writes ? writable_ : readable_) += size;
    split_ += writes ? 0 : 1;
    return true;
  }

private:
  struct piece {
    gpa at;
    u32 size = 0;
  };
  template <class Bytes, class F> static bool each_piece(std::span<const piece> in, u64 offset, Bytes bytes, F f) {
    for (const piece &p : in) {
      if (bytes.empty())
        break;
      if (offset >= p.size) {
        offset -= p.size;
        continue;
      }
      const u64 n = std::min<u64>(bytes.size(), p.size - offset);
      if (!f(p.at + offset, bytes.first(n)))
        return false;
      bytes = bytes.subspan(n);
      offset = 0;
    }
    return bytes.empty();
  }

  std::array<piece, queue_limit> pieces_{};
  std::size_t split_ = 0; ///< pieces before it are readable
  std::size_t count_ = 0;
  u64 readable_ = 0;
  u64 writable_ = 0;
};

/// Follows a request's descriptors. Each is read once; at most as many as the queue has are followed, so a loop ends.
///
///     table:  head -> next -> ... -> last            or    ... -> INDIRECT
///                                                                    |
///     memory:                                          entry 0 -> next -> ... -> last
///
/// Refused: a number beyond the table, a loop or an overlong chain, a piece that is not memory, readable after
/// writable, INDIRECT that was not negotiated, is not last or is nested, its table empty or no multiple of an entry,
/// and more than 2^32 bytes in all. A piece without bytes is allowed and stays without effect. Source: Virtio 1.2, "The
/// Virtqueue Descriptor Table", "Indirect Descriptors", "Supplying Buffers to The Device".
class chain_walk {
public:
  /// `size`: the queue's, at most queue_limit. `indirect`: whether that was negotiated.
  chain_walk(const guest_access &memory, gpa table, u32 size, bool indirect)
      : memory_(memory), table_(table), entries_(size), left_(size), indirect_(indirect) {}

  /// The request that begins with descriptor `head`; nothing if it is refused.
  [[nodiscard]] maybe<chain> from(u16 head) {
    chain made;
    made.head = head;
    for (u16 at = head;;) {
      const auto d = take(at);
      if (!d)
        return {};
      at = d->next;
      if ((d->flags & desc_indirect) != 0) {
        if (!enter(*d))
          return {};
        at = 0;
        continue;
      }
      if (!memory_.contains(gpa{d->address}, d->length) ||
          !made.add(gpa{d->address}, d->length, (d->flags & desc_write) != 0))
        return {};
      if ((d->flags & desc_next) == 0)
        break;
    }
    constexpr u64 most = u64{1} << 32;
    return made.readable() + made.writable() <= most ? maybe<chain>(made) : maybe<chain>();
  }

private:
  [[nodiscard]] maybe<descriptor> take(u16 number) {
    if (number >= entries_ || left_ == 0)
      return {};
    --left_;
    return memory_.load<descriptor>(table_ + u64{number} * sizeof(descriptor));
  }
  /// What follows is in a table of its own.
  [[nodiscard]] bool enter(const descriptor &d) {
    if (!indirect_ || (d.flags & desc_next) != 0 || d.length == 0 || d.length % sizeof(descriptor) != 0 ||
        !memory_.contains(gpa{d.address}, d.length))
      return false;
    indirect_ = false; // no table within a table
    table_ = gpa{d.address};
    entries_ = d.length / sizeof(descriptor);
    ++left_; // the descriptor that led here holds no bytes
    return true;
  }

  const guest_access &memory_;
  gpa table_;
  u64 entries_;
  u64 left_;
  bool indirect_;
};

} // namespace hvkit::device::virtio
