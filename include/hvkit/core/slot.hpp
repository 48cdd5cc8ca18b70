// SPDX-License-Identifier: BSL-1.0
// Decides which slots a VMM has. Every policy says which one it fills.
#pragma once

#include <string_view>

#include <hvkit/core/bits.hpp>

namespace hvkit {

/// The choices a VMM is composed of.
enum class slot : u8 {
  classification, ///< where the class of an instruction comes from
  technique,      ///< what happens to sensitive instructions
  dispatch,       ///< how an exit finds its handler
  interrupt,      ///< when a virtual interrupt reaches the guest
  paging,         ///< guest-virtual to host-physical
  io,             ///< how the guest reaches devices
  engine,         ///< how innocuous instructions run
  clock,          ///< what time the guest sees
  scheduler,      ///< which VM runs next, for how long
  hardware        ///< what the VMM runs on
};
inline constexpr unsigned slot_count = 10;

/// The slot's name as documentation and `hvkit-run` write it.
[[nodiscard]] constexpr std::string_view slot_name(slot s) noexcept {
  constexpr std::string_view names[] = {"classification", "technique", "dispatch",  "interrupt", "paging", "io",
                                        "engine",         "clock",     "scheduler", "hardware"};
  return names[static_cast<unsigned>(s)];
}

} // namespace hvkit
