// SPDX-License-Identifier: BSL-1.0
// Decides what the two sides of a character console are to a device. Knows neither the device nor the host's terminal.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include <hvkit/core/access.hpp>

namespace hvkit::device {

/// Where a guest's output goes. Whatever the guest sends is taken: a sink that has no room drops it.
struct byte_sink {
  virtual ~byte_sink() = default;
  /// The guest sent `byte`.
  virtual void put(u8 byte) = 0;
};

/// Where a guest's input comes from. A byte stays here until the guest takes it.
struct byte_source {
  virtual ~byte_source() = default;
  /// The next byte, or nothing while there is none.
  [[nodiscard]] virtual maybe<u8> get() = 0;
  /// Whether `get` would give a byte.
  [[nodiscard]] virtual bool ready() const = 0;
  /// How many bytes `get` would give at once; may be an underestimate, but is 0 only if not `ready`.
  [[nodiscard]] virtual std::size_t available() const { return ready() ? 1 : 0; }
};

/// Keeps what the guest said, up to a limit in bytes; what comes later is counted and dropped.
class collected_bytes final : public byte_sink {
public:
  explicit collected_bytes(std::size_t limit = std::numeric_limits<std::size_t>::max()) : limit_(limit) {}
  void put(u8 byte) override {
    if (text_.size() < limit_)
      text_.push_back(static_cast<char>(byte));
    else
      ++dropped_;
  }
  [[nodiscard]] const std::string &text() const noexcept { return text_; }
  /// How many bytes came when there was no room.
  [[nodiscard]] u64 dropped() const noexcept { return dropped_; }

private:
  std::string text_;
  std::size_t limit_;
  u64 dropped_ = 0;
};

/// Gives the guest what was queued beforehand, byte by byte.
class queued_bytes final : public byte_source {
public:
  queued_bytes() = default;
  explicit queued_bytes(std::string_view text) : text_(text) {}
  /// Queues more, behind what was not taken yet.
  void push(std::string_view more) {
    text_.erase(0, next_);
    next_ = 0;
    text_ += more;
  }
  [[nodiscard]] maybe<u8> get() override { return ready() ? maybe<u8>(static_cast<u8>(text_[next_++])) : maybe<u8>(); }
  [[nodiscard]] bool ready() const override { return next_ < text_.size(); }
  [[nodiscard]] std::size_t available() const override { return text_.size() - next_; }

private:
  std::string text_;
  std::size_t next_ = 0;
};

} // namespace hvkit::device
