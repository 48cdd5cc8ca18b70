// SPDX-License-Identifier: BSL-1.0
// Decides how a virtual address becomes a physical one: Sv39, and which mode's rights count.
// Source: The RISC-V Instruction Set Manual, Volume II, "Sv39: Page-Based 39-bit Virtual-Memory System".
//
//   satp.PPN -> [ table, level 2 ] --VPN[2]--> [ table, level 1 ] --VPN[1]--> [ table, level 0 ] --VPN[0]--> page
//                  1 GiB leaves                   2 MiB leaves                   4 KiB leaves
#pragma once

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/cpu/rv64/csr.hpp>
#include <hvkit/cpu/rv64/protection.hpp>

namespace hvkit::cpu::riscv {

/// The page-table format, for the walker here and for whoever builds tables.
struct sv39 {
  static constexpr unsigned levels = 3;
  static constexpr unsigned index_bits = 9;
  static constexpr u64 entry_size = 8;
  static constexpr unsigned address_width = 39;

  static constexpr u64 v = bit(0), r = bit(1), w = bit(2), x = bit(3), u = bit(4), g = bit(5), a = bit(6), d = bit(7);
  static constexpr u64 ppn_mask = low_bits(44) << 10;
  static constexpr u64 reserved = low_bits(10) << 54; ///< N, PBMT and the bits above PPN: none of those extensions

