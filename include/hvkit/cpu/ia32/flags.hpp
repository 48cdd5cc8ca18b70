// SPDX-License-Identifier: BSL-1.0
// Decides how the status flags are held: two words from which each flag is computed when somebody asks; and what the
// six letters of a row say about them.
// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, Volume 1, "EFLAGS Register"; Volume 2.
#pragma once

#include <string_view>

#include <hvkit/core/fixed_string.hpp>
#include <hvkit/cpu/ia32/word.hpp>

namespace hvkit::cpu::x86 {

/// Bits of EFLAGS.
namespace eflags {
inline constexpr u32 cf = 1U << 0, fixed = 1U << 1, pf = 1U << 2, af = 1U << 4, zf = 1U << 6, sf = 1U << 7,
                     tf = 1U << 8, if_ = 1U << 9, df = 1U << 10, of = 1U << 11, iopl = 3U << 12, nt = 1U << 14,
                     rf = 1U << 16, vm = 1U << 17, ac = 1U << 18, vif = 1U << 19, vip = 1U << 20, id = 1U << 21;
/// The flags that arithmetic gives.
inline constexpr u32 status = cf | pf | af | zf | sf | of;
} // namespace eflags

/// The six flags in the order of the letters.
inline constexpr u32 letter_flags[] = {eflags::of, eflags::sf, eflags::zf, eflags::af, eflags::pf, eflags::cf};

/// What a row says of O, S, Z, A, P and C, one letter each:
///   *  by the result            0 1  constant
///   -  kept                     u    undefined (the manual says so)
///   s  by the result of a shift by one; undefined for other counts
///   w  by the result of a shift by less than the operand's width; undefined for other counts
/// A shift by nothing keeps all of them.
using flag_letters = fixed_string<7>;

/// The flags that have one of the letters `wanted`.
[[nodiscard]] constexpr u32 flags_lettered(std::string_view letters, std::string_view wanted) noexcept {
  u32 set = 0;
  for (unsigned i = 0; i < letters.size() && i < 6; ++i)
    if (wanted.find(letters[i]) != std::string_view::npos)
      set |= letter_flags[i];
  return set;
}

/// The status flags. Two words make them:
///   result    Z if it is 0, S from bit 31, P from [7:0]
///   carries   C in bit 31, O where bits 31 and 30 differ, A in bit 3; bit 0 turns S over, bit 1 turns P over
class status_flags {
public:
  [[nodiscard]] constexpr bool c() const noexcept { return carries_ >> 31 != 0; }
  [[nodiscard]] constexpr bool o() const noexcept { return ((carries_ >> 31 ^ carries_ >> 30) & 1) != 0; }
  [[nodiscard]] constexpr bool a() const noexcept { return (carries_ >> 3 & 1) != 0; }
  [[nodiscard]] constexpr bool z() const noexcept { return result_ == 0; }
  [[nodiscard]] constexpr bool s() const noexcept { return ((result_ >> 31 ^ carries_) & 1) != 0; }
  [[nodiscard]] constexpr bool p() const noexcept {
    return ((static_cast<u32>(std::popcount(result_ & 0xffU)) ^ 1U ^ carries_ >> 1) & 1U) != 0;
  }

  /// As they stand in EFLAGS, all other bits 0.
  [[nodiscard]] constexpr u32 all() const noexcept {
    return (c() ? eflags::cf : 0) | (p() ? eflags::pf : 0) | (a() ? eflags::af : 0) | (z() ? eflags::zf : 0) |
           (s() ? eflags::sf : 0) | (o() ? eflags::of : 0);
  }
  /// Sets all six from their places in EFLAGS.
  constexpr void set_all(u32 flags) noexcept {
    const bool zero = (flags & eflags::zf) != 0;
    result_ = zero ? 0 : 1; // 0 has even parity, 1 odd; neither has a sign
    const bool carry = (flags & eflags::cf) != 0, overflow = (flags & eflags::of) != 0;
    carries_ = u32{carry} << 31 | u32{carry != overflow} << 30 | ((flags & eflags::af) != 0 ? 8U : 0U) |
               ((flags & eflags::sf) != 0 ? 1U : 0U) | (((flags & eflags::pf) != 0) != zero ? 2U : 0U);
  }
  constexpr void set_c(bool carry) noexcept {
    if (carry != c())
      carries_ ^= 3U << 30; // O stays
  }

  /// What a row with these letters does to the flags when it gives `r`.
  template <flag_letters Letters, class T> constexpr void apply(const result<T> &r) noexcept {
    constexpr u32 kept = flags_lettered(Letters.view(), "-");
    constexpr u32 ones = flags_lettered(Letters.view(), "1");
    constexpr u32 zeros = flags_lettered(Letters.view(), "0");
    if constexpr (kept == eflags::status) {
      return;
    } else if constexpr (kept == 0 && ones == 0 && (zeros & ~(eflags::cf | eflags::of)) == 0) {
      note(r);
      if constexpr (zeros != 0)
        carries_ &= 8U;
    } else if constexpr (kept == eflags::cf && ones == 0 && zeros == 0) {
      const bool carry = c();
      note(r);
      set_c(carry);
    } else if constexpr (kept == (eflags::status & ~eflags::cf)) {
      set_c(ones != 0 || (zeros == 0 && carry_of(r)));
    } else {
      const u32 before = all();
      note(r);
      set_all((before & kept) | ones | (all() & ~(kept | ones | zeros)));
    }
  }

  friend constexpr bool operator==(const status_flags &a, const status_flags &b) noexcept { return a.all() == b.all(); }

private:
  template <class T> [[nodiscard]] static constexpr bool carry_of(const result<T> &r) noexcept {
    return r.carries.top();
  }
  template <class T> constexpr void note(const result<T> &r) noexcept {
    const u32 wide = r.carries.zero_extended();
    result_ = r.value.sign_extended();
    carries_ = (wide >> (word<T>::bits - 2)) << 30 | (wide & 8U);
  }

  u32 result_ = 1;
  u32 carries_ = 2; // none of the six is set
};

/// The sixteen conditions of Jcc, SETcc and CMOVcc. Volume 1, "EFLAGS Condition Codes".
[[nodiscard]] constexpr bool condition(const status_flags &f, u8 code) noexcept {
  bool holds = false;
  switch (code >> 1 & 7) {
  case 0:
    holds = f.o();
    break;
  case 1:
    holds = f.c();
    break;
  case 2:
    holds = f.z();
    break;
  case 3:
    holds = f.c() || f.z();
    break;
  case 4:
    holds = f.s();
    break;
  case 5:
    holds = f.p();
    break;
  case 6:
    holds = f.s() != f.o();
    break;
  default:
    holds = f.z() || f.s() != f.o();
  }
  return holds != ((code & 1) != 0);
}
inline constexpr std::string_view condition_names[] = {"o", "no", "b", "ae", "e", "ne", "be", "a",
                                                       "s", "ns", "p", "np", "l", "ge", "le", "g"};

} // namespace hvkit::cpu::x86
