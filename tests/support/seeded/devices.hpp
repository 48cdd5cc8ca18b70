// SPDX-License-Identifier: BSL-1.0
// Decides how devices are broken: by the memory that they see.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include <hvkit/device/guest_access.hpp>
#include <hvkit/device/virtio/layout.hpp>

#include "support/seeded/bugs.hpp"

namespace hvkit::tests::seeded {

/// A guest's memory as devices see it, with faults. `Machine` has the guest's core as `guest()`.
template <class Machine> class flawed_access final : public device::guest_access {
  using inner_type = device::machine_access<Machine>;

public:
  explicit flawed_access(Machine &machine) : machine_(machine), inner_(machine) {}

  [[nodiscard]] bool contains(gpa at, u64 size) const override {
    const u64 end = machine_.memory_base().value + machine_.memory_size();
    if (broken<"end_of_buffer_wraps">() && at.value + size <= end && at.value + size >= machine_.memory_base().value)
      return true;
    return inner_.contains(led(at), size);
  }
  [[nodiscard]] bool read(gpa at, std::span<u8> to) const override {
    if (broken<"registers_as_memory">() && !inner_.contains(at, to.size()))
      return read_registers(at, to);
    if (broken<"memory_clipped">() && !inner_.contains(at, to.size()))
      return inner_.read(at, to.first(inside(at, to.size())));
    if (!inner_.read(led(at), to))
      return contains(at, to.size());
    if (to.size() == sizeof(device::virtio::descriptor))
      read_descriptor(at, to);
    else if (to.size() == sizeof(u16) && broken<"index_from_before">())
      from_before(at, to);
    return true;
  }
  [[nodiscard]] bool write(gpa at, std::span<const u8> from) override {
    if (broken<"registers_as_memory">() && !inner_.contains(at, from.size()))
      return write_registers(at, from);
    if (broken<"memory_clipped">() && !inner_.contains(at, from.size()))
      return inner_.write(at, from.first(inside(at, from.size())));
    if (broken<"dma_unseen">() && machine_.guest().memory().contains(led(at), from.size()))
      return unseen(led(at), from);
    return inner_.write(led(at), from) || contains(at, from.size());
  }

private:
  /// Where a device's access really goes.
  [[nodiscard]] gpa led(gpa at) const {
    if (broken<"address_narrow">())
      return gpa{at.value & low_bits(32)};
    if (broken<"memory_goes_round">())
      return machine_.memory_base() + (at - machine_.memory_base()) % machine_.memory_size();
    return at;
  }
  [[nodiscard]] u64 inside(gpa at, u64 size) const {
    return inner_.contains(at, 1) ? std::min(size, machine_.memory_base() + machine_.memory_size() - at) : 0;
  }
  void read_descriptor(gpa at, std::span<u8> to) const {
    device::virtio::descriptor d{};
    std::memcpy(&d, to.data(), sizeof d);
    if (broken<"loop_is_an_end">() && (d.flags & device::virtio::desc_next) != 0 && d.next <= at.value / sizeof d % 8)
      d.flags = static_cast<u16>(d.flags & ~device::virtio::desc_next);
    if (broken<"table_rounded">() && (d.flags & device::virtio::desc_indirect) != 0)
      d.length -= d.length % u32{sizeof d};
    if (broken<"no_bytes_are_one">() && d.length == 0)
      d.length = 1;
    if (broken<"no_bytes_end_a_chain">() && d.length == 0)
      d.flags = static_cast<u16>(d.flags & ~device::virtio::desc_next);
    if (broken<"descriptor_from_before">())
      return from_before(at, to);
    std::memcpy(to.data(), &d, sizeof d);
  }
  /// What was read there the last time, and not what is there now.
  void from_before(gpa at, std::span<u8> to) const {
    const auto known = std::find_if(kept_.begin(), kept_.end(),
                                    [&](const auto &k) { return k.at == at && k.bytes.size() == to.size(); });
    if (known == kept_.end())
      return kept_.push_back({at, {to.begin(), to.end()}});
    std::vector<u8> now(to.begin(), to.end());
    std::copy(known->bytes.begin(), known->bytes.end(), to.begin());
    known->bytes = std::move(now);
  }
  [[nodiscard]] bool unseen(gpa at, std::span<const u8> from) const {
    auto &memory = machine_.guest().memory();
    for (u64 i = 0; i < from.size(); ++i)
      *machine_.guest().hardware_memory().host(*memory.locate(at + i)) = from[i];
    return true;
  }
  [[nodiscard]] bool read_registers(gpa at, std::span<u8> to) const {
    for (u64 i = 0; i < to.size(); ++i)
      to[i] = static_cast<u8>(machine_.guest().board().devices().read(at + i, 1).value_or(0));
    return true;
  }
  [[nodiscard]] bool write_registers(gpa at, std::span<const u8> from) const {
    for (u64 i = 0; i < from.size(); ++i)
      static_cast<void>(machine_.guest().board().devices().write(at + i, 1, from[i]));
    return true;
  }

  struct kept {
    gpa at{};
    std::vector<u8> bytes;
  };
  Machine &machine_;
  inner_type inner_;
  mutable std::vector<kept> kept_;
};

} // namespace hvkit::tests::seeded
