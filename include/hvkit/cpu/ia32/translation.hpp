// SPDX-License-Identifier: BSL-1.0
// Decides how a linear address becomes a physical one: two levels of 32-bit entries, pages of 4 KiB or 4 MiB.
// Source: Intel SDM, Volume 3, "32-Bit Paging".
//
//    31         22 21         12 11         0
//   [ directory   ][ table      ][ offset    ]
//        |               |
//   CR3 -> directory entry -> table entry -> page of 4 KiB
//               \-> page of 4 MiB, if PS and CR4.PSE
#pragma once

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/core/context.hpp>
#include <hvkit/cpu/ia32/causes.hpp>
#include <hvkit/cpu/ia32/state.hpp>

namespace hvkit::cpu::x86 {

/// Where an access goes.
struct translation {
  gpa address{};
  /// The whole page of 4 KiB around it is translated alike.
  bool whole_page = true;
};

/// Bits of a page-directory or page-table entry.
namespace page_entry {
inline constexpr u32 present = 1, writable = 2, user = 4, accessed = 1U << 5, dirty = 1U << 6, large = 1U << 7;
}

/// Whoever does not care which entries a walk reads.
struct unobserved {
  constexpr void operator()(unsigned, gpa, u64) const noexcept {}
};

template <class D> struct translation_unit {
  /// Translates for the privilege in force; raises the page fault if it must not be. An observer is told of each entry
  /// that was read: level, place, value.
  template <class Observer = unobserved>
  [[nodiscard]] constexpr maybe<translation> translate(gva a, access kind, u64, Observer observe = {}) {
    return translate_as(a, kind, self().system().get(fields::cpl) == 3, observe);
  }
  /// The same for an access of the given privilege: the processor's own accesses to tables are a supervisor's.
  template <class Observer = unobserved>
  [[nodiscard]] constexpr maybe<translation> translate_as(gva a, access kind, bool user, Observer observe = {}) {
    const auto linear = static_cast<u32>(a.value);
    if ((self().system().get(w_cr0) & cr0::pg) == 0)
      return translation{physical(linear)};
    return walk(linear, kind, user, observe);
  }

  /// What translations depend on. Equal keys translate alike as long as no table changes.
  [[nodiscard]] constexpr context_key translation_context(access) const {
    const auto &s = self().system();
    const u64 a20 = s.get(w_a20) & 1;
    if ((s.get(w_cr0) & cr0::pg) == 0)
      return {0, a20};
    const u64 user = s.get(fields::cpl) == 3 ? 1 : 0;
    const u64 wp = (s.get(w_cr0) & cr0::wp) != 0 ? 1 : 0;
    const u64 pse = (s.get(w_cr4) & cr4::pse) != 0 ? 1 : 0;
    return {s.get(w_cr3), a20 | 2 | user << 2 | wp << 3 | pse << 4};
  }

  /// A T at a linear address, by an access of the given privilege; it may cross pages.
  template <class T> [[nodiscard]] constexpr maybe<T> load_as(u32 linear, bool user) {
    u64 value = 0;
    for (unsigned i = 0; i < sizeof(T); ++i) {
      const auto where = translate_as(gva{linear + i}, access::load, user);
      if (!where)
        return {};
      value |= u64{byte_at(where->address)} << 8 * i;
    }
    return static_cast<T>(value);
  }
  /// All bytes are translated before the first one is stored.
  template <class T> [[nodiscard]] constexpr bool store_as(u32 linear, T value, bool user) {
    gpa places[sizeof(T)]{};
    for (unsigned i = 0; i < sizeof(T); ++i) {
      const auto where = translate_as(gva{linear + i}, access::store, user);
      if (!where)
        return false;
      places[i] = where->address;
    }
    for (unsigned i = 0; i < sizeof(T); ++i)
      static_cast<void>(self().template physical_store<u8>(places[i], static_cast<u8>(u64{value} >> 8 * i)));
    return true;
  }

private:
  template <class Observer> constexpr maybe<translation> walk(u32 linear, access kind, bool user, Observer &observe) {
    const auto &s = self().system();
    const gpa directory{(s.get(w_cr3) & 0xfffff000U) + (linear >> 22) * 4};
    const u32 top = entry(directory);
    observe(1, directory, top);
    if ((top & page_entry::present) == 0)
      return refuse(linear, kind, user, 0);
    if ((top & page_entry::large) != 0 && (s.get(w_cr4) & cr4::pse) != 0) {
      if (!permits(top, kind, user))
        return refuse(linear, kind, user, page_error::present);
      note(directory, top, kind, true);
      return translation{physical((top & 0xffc00000U) | (linear & 0x3fffffU))};
    }
    const gpa table{(top & 0xfffff000U) + (linear >> 12 & 0x3ffU) * 4};
    const u32 leaf = entry(table);
    observe(0, table, leaf);
    if ((leaf & page_entry::present) == 0)
      return refuse(linear, kind, user, 0);
    if (!permits(top & leaf, kind, user))
      return refuse(linear, kind, user, page_error::present);
    note(directory, top, kind, false);
    note(table, leaf, kind, true);
    return translation{physical((leaf & 0xfffff000U) | (linear & 0xfffU))};
  }
  /// A directory or table where there is no memory reads as nothing.
  [[nodiscard]] constexpr u32 entry(gpa at) const {
    const maybe<u32> value = self().template ram_load<u32>(gpa{physical(static_cast<u32>(at.value))});
    return value ? *value : 0;
  }
  [[nodiscard]] constexpr bool permits(u32 both, access kind, bool user) const {
    const bool writes = kind == access::store;
    if (user)
      return (both & page_entry::user) != 0 && (!writes || (both & page_entry::writable) != 0);
    return !writes || (both & page_entry::writable) != 0 || (self().system().get(w_cr0) & cr0::wp) == 0;
  }
  /// Accessed, and for a leaf that is written, dirty.
  constexpr void note(gpa at, u32 value, access kind, bool leaf) {
    const u32 then = value | page_entry::accessed | (leaf && kind == access::store ? page_entry::dirty : 0U);
    if (then != value)
      self().update_entry(physical(static_cast<u32>(at.value)), then);
  }
  constexpr maybe<translation> refuse(u32 linear, access kind, bool user, u32 code) {
    self().raise(exception(cause::page_fault,
                           code | (kind == access::store ? page_error::write : 0) | (user ? page_error::user : 0),
                           linear));
    return {};
  }
  [[nodiscard]] constexpr gpa physical(u32 address) const {
    return gpa{(self().system().get(w_a20) & 1) != 0 ? address : address & ~(1U << 20)};
  }
  [[nodiscard]] constexpr u8 byte_at(gpa at) {
    const maybe<u8> b = self().template physical_load<u8>(at);
    return b ? *b : u8{0xff};
  }
  [[nodiscard]] constexpr D &self() { return static_cast<D &>(*this); }
  [[nodiscard]] constexpr const D &self() const { return static_cast<const D &>(*this); }
};

} // namespace hvkit::cpu::x86
