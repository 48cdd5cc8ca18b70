// SPDX-License-Identifier: BSL-1.0
// Decides how a load, store, fetch or atomic update of any width goes through translation to memory or to a device.
#pragma once

#include <array>
#include <bit>
#include <cstring>

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>

namespace hvkit::hardware {

/// Mixed into a machine `D`, which supplies `locate(gva, access, size)` (translation, told to whoever caches it),
/// `physical_load<T>`, `physical_store<T>`, `ram_load<T>` and `raise_access_fault`. This is the slow, complete path;
/// a hart puts a TLB before it.
template <class D> struct memory_unit {
  template <class T> [[nodiscard]] maybe<T> load(gva at) {
    if (crosses(at, sizeof(T)))
      return load_across<T>(at);
    const auto where = self().locate(at, access::load, sizeof(T));
    if (!where)
      return {};
    const maybe<T> value = self().template physical_load<T>(where->address);
    if (!value)
      self().raise_access_fault(access::load, at);
    return value;
  }

  template <class T> [[nodiscard]] bool store(gva at, T value) {
    if (crosses(at, sizeof(T)))
      return store_across<T>(at, value);
    const auto where = self().locate(at, access::store, sizeof(T));
    if (!where)
      return false;
    if (self().template physical_store<T>(where->address, value))
      return true;
    self().raise_access_fault(access::store, at);
    return false;
  }

  /// Replaces the T at `at` (aligned) by `change(old)` and returns the old one. All faults are those of a store.
  template <class T, class F> [[nodiscard]] maybe<T> update(gva at, F change) {
    const auto where = self().locate(at, access::store, sizeof(T));
    if (!where)
      return {};
    const maybe<T> old = self().template physical_load<T>(where->address);
    if (old && self().template physical_store<T>(where->address, change(*old)))
      return old;
    self().raise_access_fault(access::store, at);
    return {};
  }

  /// `at` is aligned to T. Code is fetched from memory only: a device must not see it.
  template <class T> [[nodiscard]] maybe<T> fetch(gva at) {
    const auto where = self().locate(at, access::fetch, sizeof(T));
    if (!where)
      return {};
    const maybe<T> code = self().template ram_load<T>(where->address);
    if (!code)
      self().raise_access_fault(access::fetch, at);
    return code;
  }

private:
  [[nodiscard]] static constexpr bool crosses(gva at, u64 size) noexcept {
    return frame_offset(at.value) + size > frame_size;
  }

  /// Both pages are translated before the first byte is touched. Only memory is reached this way.
  template <class T> [[nodiscard]] maybe<T> load_across(gva at) {
    const u64 first = frame_size - frame_offset(at.value);
    const auto low = self().locate(at, access::load, first);
    if (!low)
      return {};
    const auto high = self().locate(at + first, access::load, sizeof(T) - first);
    if (!high)
      return {};
    std::array<u8, sizeof(T)> bytes{};
    for (u64 i = 0; i < sizeof(T); ++i) {
      const gpa from = i < first ? low->address + i : high->address + (i - first);
      const maybe<u8> byte = self().template ram_load<u8>(from);
      if (!byte) {
        self().raise_access_fault(access::load, i < first ? at : at + first);
        return {};
      }
      bytes[i] = *byte;
    }
    return std::bit_cast<T>(bytes);
  }

  template <class T> [[nodiscard]] bool store_across(gva at, T value) {
    const u64 first = frame_size - frame_offset(at.value);
    const auto low = self().locate(at, access::store, first);
    if (!low)
      return false;
    const auto high = self().locate(at + first, access::store, sizeof(T) - first);
    if (!high)
      return false;
    const bool low_is_ram = self().template ram_load<u8>(low->address).has_value();
    if (!low_is_ram || !self().template ram_load<u8>(high->address)) {
      self().raise_access_fault(access::store, low_is_ram ? at + first : at);
      return false;
    }
    const auto bytes = std::bit_cast<std::array<u8, sizeof(T)>>(value);
    for (u64 i = 0; i < sizeof(T); ++i)
      static_cast<void>(
          self().template physical_store<u8>(i < first ? low->address + i : high->address + (i - first), bytes[i]));
    return true;
  }

  [[nodiscard]] D &self() { return static_cast<D &>(*this); }
};

} // namespace hvkit::hardware
