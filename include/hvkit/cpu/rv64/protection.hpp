// SPDX-License-Identifier: BSL-1.0
// Decides which physical addresses a mode may touch: the PMP unit. Knows nothing of virtual memory.
// Source: The RISC-V Instruction Set Manual, Volume II, "Physical Memory Protection".
#pragma once

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/cpu/rv64/state.hpp>

namespace hvkit::cpu::riscv {

/// Fields of a pmpcfg byte.
namespace pmp {
inline constexpr u8 r = 1, w = 2, x = 4, locked = 0x80;
inline constexpr unsigned off = 0, tor = 1, na4 = 2, napot = 3;
/// Field A of a pmpcfg byte, and the bit that an access needs. "Physical Memory Protection CSRs".
[[nodiscard]] constexpr unsigned matching(u8 cfg) noexcept { return (cfg >> 3) & 3U; }
[[nodiscard]] constexpr u8 right(access a) noexcept { return a == access::fetch ? x : a == access::load ? r : w; }
/// Bits of pmpaddr that exist: physical address bits [55:2].
inline constexpr u64 address_bits = low_bits(54);
/// Lets every mode do everything everywhere: one entry, over all addresses.
template <class SystemState> constexpr void open(SystemState &system) {
  system.set(w_pmpaddr, address_bits);
  system.set(w_pmpcfg0, napot << 3 | r | w | x);
}
} // namespace pmp

/// Mixed into a machine `D` that has `system()`.
template <class D> struct protection {
  /// What PMP says of a range of physical addresses.
  struct verdict {
    bool allowed = false;
    bool uniform = true; ///< the same answer holds for each byte of the range
  };

  /// Whether an access in `mode` to the `size` bytes at `at` is allowed. The lowest-numbered entry that matches any
  /// byte decides, and must match all of them.
  [[nodiscard]] constexpr verdict pmp_check(gpa at, u64 size, access a, u64 mode) const {
    const auto &s = self().system();
    if ((s.get(w_pmpcfg0) | s.get(w_pmpcfg2)) == 0)
      return {mode == privilege::machine, true};
    u64 previous = 0;
    for (unsigned i = 0; i < pmp_entries; ++i) {
      const u64 address = s.get(static_cast<u16>(w_pmpaddr + i));
      const auto cfg = static_cast<u8>(s.get(i < 8 ? w_pmpcfg0 : w_pmpcfg2) >> (8 * (i % 8)));
      const range r = range_of(cfg, address, previous);
      previous = address;
      if (r.empty || at.value > r.last || at.value + (size - 1) < r.first)
        continue;
      const bool all = at.value >= r.first && at.value + (size - 1) <= r.last;
      const bool binds = mode != privilege::machine || (cfg & pmp::locked) != 0;
      return {all && (!binds || (cfg & pmp::right(a)) != 0), all};
    }
    return {mode == privilege::machine, true};
  }

  /// A write to pmpcfg(2 * half): locked entries keep their byte; W without R is reserved and loses W.
  constexpr void write_pmpcfg(unsigned half, u64 value) {
    const auto word = static_cast<u16>(w_pmpcfg0 + half);
    const u64 old = self().system().get(word);
    u64 result = 0;
    for (unsigned i = 0; i < 8; ++i) {
      const auto was = static_cast<u8>(old >> (8 * i));
      auto now = static_cast<u8>((value >> (8 * i)) & 0x9f);
      if ((now & (pmp::r | pmp::w)) == pmp::w)
        now = static_cast<u8>(now & ~pmp::w);
      result |= u64{(was & pmp::locked) != 0 ? was : now} << (8 * i);
    }
    self().system().set(word, result);
  }

  /// A write to pmpaddr(n): ignored if the entry is locked, or if it is the base of a locked TOR entry.
  constexpr void write_pmpaddr(unsigned n, u64 value) {
    const bool next_locks =
        n + 1 < pmp_entries && (config(n + 1) & pmp::locked) != 0 && pmp::matching(config(n + 1)) == pmp::tor;
    if ((config(n) & pmp::locked) == 0 && !next_locks)
      self().system().set(static_cast<u16>(w_pmpaddr + n), value & pmp::address_bits);
  }

private:
  struct range {
    u64 first = 0;
    u64 last = 0; ///< included
    bool empty = true;
  };

  [[nodiscard]] static constexpr range range_of(u8 cfg, u64 address, u64 previous) {
    switch (pmp::matching(cfg)) {
    case pmp::tor:
      return previous < address ? range{previous << 2, (address << 2) - 1, false} : range{};
    case pmp::na4:
      return {address << 2, (address << 2) + 3, false};
    case pmp::napot: { // the position of the lowest 0 says how large: 8 bytes for none set, twice that for each 1
      const u64 ones = address ^ (address + 1);
      return {(address & ~ones) << 2, ((address | ones) << 2) + 3, false};
    }
    default:
      return {};
    }
  }

  [[nodiscard]] constexpr u8 config(unsigned n) const {
    return static_cast<u8>(self().system().get(n < 8 ? w_pmpcfg0 : w_pmpcfg2) >> (8 * (n % 8)));
  }
  [[nodiscard]] constexpr D &self() { return static_cast<D &>(*this); }
  [[nodiscard]] constexpr const D &self() const { return static_cast<const D &>(*this); }
};

} // namespace hvkit::cpu::riscv
