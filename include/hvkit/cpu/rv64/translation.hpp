// SPDX-License-Identifier: BSL-1.0
// Decides how a virtual address becomes a physical one: Sv39, under it Sv39x4, and which mode's rights count.
// Source: The RISC-V Instruction Set Manual, Volume II, "Sv39: Page-Based 39-bit Virtual-Memory System", "Two-Stage
// Address Translation".
//
//   satp.PPN -> [ table, level 2 ] --VPN[2]--> [ table, level 1 ] --VPN[1]--> [ table, level 0 ] --VPN[0]--> page
//                  1 GiB leaves                   2 MiB leaves                   4 KiB leaves
//
// For a guest (V is 1) the first stage has vsatp for satp, and what it gives is guest-physical: each place of its three
// entries, and the page, goes through such a walk from hgatp. 3 * 3 + 3 + 3 = 15 references.
#pragma once

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/cpu/rv64/csr_hypervisor.hpp>
#include <hvkit/cpu/rv64/hypervisor.hpp>
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

/// The format of the second stage: two bits wider, by a root of four frames. Its leaves are all for user mode, as
/// `leaf_to` makes them. "Guest Physical Address Translation".
struct sv39x4 : sv39 {
  static constexpr unsigned address_width = 41;
  static constexpr u64 root_size = 4 * frame_size;

  [[nodiscard]] static constexpr u64 index(gva at, unsigned level) noexcept {
    return (at.value >> shift(level)) & low_bits(level == levels - 1 ? index_bits + 2 : index_bits);
  }
  /// Addresses are not sign-extended.
  [[nodiscard]] static constexpr bool canonical(gva at) noexcept { return at.value <= low_bits(address_width); }
};

/// Where an access goes.
struct translation {
  gpa address{};
  /// The whole 4 KiB page around it is mapped alike and has these rights for this kind of access.
  bool whole_page = false;
  /// Of the first stage's leaf that maps it, whose other addresses it maps alike; `sv39::levels` where no table is in
  /// force.
  unsigned level = sv39::levels;
};

/// Nobody is told of the entries a walk reads.
struct unobserved {
  constexpr void operator()(unsigned, gpa, u64) const noexcept {}
};
/// Added to the level of an entry of the second stage.
inline constexpr unsigned second_stage = 8;

