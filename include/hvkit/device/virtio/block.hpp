// SPDX-License-Identifier: BSL-1.0
// Decides how a disk is spoken to in requests of the virtio block device. Knows no transport.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <string_view>

#include <hvkit/device/disk.hpp>
#include <hvkit/device/virtio/model.hpp>

namespace hvkit::device::virtio {

/// virtio-blk with one queue. A request is a header of 16 bytes (type, reserved, sector), data, and a byte of status at
/// the very end, however they are cut into pieces:
///
///     readable: | type 4 | reserved 4 | sector 8 | data to write ... |
///     writable: | data that was read ... | status 1 |
///
/// One that has no room for header or status is no request, and makes the device fail. Of more data than `largest` the
/// answer is S_IOERR, so that the work of one notification is bounded.
/// Source: Virtio 1.2, "Block Device".
class block final : public model {
public:
  enum request_type : u32 { t_in = 0, t_out = 1, t_flush = 4, t_get_id = 8 };
  enum request_status : u8 { s_ok = 0, s_ioerr = 1, s_unsupp = 2 };
  /// Feature bits.
  static constexpr u64 f_size_max = bit(1), f_seg_max = bit(2), f_ro = bit(5), f_blk_size = bit(6), f_flush = bit(9);
  /// What a driver is told of one piece, and of how many there may be besides header and status.
  static constexpr u32 size_max = u32{1} << 20;
  static constexpr u32 seg_max = queue_limit - 2;
  /// Most bytes of data in one request, whatever was negotiated.
  static constexpr u64 largest = u64{size_max} * 16;
  static constexpr std::string_view identity = "hvkit";
  static constexpr std::size_t identity_size = 20;

  /// `medium` must outlive it.
  explicit block(disk &medium) : disk_(medium) {}

  [[nodiscard]] device_type type() const override { return device_type::block; }
  [[nodiscard]] u64 features() const override {
    return f_size_max | f_seg_max | f_blk_size | f_flush | (disk_.read_only() ? f_ro : 0);
  }
  [[nodiscard]] unsigned queues() const override { return 1; }
  /// capacity (8 bytes, in sectors), size_max (4), seg_max (4), geometry (4, none), blk_size (4).
  [[nodiscard]] u8 config(u64 offset) const override {
    const std::array<u64, 3> words{disk_.sectors(), size_max | u64{seg_max} << 32, u64{sector_size} << 32};
    return offset / 8 < words.size() ? static_cast<u8>(words[offset / 8] >> (8 * (offset % 8))) : u8{0};
  }

  void serve(unsigned, split_queue &queue, guest_access &memory) override {
    while (const auto request = queue.take())
      if (!answer(*request, queue, memory))
        return queue.fail();
  }

private:
  struct header {
    u32 type;
    u32 reserved;
    u64 sector;
  };
  static constexpr std::size_t piece = 8192; ///< what is moved at a time, in bytes

  [[nodiscard]] static u8 status_of(disk_outcome o) noexcept { return o == disk_outcome::done ? s_ok : s_ioerr; }

  /// False if that was no request.
  [[nodiscard]] bool answer(const chain &request, split_queue &queue, guest_access &memory) {
    std::array<u8, sizeof(header)> bytes{};
    if (request.writable() == 0 || !request.read(memory, 0, bytes))
      return false;
    const u64 status_at = request.writable() - 1;
    u64 written = 0; // of the writable bytes, from the first one on
    const u8 status = perform(std::bit_cast<header>(bytes), request, memory, !queue.negotiated(f_flush), written);
    if (!request.write(memory, status_at, std::array{status}))
      return false;
    queue.give_back(request, static_cast<u32>(written == status_at ? written + 1 : written));
    return true;
  }
  [[nodiscard]] u8 perform(const header &h, const chain &request, guest_access &memory, bool through, u64 &written) {
    switch (h.type) {
    case t_in:
      return read(h.sector, request, memory, written);
    case t_out:
      return write(h.sector, request, memory, through);
    case t_flush:
      return status_of(disk_.flush());
    case t_get_id:
      return identify(request, memory, written);
    default:
      return s_unsupp;
    }
  }
  [[nodiscard]] bool acceptable(u64 sector, u64 size) const {
    return size % sector_size == 0 && size <= largest && disk_.holds(sector, size / sector_size);
  }
  [[nodiscard]] u8 read(u64 sector, const chain &request, guest_access &memory, u64 &written) {
    const u64 size = request.writable() - 1;
    if (!acceptable(sector, size))
      return s_ioerr;
    std::array<u8, piece> buffer;
    while (written < size) {
      const auto part = std::span(buffer).first(std::min<u64>(piece, size - written));
      if (disk_.read(sector + written / sector_size, part) != disk_outcome::done ||
          !request.write(memory, written, part))
        return s_ioerr;
      written += part.size();
    }
    return s_ok;
  }
  /// `through`: the driver can't flush, so each write is.
  [[nodiscard]] u8 write(u64 sector, const chain &request, guest_access &memory, bool through) {
    const u64 size = request.readable() - sizeof(header);
    if (!acceptable(sector, size) || disk_.read_only())
      return s_ioerr;
    std::array<u8, piece> buffer;
    for (u64 done = 0; done < size;) {
      const auto part = std::span(buffer).first(std::min<u64>(piece, size - done));
      if (!request.read(memory, sizeof(header) + done, part) ||
          disk_.write(sector + done / sector_size, part) != disk_outcome::done)
        return s_ioerr;
      done += part.size();
    }
    return through ? status_of(disk_.flush()) : u8{s_ok};
  }
  /// 20 bytes, filled up with zeros.
  [[nodiscard]] u8 identify(const chain &request, guest_access &memory, u64 &written) {
    std::array<u8, identity_size> name{};
    std::copy(identity.begin(), identity.end(), name.begin());
    const auto part = std::span(name).first(std::min<u64>(name.size(), request.writable() - 1));
    if (!request.write(memory, 0, part))
      return s_ioerr;
    written = part.size();
    return s_ok;
  }

  disk &disk_;
};

} // namespace hvkit::device::virtio
