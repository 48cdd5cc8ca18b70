// SPDX-License-Identifier: BSL-1.0
// Decides how a hart remembers translations: direct-mapped, one bank for each translation context, precise.
#pragma once

#include <array>
#include <cstdint>

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/core/context.hpp>

namespace hvkit::hardware {

/// A page: `tag` is its address. If its bytes may be reached at once, the byte at guest address a lies at host address
/// a + distance. If they may not, the tag holds `indirect` too, which no access matches, and a + distance is the
/// hardware's physical address: the walk is saved, and nothing else.
struct tlb_entry {
  static constexpr u64 empty = ~u64{0};
  static constexpr u64 indirect = frame_size / 2;
  u64 tag = empty;
  std::uintptr_t distance = 0;

  [[nodiscard]] u8 *host(gva at) const noexcept { return reinterpret_cast<u8 *>(at.value + distance); }
};

/// The pages of one kind of access.
class tlb_side {
public:
  static constexpr std::size_t size = 256;

  /// Where the page of `at` is held, if it is; what is there may be another's, or empty.
  [[nodiscard]] const tlb_entry &slot(gva at) const noexcept { return entries_[index(at)]; }

  /// The page of an aligned T at `at`, or null. One compare decides both page and alignment.
  template <class T> [[nodiscard]] const tlb_entry *page_of(gva at) const noexcept {
    const tlb_entry &e = slot(at);
    return e.tag == (at.value & ~(frame_size - sizeof(T))) ? &e : nullptr;
  }
  /// The host's pointer to it, or null.
  template <class T> [[nodiscard]] u8 *find(gva at) const noexcept {
    const tlb_entry *e = page_of<T>(at);
    return e != nullptr ? e->host(at) : nullptr;
  }
  /// Where `at` lies, if its page is remembered as one that cannot be reached at once.
  [[nodiscard]] maybe<hpa> find_indirect(gva at) const noexcept {
    const tlb_entry &e = slot(at);
    return e.tag == (frame_base(at.value) | tlb_entry::indirect) ? maybe<hpa>(hpa{at.value + e.distance})
                                                                 : maybe<hpa>();
  }
  void fill(gva at, u8 *host_page) noexcept { put(at, 0, reinterpret_cast<std::uintptr_t>(host_page)); }
  void fill_indirect(gva at, hpa frame) noexcept { put(at, tlb_entry::indirect, frame.value); }
  void clear() noexcept {
    each_filled([](tlb_entry &e) { e.tag = tlb_entry::empty; });
    fills_ = 0;
  }
  /// Forgets every page that lies at `host_page`.
  void drop(const u8 *host_page) noexcept {
    each_filled([&](tlb_entry &e) {
      if ((e.tag & tlb_entry::indirect) == 0 && e.host(gva{e.tag}) == host_page)
        e.tag = tlb_entry::empty;
    });
  }

  /// Forgets the page of `at`.
  void forget(gva at) noexcept {
    if (tlb_entry &e = entries_[index(at)]; (e.tag & ~tlb_entry::indirect) == frame_base(at.value))
      e.tag = tlb_entry::empty;
  }

private:
  [[nodiscard]] static std::size_t index(gva at) noexcept { return (at.value >> frame_bits) % size; }
  void put(gva at, u64 mark, std::uintptr_t to) noexcept {
    tlb_entry &e = entries_[index(at)];
    if (e.tag == tlb_entry::empty && fills_ <= filled_.size()) {
      if (fills_ < filled_.size())
        filled_[fills_] = static_cast<u8>(index(at));
      ++fills_;
    }
    e = {frame_base(at.value) | mark, to - frame_base(at.value)};
  }
  /// Calls `f` with every entry that may hold something.
  template <class F> void each_filled(F f) noexcept {
    if (fills_ > filled_.size())
      for (tlb_entry &e : entries_)
        f(e);
    else
      for (u32 i = 0; i < fills_; ++i)
        f(entries_[filled_[i]]);
  }

  std::array<tlb_entry, size> entries_{};
  // Flushes are frequent where little is touched between them: then only these entries need be looked at.
  std::array<u8, 32> filled_{}; ///< the first that were filled since all were empty
  u32 fills_ = 0;               ///< how many there were; one more than that array holds stands for all
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
    for (std::size_t i = 0; i < banks; ++i)
      if (keys_[i] == key && banks_[i].used)
        return banks_[i];
    next_ = (next_ + 1) % banks;
    if (&banks_[next_] == keep)
      next_ = (next_ + 1) % banks;
    tlb_bank &b = banks_[next_];
    b.clear();
    b.key = keys_[next_] = key;
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

  std::array<context_key, banks> keys_{}; ///< of the banks: close together, since they are compared often
  std::array<tlb_bank, banks> banks_{};
  std::size_t next_ = 0;
  u64 last_stamp_ = 0;
};

} // namespace hvkit::hardware