/// Mixed into a machine `D` that has `system()`, `raise`, `ram_load`, `update_entry`, the PMP and the H extension's
/// unit.
template <class D, bool HardwareAd, bool Hypervisor = false> struct translation_unit {
  /// The mode whose rights an access has: MPRV lends loads and stores of M mode the rights of MPP; those of HLV, HLVX
  /// and HSV have what hstatus.SPVP says.
  [[nodiscard]] constexpr u64 effective_mode(access a) const {
    const auto &s = self().system();
    const u64 mode = s.get(fields::mode);
    if constexpr (Hypervisor)
      if (a != access::fetch && self().borrows())
        return s.get(fields::hypervisor::spvp);
    return a != access::fetch && mode == privilege::machine && s.get(fields::status::mprv) != 0
               ? s.get(fields::status::mpp)
               : mode;
  }

  /// Translates the first byte of an access of `size` bytes that crosses no page, or raises its trap. `observe` is told
  /// level, place and content of each table entry read; of the second stage, level + `second_stage`.
  template <class Observer = unobserved>
  [[nodiscard]] constexpr maybe<translation> translate(gva at, access a, u64 size, Observer observe = {}) {
    const u64 mode = effective_mode(a);
    const bool guest = self().of_guest(a);
    const u64 root = self().system().get(guest ? virtual_twin(w_satp) : u16{w_satp});
    found to{gpa{at.value}, sv39::levels};
    if (mode != privilege::machine && root >> 60 == csrs::satp_sv39) {
      const auto walked = walk(first<Observer>{*this, observe, at, a, mode, guest}, at, root);
      if (!walked)
        return {};
      to = *walked;
    }
    if constexpr (Hypervisor)
      if (guest) {
        const auto walked = walk_second({at, a, to.address, a, 0, executes(a)}, observe);
        if (!walked)
          return {};
        to.address = *walked;
      }
    const auto whole = self().pmp_check(gpa{frame_base(to.address.value)}, frame_size, a, mode);
    if (whole.uniform ? whole.allowed : self().pmp_check(to.address, size, a, mode).allowed)
      return translation{to.address, whole.uniform, to.level};
    refuse(cause::access_fault(a), at, guest);
    return {};
  }
  /// Whether each of the `size` bytes at `at` may be accessed so, page tables aside, and for the same reason.
  [[nodiscard]] constexpr bool permits_physical(gpa at, u64 size, access a) const {
    const auto all = self().pmp_check(at, size, a, effective_mode(a));
    return all.uniform && all.allowed;
  }

  /// An entry of that level, as `observe` is told it, is one of the guest's own tables.
  [[nodiscard]] constexpr bool is_guests_table(unsigned level) const requires Hypervisor {
    return self().virtual_mode() && level < second_stage;
  }

private:
  struct found {
    gpa address{};
    unsigned level = 0;
  };
  /// What the second stage is asked for: by a program's access, or by the first stage's walk for it.
  struct request {
    gva at{};                 ///< of the program's access
    access by = access::load; ///< its kind
    gpa address{};            ///< to be translated
    access why = access::load;
    u64 instruction = 0;   ///< what tells of a walk's own access
    bool executes = false; ///< the right to execute counts in place of the right to read
  };

  /// The first stage of an access.
  template <class Observer> struct first {
    using format = sv39;
    translation_unit &unit;
    Observer &observe;
    gva at{};
    access by = access::load;
    u64 mode = 0;
    bool guest = false;

    constexpr void told(unsigned level, gpa place, u64 entry) const { observe(level, place, entry); }
    constexpr void no_page() const { unit.refuse(cause::page_fault(by), at, guest); }
    /// Where an entry is that is read, or gets its marks.
    [[nodiscard]] constexpr maybe<gpa> reach(gpa place, access why) const {
      if constexpr (Hypervisor)
        if (guest)
          return unit.walk_second({at, by, place, why, why == access::store ? walk_write : walk_read, false}, observe);
      return place;
    }
    [[nodiscard]] constexpr access why() const { return by; }
    [[nodiscard]] constexpr bool permits(u64 entry) const {
      const auto &s = unit.self().system();
      const bool user_page = (entry & sv39::u) != 0;
      const isa::field sum = guest ? fields::in_vsstatus(fields::status::sum) : fields::status::sum;
      if (mode == privilege::user ? !user_page : user_page && (by == access::fetch || s.get(sum) == 0))
        return false;
      const bool readable =
          s.get(fields::status::mxr) != 0 || (guest && s.get(fields::in_vsstatus(fields::status::mxr)) != 0);
      return grants(entry, by, readable, Hypervisor && unit.executes(by));
    }
  };
  /// The second stage: its tables lie where they say, and all its pages are for user mode.
  template <class Observer> struct second {
    using format = sv39x4;
    translation_unit &unit;
    Observer &observe;
    request asked;
    gva at = asked.at;
    access by = asked.by;
    static constexpr bool guest = true;

    constexpr void told(unsigned level, gpa place, u64 entry) const { observe(level + second_stage, place, entry); }
    constexpr void no_page() const {
      unit.self().set_details({asked.address, asked.instruction, true});
      unit.self().raise({cause::guest_page_fault(by), at.value});
    }
    [[nodiscard]] constexpr maybe<gpa> reach(gpa place, access) const { return place; }
    [[nodiscard]] constexpr access why() const { return asked.why; }
    [[nodiscard]] constexpr bool permits(u64 entry) const {
      const bool readable = unit.self().system().get(fields::status::mxr) != 0;
      return (entry & sv39::u) != 0 && grants(entry, asked.why, readable, asked.executes);
    }
  };
  template <class Observer> [[nodiscard]] constexpr maybe<gpa> walk_second(const request &asked, Observer &observe) {
    const u64 root = self().system().get(w_hgatp);
    if (root >> 60 == csrs::hgatp_bare)
      return asked.address;
    const auto walked = walk(second<Observer>{*this, observe, asked}, gva{asked.address.value}, root & csrs::hgatp_ppn);
    return walked ? maybe<gpa>(walked->address) : maybe<gpa>();
  }

  /// Walks one stage for the address `of`, from the root that the low bits of `root` name.
  template <class Stage> [[nodiscard]] constexpr maybe<found> walk(const Stage &stage, gva of, u64 root) {
    using format = typename Stage::format;
    if (!format::canonical(of))
      return no_page(stage);
    u64 table = (root & low_bits(44)) << frame_bits;
    for (unsigned level = format::levels; level-- > 0;) {
      const gpa named{table + format::index(of, level) * format::entry_size};
      const maybe<gpa> place = stage.reach(named, access::load);
      if (!place)
        return {};
      if (!self().pmp_check(*place, format::entry_size, access::load, privilege::supervisor).allowed)
        return no_access(stage);
      const maybe<u64> entry = self().template ram_load<u64>(*place);
      if (!entry)
        return no_access(stage);
      stage.told(level, *place, *entry);
      if (!format::is_valid(*entry) || (*entry & (format::r | format::w)) == format::w ||
          (*entry & format::reserved) != 0)
        return no_page(stage);
      if (format::is_leaf(*entry))
        return leaf(stage, of, level, named, *entry);
      if ((*entry & (format::u | format::a | format::d)) != 0) // reserved in a pointer
        return no_page(stage);
      table = format::target(*entry);
    }
    return no_page(stage);
  }

  template <class Stage>
  [[nodiscard]] constexpr maybe<found> leaf(const Stage &stage, gva of, unsigned level, gpa named, u64 entry) {
    const u64 below = low_bits(sv39::shift(level));
    if (!stage.permits(entry) || (sv39::target(entry) & below) != 0) // a superpage must be aligned
      return no_page(stage);
    const u64 marks = sv39::a | (stage.why() == access::store ? sv39::d : 0);
    if ((entry & marks) != marks) {
      if (!HardwareAd)
        return no_page(stage);
      const maybe<gpa> place = stage.reach(named, access::store);
      if (!place)
        return {};
      if (!self().pmp_check(*place, sv39::entry_size, access::store, privilege::supervisor).allowed)
        return no_access(stage);
      self().update_entry(*place, entry | marks);
    }
    return found{gpa{sv39::target(entry) | (of.value & below)}, level};
  }

  [[nodiscard]] static constexpr bool grants(u64 entry, access a, bool executable_is_readable, bool executes) {
    if (a == access::fetch || executes)
      return (entry & sv39::x) != 0;
    if (a == access::store)
      return (entry & sv39::w) != 0;
    return (entry & sv39::r) != 0 || ((entry & sv39::x) != 0 && executable_is_readable);
  }
  /// HLVX, whose loads ask for the right to execute.
  [[nodiscard]] constexpr bool executes(access a) const {
    if constexpr (Hypervisor)
      return a == access::load && self().borrows_execution();
    return false;
  }

  template <class Stage> constexpr maybe<found> no_page(const Stage &stage) {
    stage.no_page();
    return {};
  }
  template <class Stage> constexpr maybe<found> no_access(const Stage &stage) {
    refuse(cause::access_fault(stage.by), stage.at, stage.guest);
    return {};
  }
  constexpr void refuse(u64 number, gva at, bool guest) {
    if constexpr (Hypervisor)
      self().set_details({{}, 0, guest});
    self().raise({number, at.value});
  }
  [[nodiscard]] constexpr D &self() { return static_cast<D &>(*this); }
  [[nodiscard]] constexpr const D &self() const { return static_cast<const D &>(*this); }
};

} // namespace hvkit::cpu::riscv
