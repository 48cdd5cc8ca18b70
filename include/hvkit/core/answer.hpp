// SPDX-License-Identifier: BSL-1.0
// Decides what whoever is offered an exit says of it.
#pragma once

#include <hvkit/core/bits.hpp>

namespace hvkit {

/// What a technique, a handler, or the dispatcher that found none, says of an exit.
enum class answer : u8 { handled, not_mine };

} // namespace hvkit
