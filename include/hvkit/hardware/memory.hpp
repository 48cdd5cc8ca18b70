// SPDX-License-Identifier: BSL-1.0
// Decides how the hardware's physical memory is held, and who is told when a byte of it changes.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>

namespace hvkit::hardware {

/// What is remembered of a frame, so that writes to it must be told. A set of flags.
enum class remembered : u8 {
  nothing = 0,
  code = 1,   ///< decoded instructions
  tables = 2, ///< translations that a walk through it gave
  watched = 4 ///< somebody outside the CPU wants to know each write
};
[[nodiscard]] constexpr remembered operator|(remembered a, remembered b) noexcept {
  return static_cast<remembered>(static_cast<u8>(a) | static_cast<u8>(b));
}
/// Whether the two sets have something in common.
[[nodiscard]] constexpr bool has(remembered set, remembered one) noexcept {
  return (static_cast<u8>(set) & static_cast<u8>(one)) != 0;
}

/// Is told after bytes of a frame changed about which something is remembered; [at, at + size) is inside the frame.
struct memory_listener {
  virtual ~memory_listener() = default;
  /// `what` is all that is remembered of the frame; whoever forgets it says so by `physical_memory::forget`.
  virtual void written(hpa at, u64 size, remembered what) = 0;
};

/// Physical memory: one range of host-physical addresses, in frames of 4 KiB. Bytes are little-endian, as the host's.
class physical_memory {
public:
  /// The range is widened to whole frames. The host gives pages when they are first touched; all bytes
  /// start as 0. Throws std::bad_alloc if the host has no such range of addresses, or if it would wrap at 2^64.
  physical_memory(hpa base, u64 size)
      : base_(frame_base(base.value)), size_(whole_frames(base.value, size)),
        bytes_(static_cast<u8 *>(std::calloc(size_ / frame_size, frame_size))), flags_(size_ / frame_size) {
    if (!bytes_)
      throw std::bad_alloc();
  }

  [[nodiscard]] hpa base() const noexcept { return hpa{base_}; }
  [[nodiscard]] u64 size() const noexcept { return size_; }
  /// Whether all of [at, at + size) is memory.
  [[nodiscard]] bool contains(hpa at, u64 size) const noexcept {
    const u64 offset = at.value - base_;
    return offset < size_ && size <= size_ - offset;
  }
  /// The host's pointer to a byte; `contains(at, 1)` must hold. What is written through it, nobody is told.
  [[nodiscard]] u8 *host(hpa at) const noexcept { return bytes_.get() + (at.value - base_); }

  /// Which address a pointer from `host` belongs to.
  [[nodiscard]] hpa address_of(const u8 *host) const noexcept {
    return hpa{base_ + static_cast<u64>(host - bytes_.get())};
  }

  /// A T from any address, aligned or not; nothing where not all of it is memory.
  template <class T> [[nodiscard]] maybe<T> load(hpa at) const noexcept {
    if (!contains(at, sizeof(T)))
      return {};
    T value;
    std::memcpy(&value, host(at), sizeof(T));
    return value;
  }
  /// Stores and tells whoever remembers something of the frame.
  template <class T> [[nodiscard]] bool store(hpa at, T value) {
    if (!contains(at, sizeof(T)))
      return false;
    std::memcpy(host(at), &value, sizeof(T));
    changed(at, sizeof(T));
    return true;
  }
  /// Copies bytes in, as a device by DMA does. All or nothing.
  [[nodiscard]] bool write(hpa at, const void *from, u64 size) {
    if (!contains(at, size))
      return false;
    if (size == 0)
      return true;
    std::memcpy(host(at), from, size);
    changed(at, size);
    return true;
  }
  /// Copies bytes out. All or nothing.
  [[nodiscard]] bool read(hpa at, void *to, u64 size) const {
    if (!contains(at, size))
      return false;
    if (size != 0)
      std::memcpy(to, host(at), size);
    return true;
  }

  /// What is remembered of the frame at `at`, which must be memory; and to add to it, to take away from it.
  [[nodiscard]] remembered flags(hpa at) const noexcept { return flags_[frame_of(at)]; }
  void remember(hpa at, remembered what) noexcept { flags_[frame_of(at)] = flags_[frame_of(at)] | what; }
  void forget(hpa at, remembered what) noexcept {
    flags_[frame_of(at)] = static_cast<remembered>(static_cast<u8>(flags_[frame_of(at)]) & ~static_cast<u8>(what));
  }

  /// Listeners must outlive their registration.
  void add(memory_listener &l) { listeners_.push_back(&l); }
  void remove(const memory_listener &l) { std::erase(listeners_, &l); }

  /// Bytes in [at, at + size) changed behind the memory's back: tells whom it concerns, frame by frame.
  void changed(hpa at, u64 size) {
    for (u64 n = 0; size != 0; at = at + n, size -= n) {
      n = std::min(size, frame_size - frame_offset(at.value));
      if (const remembered what = flags(at); what != remembered::nothing)
        tell(at, n, what);
    }
  }

private:
  struct free_memory {
    void operator()(u8 *p) const noexcept { std::free(p); }
  };
  [[nodiscard]] static u64 whole_frames(u64 base, u64 size) {
    const u64 most = ~frame_base(base) - (frame_size - 1); // the last frame of all is left out: ends are addresses too
    const u64 before = frame_offset(base);
    if (before > most || size > most - before)
      throw std::bad_alloc();
    return (before + size + frame_size - 1) & ~(frame_size - 1);
  }
  [[nodiscard]] std::size_t frame_of(hpa at) const noexcept { return (at.value - base_) >> frame_bits; }
  void tell(hpa at, u64 size, remembered what) {
    for (memory_listener *l : listeners_)
      l->written(at, size, what);
  }

  u64 base_;
  u64 size_;
  std::unique_ptr<u8, free_memory> bytes_;
  std::vector<remembered> flags_;
  std::vector<memory_listener *> listeners_;
};

} // namespace hvkit::hardware
