// SPDX-License-Identifier: BSL-1.0
// Decides how a device reaches the guest's memory by itself. Knows neither the machine nor who else remembers its
// bytes.
#pragma once

#include <array>
#include <bit>
#include <span>

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>

namespace hvkit::device {

/// DMA: guest-physical memory as a device sees it. Only memory is reached, never a register of any device. What is
/// written is told to all who remember something of the frame: decoded code, translations, shadow tables.
struct guest_access {
  virtual ~guest_access() = default;
  /// Whether all of [at, at + size) is memory; also where at + size would wrap. Of no bytes at all: always.
  [[nodiscard]] virtual bool contains(gpa at, u64 size) const = 0;
  /// Copies bytes out or in, all or nothing: false where not all of it is memory.
  [[nodiscard]] virtual bool read(gpa at, std::span<u8> to) const = 0;
  [[nodiscard]] virtual bool write(gpa at, std::span<const u8> from) = 0;

  /// A T, little-endian, as the host's numbers are.
  template <class T> [[nodiscard]] maybe<T> load(gpa at) const {
    std::array<u8, sizeof(T)> bytes{};
    if (!read(at, bytes))
      return {};
    return std::bit_cast<T>(bytes);
  }
  template <class T> [[nodiscard]] bool store(gpa at, T value) {
    return write(at, std::bit_cast<std::array<u8, sizeof(T)>>(value));
  }
};

/// For boards without a machine around them: there is no memory.
struct no_guest_access final : guest_access {
  [[nodiscard]] bool contains(gpa, u64 size) const override { return size == 0; }
  [[nodiscard]] bool read(gpa, std::span<u8> to) const override { return to.empty(); }
  [[nodiscard]] bool write(gpa, std::span<const u8> from) override { return from.empty(); }
};

/// The memory of a `Machine`: hardware::bare_machine, or a VMM's guest behind the same interface.
template <class Machine> class machine_access final : public guest_access {
public:
  /// `machine` must outlive it.
  explicit machine_access(Machine &machine) : machine_(machine) {}

  [[nodiscard]] bool contains(gpa at, u64 size) const override {
    const u64 offset = at - machine_.memory_base();
    return size == 0 || (offset < machine_.memory_size() && size <= machine_.memory_size() - offset);
  }
  [[nodiscard]] bool read(gpa at, std::span<u8> to) const override {
    return to.empty() || machine_.read(at, to.data(), to.size());
  }
  [[nodiscard]] bool write(gpa at, std::span<const u8> from) override {
    return from.empty() || machine_.write(at, from.data(), from.size());
  }

private:
  Machine &machine_;
};

} // namespace hvkit::device
