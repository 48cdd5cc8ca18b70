// SPDX-License-Identifier: BSL-1.0
// Decides what one instruction is made of: a row, the only place where it is described. Knows no CPU.
#pragma once

#include <string_view>
#include <type_traits>

#include <hvkit/core/access.hpp>
#include <hvkit/core/bits.hpp>
#include <hvkit/isa/slices.hpp>

namespace hvkit::isa {

/// What a row's semantics are allowed to see, fixed by its form. All but `system` cannot name the mode or any other
/// system state, so such rows are innocuous by their type.
enum class capability : u8 {
  pure,     ///< operand values in, one value out
  reads_pc, ///< the same, with the address of the instruction
  flow,     ///< chooses the next instruction
  memory,   ///< loads and stores through the CPU's translation
  fp,       ///< floating point: values and rounding mode in, value and flags out
  system    ///< the whole machine
};

/// The fixed bits of an encoding: `word` is this instruction if `(word & mask) == match`.
struct pattern {
  u32 match = 0;
  u32 mask = 0;

  /// Whether `word` is of this pattern.
  [[nodiscard]] constexpr bool matches(u32 word) const noexcept { return (word & mask) == match; }
  /// Some word is matched by both.
  [[nodiscard]] constexpr bool overlaps(pattern other) const noexcept {
    return ((match ^ other.match) & mask & other.mask) == 0;
  }
  /// Every word matched by this one is matched by `other` too, and not the other way round.
  [[nodiscard]] constexpr bool refines(pattern other) const noexcept {
    return overlaps(other) && (mask & other.mask) == other.mask && mask != other.mask;
  }
};

/// The sentence of a row that brings none: the compiler's own text then names the row.
struct no_sentence {};

/// One instruction. `Form` says which operands there are, how they are written and what the semantics may see;
/// `Semantics` is a stateless generic lambda, run by every machine there is; `Sentence` (optional) is what the
/// compiler says when this row makes a VMM impossible: `static_assert`s on its `check<bool>()`. `UserSentence` is said
/// instead where the row is sensitive in user mode already, so that theorem 3 fails too: no technique that runs user
/// code directly copes with it then, and the sentence must advise none. `Code` is how the CPU writes encodings.
template <class Form, class Semantics, class Sentence = no_sentence, class UserSentence = Sentence,
          class Code = pattern>
struct row {
  using form = Form;
  using semantics = Semantics;
  using sentence = Sentence;
  using user_sentence = UserSentence;

  std::string_view name;
  Code code;

  static constexpr capability needs = Form::needs;

  /// The same row, which says `Reason` when it stands in a VMM's way, or `InUserMode` where user mode itself can tell.
  template <class Reason, class InUserMode = Reason> [[nodiscard]] constexpr auto because() const {
    return row<Form, Semantics, Reason, InUserMode, Code>{name, code};
  }
};

/// A further encoding of an instruction that exists already (a compressed form): operands only, no semantics.
template <class Operands> struct alias {
  std::string_view name;
  pattern code;
  std::string_view means;              ///< the name of the row it stands for
  std::string_view syntax;             ///< its operands, as they are written
  u32 operand_bits;                    ///< where they stand in the word
  maybe<Operands> (*decode)(u32 word); ///< nothing where the encoding is reserved
  u32 (*encode)(const Operands &);     ///< the operand bits, of operands that have such an encoding
};

/// One operand and the member of the operand record that holds it.
template <auto Member, class Scattered> struct part {
  static constexpr u32 mask = Scattered::mask;
  /// Takes the operand out of an instruction's word.
  template <class Operands> static constexpr void read(u32 word, Operands &o) noexcept {
    o.*Member = static_cast<std::remove_reference_t<decltype(o.*Member)>>(Scattered::read(word));
  }
  /// The operand's bits of the word; what does not fit is cut off.
  template <class Operands> static constexpr u32 write(const Operands &o) noexcept {
    return Scattered::write(static_cast<u64>(o.*Member));
  }
  /// Whether the operand survives a round trip: it is in range and aligned.
  template <class Operands> static constexpr bool fits(const Operands &o) noexcept {
    return static_cast<decltype(o.*Member)>(Scattered::read(write(o))) == o.*Member;
  }
};

/// All operands of a form. Decoder and assembler come from the same list.
template <class Operands, class... Parts> struct layout {
  using operands = Operands;
  static constexpr u32 mask = (Parts::mask | ... | 0U);
  /// No bit belongs to two operands.
  static constexpr bool disjoint = (u64{Parts::mask} + ... + u64{0}) == mask;
  [[nodiscard]] static constexpr Operands decode([[maybe_unused]] u32 word) noexcept {
    Operands o{};
    (Parts::read(word, o), ...);
    return o;
  }
  [[nodiscard]] static constexpr u32 encode(const Operands &o) noexcept { return (Parts::write(o) | ... | 0U); }
  [[nodiscard]] static constexpr bool fits(const Operands &o) noexcept { return (Parts::fits(o) && ...); }
};

} // namespace hvkit::isa
