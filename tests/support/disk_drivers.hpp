// SPDX-License-Identifier: BSL-1.0
// Decides how a guest uses a disk through either of its forms: by registers and memory alone, as its drivers do.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include <hvkit/device/ata/platform.hpp>
#include <hvkit/device/virtio/block.hpp>
#include <hvkit/device/virtio/mmio.hpp>

#include "support/virtio_driver.hpp"
#include "support/wires.hpp"

namespace hvkit::tests {

/// What all forms can do. Requests have 1 to most_sectors sectors. False: the device said that it failed.
struct disk_driver {
  static constexpr u64 most_sectors = 64;
  virtual ~disk_driver() = default;
  [[nodiscard]] virtual u64 sectors() = 0;
  [[nodiscard]] virtual bool read(u64 first, std::span<u8> to) = 0;
  [[nodiscard]] virtual bool write(u64 first, std::span<const u8> from) = 0;
  [[nodiscard]] virtual bool flush() = 0;
};

/// The paravirtual form, with a device and a memory of its own. Requests are cut into pieces in changing ways.
class virtio_disk_driver final : public disk_driver {
public:
  explicit virtio_disk_driver(device::disk &medium, u64 features = ~u64{0})
      : model_(medium), port_(model_, memory_, {cpu_, 1}), driver_(port_, memory_) {
    const u64 wanted = port_.offered() & features;
    indirect_ = (wanted & device::virtio::ring_indirect_desc) != 0;
    ready_ = driver_.begin(wanted, 1, 16);
  }
  [[nodiscard]] bool ready() const { return ready_ && !driver_.broken(); }
  [[nodiscard]] u64 sectors() override { return port_.read(0x100, 8).value(); }
  [[nodiscard]] bool read(u64 first, std::span<u8> to) override {
    const bool done = ask(device::virtio::block::t_in, first, to.size(), true);
    const auto bytes = memory_.get_bytes(data(), to.size());
    std::copy(bytes.begin(), bytes.end(), to.begin());
    return done;
  }
  [[nodiscard]] bool write(u64 first, std::span<const u8> from) override {
    memory_.put_bytes(data(), from);
    return ask(device::virtio::block::t_out, first, from.size(), false);
  }
  [[nodiscard]] bool flush() override { return ask(device::virtio::block::t_flush, 0, 0, false); }

private:
  [[nodiscard]] gpa data() const { return driver_.free(0x1000); }
  bool ask(u32 type, u64 first, u64 size, bool reads) {
    const gpa header = driver_.free(), status = driver_.free(16);
    memory_.put(header, std::array<u64, 2>{type, first});
    memory_.put<u8>(status, 0xff);
    std::vector<part> parts{{header, 16}};
    const u32 piece = 100 + 333 * (++count_ % 20);
    for (u64 at = 0; at < size && parts.size() < 14; at += parts.back().size)
      parts.push_back(
          {data() + at,
           parts.size() == 13 ? static_cast<u32>(size - at) : static_cast<u32>(std::min<u64>(piece, size - at)),
           reads});
    parts.push_back({status, 1, true});
    driver_.set_used_event(0, static_cast<u16>(count_ - 1));
    indirect_ &&count_ % 2 == 0 ? driver_.post_indirect(0, parts) : driver_.post(0, parts);
    driver_.notify(0);
    return cpu_[1] && driver_.interrupts() == 1 && driver_.completed(0) && memory_.get<u8>(status) == 0;
  }

