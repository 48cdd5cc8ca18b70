// SPDX-License-Identifier: BSL-1.0
// Decides how an operand that is scattered over an instruction word is gathered and put back.
#pragma once

#include <hvkit/core/bits.hpp>

namespace hvkit::isa {

/// `width` bits that stand at bit `at` of the instruction word and mean bit `means` and up of the operand.
struct slice {
  unsigned at;
  unsigned width;
  unsigned means;
};

/// An operand as the manual's encoding diagram draws it. `Width` is the operand's width in bits, implied low zeros
/// included; a signed operand is sign-extended from there. Reading and writing come from the same slices.
template <bool Signed, unsigned Width, slice... Slices> struct scattered {
  static constexpr bool is_signed = Signed;
  static constexpr unsigned width = Width;
  /// Bits of the instruction word that belong to the operand.
  static constexpr u32 mask = static_cast<u32>(((low_bits(Slices.width) << Slices.at) | ... | 0));
  /// Bits of the operand that can be other than 0 (or than the sign).
  static constexpr u64 reach = ((low_bits(Slices.width) << Slices.means) | ... | 0);
  static_assert(((low_bits(Slices.width) << Slices.at) + ... + 0) == mask, "two slices share a bit of the word");
  static_assert(((low_bits(Slices.width) << Slices.means) + ... + 0) == reach, "two slices are one bit of the operand");

  [[nodiscard]] static constexpr u64 read(u32 word) noexcept {
    const u64 raw = ((((u64{word} >> Slices.at) & low_bits(Slices.width)) << Slices.means) | ... | 0);
    return Signed ? sign_extend(raw, Width) : raw;
  }
  [[nodiscard]] static constexpr u32 write(u64 operand) noexcept {
    return static_cast<u32>(((((operand >> Slices.means) & low_bits(Slices.width)) << Slices.at) | ... | 0));
  }
  /// Whether `operand` survives a round trip, i.e. is in range and aligned.
  [[nodiscard]] static constexpr bool fits(u64 operand) noexcept { return read(write(operand)) == operand; }
};

/// Operands of `Width` bits, sign-extended or zero-extended to 64.
template <unsigned Width, slice... Slices> using signed_operand = scattered<true, Width, Slices...>;
template <unsigned Width, slice... Slices> using unsigned_operand = scattered<false, Width, Slices...>;

} // namespace hvkit::isa