  [[nodiscard]] static constexpr unsigned shift(unsigned level) noexcept { return frame_bits + index_bits * level; }
  [[nodiscard]] static constexpr u64 index(gva at, unsigned level) noexcept {
    return (at.value >> shift(level)) & low_bits(index_bits);
  }
  [[nodiscard]] static constexpr u64 target(u64 entry) noexcept { return ((entry & ppn_mask) >> 10) << frame_bits; }
  [[nodiscard]] static constexpr bool is_leaf(u64 entry) noexcept { return (entry & (r | w | x)) != 0; }
  [[nodiscard]] static constexpr bool is_valid(u64 entry) noexcept { return (entry & v) != 0; }
  [[nodiscard]] static constexpr u64 pointer_to(u64 frame) noexcept { return (frame >> frame_bits) << 10 | v; }
  /// A leaf for user mode with A and D set already, so that the hardware never writes it.
  [[nodiscard]] static constexpr u64 leaf_to(u64 frame, bool read, bool write, bool execute) noexcept {
    return (frame >> frame_bits) << 10 | v | u | a | d | (read ? r : 0) | (write ? w : 0) | (execute ? x : 0);
  }
  [[nodiscard]] static constexpr bool is_writable(u64 entry) noexcept { return (entry & w) != 0; }
  [[nodiscard]] static constexpr u64 without_write(u64 entry) noexcept { return entry & ~w; }
  /// Whatever is remembered of the entry `was` is right by `now`, too: it leads to the same place and has no right and
  /// no mark less. Bits that translate nothing (global, and those for software) may differ.
  [[nodiscard]] static constexpr bool widens(u64 was, u64 now) noexcept {
    constexpr u64 rights = r | w | x | a | d, idle = g | bit(8) | bit(9);
    if (!is_valid(was))
      return true;
    const u64 may_differ = idle | (is_leaf(was) ? rights : 0);
    return ((was ^ now) & ~may_differ) == 0 && (was & ~now & rights) == 0 && (now & (r | w)) != w;
  }
  /// Addresses are sign-extended from bit 38.
  [[nodiscard]] static constexpr bool canonical(gva at) noexcept {
    return sign_extend(at.value, address_width) == at.value;
  }
};

/// Where an access goes.
struct translation {
  gpa address{};
  /// The whole 4 KiB page around it is mapped alike and has these rights for this kind of access.
  bool whole_page = false;
  /// Of the leaf that maps it, whose other addresses it maps alike; `sv39::levels` where no table is in force.
  unsigned level = sv39::levels;
};

/// Nobody is told of the entries a walk reads.
struct unobserved {
  constexpr void operator()(unsigned, gpa, u64) const noexcept {}
};

/// Mixed into a machine `D` that has `system()`, `raise`, `ram_load`, `update_entry` and the PMP.
template <class D, bool HardwareAd> struct translation_unit {
  /// The mode whose rights an access has: MPRV lends loads and stores of M mode the rights of MPP.
  [[nodiscard]] constexpr u64 effective_mode(access a) const {
    const auto &s = self().system();
    const u64 mode = s.get(fields::mode);
    return a != access::fetch && mode == privilege::machine && s.get(fields::status::mprv) != 0
               ? s.get(fields::status::mpp)
               : mode;
  }

  /// Translates the first byte of an access of `size` bytes that crosses no page, or raises its trap. `observe` is told
  /// level, place and content of each table entry read.
  template <class Observer = unobserved>
  [[nodiscard]] constexpr maybe<translation> translate(gva at, access a, u64 size, Observer observe = {}) {
    const u64 mode = effective_mode(a);
    gpa physical{at.value};
    unsigned level = sv39::levels;
    if (mode != privilege::machine && self().system().get(w_satp) >> 60 == csrs::satp_sv39) {
      const auto walked = walk(at, a, mode, observe);
      if (!walked)
        return {};
      physical = walked->address;
      level = walked->level;
    }
    const auto whole = self().pmp_check(gpa{frame_base(physical.value)}, frame_size, a, mode);
    if (whole.uniform ? whole.allowed : self().pmp_check(physical, size, a, mode).allowed)
      return translation{physical, whole.uniform, level};
    self().raise({cause::access_fault(a), at.value});
    return {};
  }
  /// Whether each of the `size` bytes at `at` may be accessed so, page tables aside, and for the same reason.
  [[nodiscard]] constexpr bool permits_physical(gpa at, u64 size, access a) const {
    const auto all = self().pmp_check(at, size, a, effective_mode(a));
    return all.uniform && all.allowed;
  }

private:
  struct found {
    gpa address{};
    unsigned level = 0;
  };
  template <class Observer> [[nodiscard]] constexpr maybe<found> walk(gva at, access a, u64 mode, Observer &observe) {
    if (!sv39::canonical(at))
      return fault(cause::page_fault(a), at);
    u64 table = (self().system().get(w_satp) & low_bits(44)) << frame_bits;
    for (unsigned level = sv39::levels; level-- > 0;) {
      const gpa place{table + sv39::index(at, level) * sv39::entry_size};
      if (!self().pmp_check(place, sv39::entry_size, access::load, privilege::supervisor).allowed)
        return fault(cause::access_fault(a), at);
      const maybe<u64> entry = self().template ram_load<u64>(place);
      if (!entry)
        return fault(cause::access_fault(a), at);
      observe(level, place, *entry);
      if (!sv39::is_valid(*entry) || (*entry & (sv39::r | sv39::w)) == sv39::w || (*entry & sv39::reserved) != 0)
        return fault(cause::page_fault(a), at);
      if (sv39::is_leaf(*entry))
        return leaf(at, a, mode, level, place, *entry);
      if ((*entry & (sv39::u | sv39::a | sv39::d)) != 0) // reserved in a pointer
        return fault(cause::page_fault(a), at);
      table = sv39::target(*entry);
    }
    return fault(cause::page_fault(a), at);
  }

  [[nodiscard]] constexpr maybe<found> leaf(gva at, access a, u64 mode, unsigned level, gpa place, u64 entry) {
    const u64 below = low_bits(sv39::shift(level));
    if (!permits(entry, a, mode) || (sv39::target(entry) & below) != 0) // a superpage must be aligned
      return fault(cause::page_fault(a), at);
    const u64 marks = sv39::a | (a == access::store ? sv39::d : 0);
    if ((entry & marks) != marks) {
      if (!HardwareAd)
        return fault(cause::page_fault(a), at);
      if (!self().pmp_check(place, sv39::entry_size, access::store, privilege::supervisor).allowed)
        return fault(cause::access_fault(a), at);
      self().update_entry(place, entry | marks);
    }
    return found{gpa{sv39::target(entry) | (at.value & below)}, level};
  }

  [[nodiscard]] constexpr bool permits(u64 entry, access a, u64 mode) const {
    const auto &s = self().system();
    const bool user_page = (entry & sv39::u) != 0;
    if (mode == privilege::user ? !user_page : user_page && (a == access::fetch || s.get(fields::status::sum) == 0))
      return false;
    if (a == access::fetch)
      return (entry & sv39::x) != 0;
    if (a == access::store)
      return (entry & sv39::w) != 0;
    return (entry & sv39::r) != 0 || ((entry & sv39::x) != 0 && s.get(fields::status::mxr) != 0);
  }

  constexpr maybe<found> fault(u64 number, gva at) {
    self().raise({number, at.value});
    return {};
  }
  [[nodiscard]] constexpr D &self() { return static_cast<D &>(*this); }
  [[nodiscard]] constexpr const D &self() const { return static_cast<const D &>(*this); }
};

} // namespace hvkit::cpu::riscv
