// SPDX-License-Identifier: BSL-1.0
// Decides which of the keys pressed are for the guest and which for the host. Knows no terminal.
#pragma once

#include <utility>

#include <hvkit/core/access.hpp>

namespace hvkit::host {

/// Ctrl-A x asks the host to quit, Ctrl-A Ctrl-A gives the guest a Ctrl-A, Ctrl-A and another key is a command for
/// whoever knows it.
class escape_keys {
public:
  static constexpr u8 escape = 0x01; ///< Ctrl-A

  /// Takes a key; gives it back if it is for the guest.
  [[nodiscard]] constexpr maybe<u8> take(u8 key) noexcept {
    if (!escaped_) {
      escaped_ = key == escape;
      return escaped_ ? maybe<u8>() : maybe<u8>(key);
    }
    escaped_ = false;
    quit_ = quit_ || key == 'x';
    command_ = key != 'x' && key != escape ? maybe<u8>(key) : maybe<u8>();
    return key == escape ? maybe<u8>(key) : maybe<u8>();
  }
  /// Whether the host was asked to quit.
  [[nodiscard]] constexpr bool quit() const noexcept { return quit_; }
  /// The key behind the last Ctrl-A, if it is neither of those; asked once.
  [[nodiscard]] constexpr maybe<u8> command() noexcept { return std::exchange(command_, {}); }

private:
  maybe<u8> command_;
  bool escaped_ = false;
  bool quit_ = false;
};

} // namespace hvkit::host
