// SPDX-License-Identifier: BSL-1.0
// Decides how a hart remembers translations: direct-mapped, one bank for each translation context, precise.
#pragma once

#include <array>
#include <cstdint>

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/core/context.hpp>

namespace hvkit::hardware {

/// A page whose bytes the host can reach directly: `tag` is its address, and the byte at guest address a lies at host
/// address a + distance.
struct tlb_entry {
  static constexpr u64 empty = ~u64{0};
  u64 tag = empty;
  std::uintptr_t distance = 0;

  [[nodiscard]] u8 *host(gva at) const noexcept { return reinterpret_cast<u8 *>(at.value + distance); }
};

/// The pages of one kind of access.
class tlb_side {
public:
  static constexpr std::size_t size = 256;

  [[nodiscard]] tlb_entry &slot(gva at) noexcept { return entries_[(at.value >> frame_bits) % size]; }

  /// The host's pointer to an aligned T at `at`, or null. One compare decides both page and alignment.
  template <class T> [[nodiscard]] u8 *find(gva at) noexcept {
    const tlb_entry &e = slot(at);
    return e.tag == (at.value & ~(frame_size - sizeof(T))) ? e.host(at) : nullptr;
  }
  void fill(gva at, u8 *host_page) noexcept {
    tlb_entry &e = slot(at);
    e.tag = frame_base(at.value);
    e.distance = reinterpret_cast<std::uintptr_t>(host_page) - e.tag;
  }
  void clear() noexcept {
    for (tlb_entry &e : entries_)
      e.tag = tlb_entry::empty;
  }
  /// Forgets every page that lies at `host_page`.
  void drop(const u8 *host_page) noexcept {
    for (tlb_entry &e : entries_)
      if (e.tag != tlb_entry::empty && e.host(gva{e.tag}) == host_page)
        e.tag = tlb_entry::empty;
  }

  /// Forgets the page of `at`.
  void forget(gva at) noexcept {
    if (tlb_entry &e = slot(at); e.tag == frame_base(at.value))
      e.tag = tlb_entry::empty;
  }

private:
  std::array<tlb_entry, size> entries_{};
};

/// The translations of one context.
struct tlb_bank {
  context_key key{};
  bool used = false;
  /// Stands beside what engines remember by address in this context, and changes when that is void. Never used twice.
  u64 stamp = 0;
  tlb_side load{}, store{}, fetch{};

  void clear() noexcept {
    load.clear();
    store.clear();
    fetch.clear();
  }
};

/// All translations a hart remembers. Switching contexts flushes nothing.
class tlb {
public:
  static constexpr std::size_t banks = 8;

  /// The bank of that context; if there is none yet it takes the place of another one in turn, but not of `keep`.
  [[nodiscard]] tlb_bank &select(const context_key &key, const tlb_bank *keep = nullptr) noexcept {
    for (tlb_bank &b : banks_)
      if (b.used && b.key == key)
        return b;
    next_ = (next_ + 1) % banks;
    if (&banks_[next_] == keep)
      next_ = (next_ + 1) % banks;
    tlb_bank &b = banks_[next_];
    b.clear();
    b.key = key;
    b.used = true;
    renew(b);
    return b;
  }
  /// Forgets everything. Banks already selected stay valid, and empty.
  void flush() noexcept {
    for (tlb_bank &b : banks_)
      if (b.used)
        b.clear();
  }
  /// Forgets the page of `at` in every context.
  void forget(gva at) noexcept {
    for (tlb_bank &b : banks_) {
      b.load.forget(at);
      b.store.forget(at);
      b.fetch.forget(at);
    }
  }
  /// No store may go to the frame at `host_page` unseen any more.
  void protect(const u8 *host_page) noexcept {
    for (tlb_bank &b : banks_)
      if (b.used)
        b.store.drop(host_page);
  }

  void renew_stamps() noexcept {
    for (tlb_bank &b : banks_)
      renew(b);
  }

private:
  void renew(tlb_bank &b) noexcept { b.stamp = ++last_stamp_; }

  std::array<tlb_bank, banks> banks_{};
  std::size_t next_ = 0;
  u64 last_stamp_ = 0;
};

} // namespace hvkit::hardware
