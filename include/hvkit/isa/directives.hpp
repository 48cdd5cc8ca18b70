// SPDX-License-Identifier: BSL-1.0
// Decides what labels, directives and data are in assembly text: where the next byte goes, and which symbols there are.
#pragma once

#include <cstddef>
#include <string_view>

#include <hvkit/isa/syntax.hpp>

namespace hvkit::isa::detail {

/// A place between two statements of a text, and what is known there.
struct place {
  u64 here = 0;           ///< the address of the next byte
  std::size_t offset = 0; ///< of the next statement, in characters
  std::size_t seen = 0;   ///< definitions before this place
  std::size_t known = 0;  ///< symbols that expressions can name
  unsigned line = 1;
};

/// What a reading of the text places, and where it has come to. Symbols go to `room`, which takes `rooms` of them;
/// a reading that writes bytes defines none. Without `out_` nothing is written: sizes and symbols are found.
template <written Cpu> class placing {
public:
  /// Bytes since the reading began.
  [[nodiscard]] constexpr std::size_t size() const noexcept { return static_cast<std::size_t>(scope_.here - base_); }
  [[nodiscard]] constexpr std::size_t symbols() const noexcept { return scope_.count; }

protected:
  constexpr placing(symbol *room, std::size_t rooms) noexcept : placing(room, room, rooms) {}
  constexpr explicit placing(const symbol *defined) noexcept : placing(defined, nullptr, 0) {}

  constexpr void restart(const place &from, u8 *out, bool complete) noexcept {
    out_ = out;
    base_ = from.here;
    scope_.here = from.here;
    scope_.seen = from.seen;
    scope_.count = from.known;
    scope_.line = from.line;
    scope_.complete = complete;
  }

  constexpr void define(reader &in, const word &name, u64 value) {
    ++scope_.seen;
    if (scope_.complete)
      return;
    if (kind_of(name.text[0]) != ch_digit)
      for (std::size_t i = 0; i < scope_.count; ++i)
        if (room_[i].name.hash == name.hash && room_[i].name.text == name.text) {
          in.fail(mistake::defined_twice);
          return;
        }
    if (scope_.count == rooms_) {
      in.fail(mistake::too_many_labels);
      return;
    }
    room_[scope_.count++] = symbol{name, value};
  }

  constexpr void emit(u64 value, unsigned bytes) {
    if (out_ != nullptr)
      for (unsigned i = 0; i < bytes; ++i)
        out_[size() + i] = static_cast<u8>(value >> (8 * i));
    scope_.here += bytes;
  }

  constexpr void directive(reader &in, std::string_view name) {
    const unsigned bytes = name == ".byte"                       ? 1
                           : name == ".half" || name == ".short" ? 2
                           : name == ".word"                     ? 4
                           : name == ".dword" || name == ".quad" ? 8
                                                                 : 0;
    if (bytes != 0)
      values(in, bytes);
    else if (name == ".ascii" || name == ".asciz" || name == ".string")
      characters(in, name != ".ascii");
    else if (name == ".align" || name == ".p2align")
      align(in, known(in));
    else if (name == ".zero" || name == ".space")
      zeros(in, known(in));
    else if (name == ".equ" || name == ".set")
      constant(in);
    else
      in.fail(mistake::unknown_directive);
  }

  /// An expression that must have a value in the first reading, because sizes depend on it.
  constexpr u64 known(reader &in) {
    in.forget_unknown();
    const u64 value = in.expression();
    if (in.unknown())
      in.fail(mistake::unknown_as_yet);
    return value;
  }
  constexpr void values(reader &in, unsigned bytes) {
    do {
      const u64 value = in.expression();
      if (bytes != 8 && value > low_bits(8 * bytes) && sign_extend(value, 8 * bytes) != value)
        in.fail(mistake::value_range);
      emit(value, bytes);
    } while (in.reason() == nullptr && in.take(','));
  }
  constexpr void characters(reader &in, bool terminated) {
    do {
      if (!in.expect('"', mistake::text_missing))
        return;
      while (in.peek() != '"' && in.reason() == nullptr)
        emit(static_cast<u8>(in.quoted()), 1);
      in.take('"');
      if (terminated)
        emit(0, 1);
    } while (in.reason() == nullptr && in.take(','));
  }
  constexpr void align(reader &in, u64 power) {
    if (power > 30) {
      in.fail(mistake::value_range);
      return;
    }
    for (u64 gap = (u64{0} - scope_.here) & low_bits(static_cast<unsigned>(power)); gap != 0;) {
      const filler f = Cpu::notation::padding(gap);
      emit(f.word, f.bytes);
      gap -= f.bytes;
    }
  }
  constexpr void zeros(reader &in, u64 bytes) {
    if (bytes > largest_gap)
      in.fail(mistake::value_range);
    else if (out_ != nullptr)
      for (u64 i = 0; i < bytes; ++i)
        out_[size() + i] = 0;
    scope_.here += in.reason() == nullptr ? bytes : 0;
  }
  constexpr void constant(reader &in) {
    const word name = in.name();
    if (name.text.empty() || kind_of(name.text[0]) == ch_digit)
      in.fail(mistake::name_missing);
    else if (in.expect(',', mistake::value_missing))
      define(in, name, known(in));
  }

  scope scope_{};

private:
  static constexpr u64 largest_gap = u64{1} << 30;

  constexpr placing(const symbol *defined, symbol *room, std::size_t rooms) noexcept : room_(room), rooms_(rooms) {
    scope_.symbols = defined;
    scope_.functions = Cpu::notation::functions.data();
    scope_.function_count = Cpu::notation::functions.size();
  }

  u64 base_ = 0;
  symbol *room_;
  std::size_t rooms_;
  u8 *out_ = nullptr;
};

} // namespace hvkit::isa::detail
