// SPDX-License-Identifier: BSL-1.0
// Decides what of IA-32 differs between processors, or is left to software, and this kit lets you choose.
#pragma once

namespace hvkit::cpu {

/// Choices of the architecture. The defaults are a Pentium's integer unit with the P6 family's CMOV.
struct ia32_knobs {
  /// CR4.UMIP exists: SGDT, SIDT, SLDT, SMSW and STR can be made to trap outside CPL 0.
  bool umip = false;

  friend constexpr bool operator==(const ia32_knobs &, const ia32_knobs &) = default;
};

} // namespace hvkit::cpu
