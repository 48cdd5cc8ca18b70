// SPDX-License-Identifier: BSL-1.0
// Decides how characters go to and fro in buffers of the virtio console device. Knows no transport and no terminal.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include <hvkit/device/console.hpp>
#include <hvkit/device/virtio/model.hpp>

namespace hvkit::device::virtio {

/// virtio-console with one port. A buffer of the receive queue is used as soon as there is a byte for it; bytes leave
/// the source only for a buffer. A buffer to be transmitted is sent whole; one longer than `largest` makes the device
/// fail, as does one that is to be read where it must be writable, or the other way round.
/// Source: Virtio 1.2, "Console Device".
class console final : public model {
public:
  static constexpr unsigned receive_queue = 0, transmit_queue = 1;
  static constexpr u64 f_size = bit(0); ///< columns and rows are valid
  static constexpr u64 largest = u64{1} << 16;
  static constexpr u8 columns = 80, rows = 25;

  /// Both must outlive it.
  console(byte_sink &to, byte_source &from) : to_(to), from_(from) {}

  [[nodiscard]] device_type type() const override { return device_type::console; }
  [[nodiscard]] u64 features() const override { return f_size; }
  [[nodiscard]] unsigned queues() const override { return 2; }
  /// cols (2 bytes), rows (2), max_nr_ports (4, without meaning here).
  [[nodiscard]] u8 config(u64 offset) const override { return offset == 0 ? columns : offset == 2 ? rows : u8{0}; }
  void serve(unsigned number, split_queue &queue, guest_access &memory) override {
    number == receive_queue ? receive(queue, memory) : transmit(queue, memory);
  }
  [[nodiscard]] maybe<unsigned> wakes() const override {
    return from_.ready() ? maybe<unsigned>(receive_queue) : maybe<unsigned>();
  }

private:
  static constexpr std::size_t piece = 256; ///< what is moved at a time, in bytes

  void receive(split_queue &queue, guest_access &memory) {
    while (from_.ready()) {
      const auto request = queue.take();
      if (!request)
        return;
      if (request->readable() != 0 || request->writable() == 0)
        return queue.fail();
      std::array<u8, piece> bytes;
      std::size_t n = 0;
      for (; n < std::min<u64>(piece, request->writable()) && from_.ready(); ++n)
        bytes[n] = from_.get().value_or(0);
      if (!request->write(memory, 0, std::span(bytes).first(n)))
        return queue.fail();
      queue.give_back(*request, static_cast<u32>(n));
    }
  }
  void transmit(split_queue &queue, guest_access &memory) {
    while (const auto request = queue.take()) {
      if (request->writable() != 0 || request->readable() > largest || !send(*request, memory))
        return queue.fail();
      queue.give_back(*request, 0);
    }
  }
  [[nodiscard]] bool send(const chain &request, guest_access &memory) {
    std::array<u8, piece> bytes;
    for (u64 done = 0; done < request.readable();) {
      const auto part = std::span(bytes).first(std::min<u64>(piece, request.readable() - done));
      if (!request.read(memory, done, part))
        return false;
      for (const u8 byte : part)
        to_.put(byte);
      done += part.size();
    }
    return true;
  }

  byte_sink &to_;
  byte_source &from_;
};

} // namespace hvkit::device::virtio