  device::virtio::block model_;
  guest_bytes memory_{0x40000};
  lines cpu_;
  device::virtio::mmio port_;
  mutable virtio_driver driver_;
  bool indirect_ = false;
  bool ready_ = false;
  u32 count_ = 0;
};

/// The emulated form. `multiple`: sectors in a block; 1 uses the commands that have no blocks.
class ata_disk_driver final : public disk_driver {
public:
  ata_disk_driver(device::disk &medium, bool ext, u8 multiple) : port_(medium, {cpu_, 1}), ext_(ext), block_(multiple) {
    if (block_ > 1) {
      set(device::ata::sector_count, block_);
      static_cast<void>(finish(0xc6));
    }
  }
  [[nodiscard]] u64 sectors() override {
    std::array<u8, 512> identity{};
    set(device::ata::command, 0xec);
    static_cast<void>(receive(identity));
    u64 count = 0;
    for (unsigned i = 0; i < 8; ++i)
      count |= u64{identity[200 + i]} << (8 * i);
    return count;
  }
  [[nodiscard]] bool read(u64 first, std::span<u8> to) override {
    if (!address(first, to.size() / 512, block_ > 1 ? 0x29 : 0x24, block_ > 1 ? 0xc4 : 0x20))
      return false;
    return receive(to);
  }
  [[nodiscard]] bool write(u64 first, std::span<const u8> from) override {
    if (!address(first, from.size() / 512, block_ > 1 ? 0x39 : 0x34, block_ > 1 ? 0xc5 : 0x30))
      return false;
    return send(from);
  }
  [[nodiscard]] bool flush() override { return finish(ext_ ? 0xea : 0xe7); }

private:
  using status_bits = device::ata::status_bits;
  void set(unsigned reg, u8 value) { static_cast<void>(port_.write(reg * 4, 1, value)); }
  [[nodiscard]] u8 get(unsigned reg) { return static_cast<u8>(port_.read(reg * 4, 1).value()); }
  [[nodiscard]] bool finish(u8 what) {
    set(device::ata::command, what);
    return interrupted() && (get(device::ata::status) & device::ata::err) == 0;
  }
  [[nodiscard]] bool interrupted() const { return cpu_[1]; }
  /// False where the address has more bits than the command.
  bool address(u64 first, u64 count, u8 ext, u8 plain) {
    if (first >> (ext_ ? 48 : 28) != 0)
      return false;
    for (unsigned half = ext_ ? 2 : 1; half-- > 0;) {
      set(device::ata::sector_count, static_cast<u8>(count >> (8 * half)));
      for (unsigned i = 0; i < 3; ++i)
        set(device::ata::lba_low + i, static_cast<u8>(first >> (8 * i + 24 * half)));
    }
    set(device::ata::device_register, static_cast<u8>(0x40 | (ext_ ? 0 : first >> 24)));
    set(device::ata::command, ext_ ? ext : plain);
    return true;
  }
  [[nodiscard]] bool receive(std::span<u8> to) {
    for (std::size_t at = 0; at < to.size(); at += 2) {
      if (at % (512 * std::size_t{block_}) == 0 && !wants_block(true))
        return false;
      const u64 word = port_.read(0, 2).value();
      to[at] = static_cast<u8>(word);
      to[at + 1] = static_cast<u8>(word >> 8);
    }
    return !interrupted() && get(device::ata::status) == (device::ata::drdy | device::ata::dsc);
  }
  [[nodiscard]] bool send(std::span<const u8> from) {
    for (std::size_t at = 0; at < from.size(); at += 4) {
      if (at % (512 * std::size_t{block_}) == 0 && !wants_block(at != 0))
        return false;
      u64 words = 0;
      for (unsigned i = 0; i < 4; ++i)
        words |= u64{from[at + i]} << (8 * i);
      static_cast<void>(port_.write(0, 4, words));
    }
    return interrupted() && get(device::ata::status) == (device::ata::drdy | device::ata::dsc);
  }
  [[nodiscard]] bool wants_block(bool by_interrupt) {
    return interrupted() == by_interrupt &&
           get(device::ata::status) == (device::ata::drdy | device::ata::dsc | device::ata::drq);
  }

  lines cpu_;
  device::ata::platform port_;
  bool ext_;
  u8 block_;
};

} // namespace hvkit::tests
