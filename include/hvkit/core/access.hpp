// SPDX-License-Identifier: BSL-1.0
// Decides what kinds of memory access there are, and what "perhaps a value" is called.
#pragma once

#include <optional>

#include <hvkit/core/bits.hpp>

namespace hvkit {

/// Why memory is touched. An atomic read-modify-write counts as a store.
enum class access : u8 { fetch, load, store };

/// A value, or nothing because a trap was raised or the place does not exist. Semantics never throw.
template <class T> using maybe = std::optional<T>;

} // namespace hvkit
