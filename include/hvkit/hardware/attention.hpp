// SPDX-License-Identifier: BSL-1.0
// Decides what can keep a CPU from simply going on with its next instruction.
#pragma once

#include <hvkit/core/bits.hpp>

namespace hvkit::hardware {

/// What a hart has to look at before its next instruction; a set of flags.
enum class attention : u8 {
  none = 0,
  interrupts = 1,   ///< one may be due
  events = 2,       ///< a device was touched or a deadline moved
  wait = 4,         ///< the CPU waits for an interrupt
  host = 8,         ///< the host wants to have a word
  translations = 16 ///< what an engine remembers of where code is may be void
};

} // namespace hvkit::hardware
