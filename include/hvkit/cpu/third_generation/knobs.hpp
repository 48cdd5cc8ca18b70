// SPDX-License-Identifier: BSL-1.0
// Decides what the models of the third-generation machine differ in, beyond their instructions.
#pragma once

namespace hvkit::cpu {

/// Choices of the model.
struct third_generation_knobs {
  /// The model has an I/O privilege level, and it may let user mode change the interrupt mask by popf (IOPL >= CPL).
  bool io_privilege_level = false;

  friend constexpr bool operator==(const third_generation_knobs &, const third_generation_knobs &) = default;
};

} // namespace hvkit::cpu
