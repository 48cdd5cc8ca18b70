// SPDX-License-Identifier: BSL-1.0
// Decides which of the keys pressed are for the guest and which for the host. Knows no terminal.
#pragma once

#include <hvkit/core/access.hpp>

namespace hvkit::host {

/// Ctrl-A x asks the host to quit, Ctrl-A Ctrl-A gives the guest a Ctrl-A, Ctrl-A and another key is nothing.
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
    return key == escape ? maybe<u8>(key) : maybe<u8>();
  }
  /// Whether the host was asked to quit.
  [[nodiscard]] constexpr bool quit() const noexcept { return quit_; }

private:
  bool escaped_ = false;
  bool quit_ = false;
};

} // namespace hvkit::host
