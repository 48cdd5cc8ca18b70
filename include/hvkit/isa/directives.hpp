// SPDX-License-Identifier: BSL-1.0
// Decides what labels, directives and data are in assembly text: where the next byte goes, and which symbols there are.
#pragma once

#include <cstddef>
#include <string_view>

#include <hvkit/isa/syntax.hpp>

namespace hvkit::isa::detail {

/// The place where a reading of the text has come to. `room` takes up to `rooms` symbols. Without `out_` nothing is
/// written: sizes and symbols are found.
template <written Cpu> class placing {
public:
  [[nodiscard]] constexpr std::size_t size() const noexcept { return static_cast<std::size_t>(scope_.here - base_); }
  [[nodiscard]] constexpr std::size_t symbols() const noexcept { return scope_.count; }

protected:
  constexpr placing(u64 base, symbol *room, std::size_t rooms) noexcept : base_(base), room_(room), rooms_(rooms) {
    scope_.symbols = room;
    scope_.functions = Cpu::notation::functions.data();
    scope_.function_count = Cpu::notation::functions.size();
  }
  /// Back to the first byte.
  constexpr void restart(u8 *out, bool complete) noexcept {
    out_ = out;
    scope_.here = base_;
    scope_.seen = 0;
    scope_.line = 1;
    scope_.complete = complete;
  }

  constexpr void define(reader &in, const word &name, u64 value) {
    ++scope_.seen;
    if (scope_.complete)
      return;
    if (kind_of(name.text[0]) != ch_digit)
      for (std::size_t i = 0; i < scope_.count; ++i)
        if (room_[i].name.hash == name.hash && room_[i].name.text == name.text) {
          in.fail("this name is defined twice");
          return;
        }
    if (scope_.count == rooms_) {
      in.fail("there are more labels than the image has room for");
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
      in.fail("no directive has this name");
  }

  /// An expression that must have a value in the first reading, because sizes depend on it.
  constexpr u64 known(reader &in) {
    in.forget_unknown();
    const u64 value = in.expression();
    if (in.unknown())
      in.fail("this depends on a label that is not known here yet");
    return value;
  }
  constexpr void values(reader &in, unsigned bytes) {
    do {
      const u64 value = in.expression();
      if (bytes != 8 && value > low_bits(8 * bytes) && sign_extend(value, 8 * bytes) != value)
        in.fail("this value is out of range");
      emit(value, bytes);
    } while (in.reason() == nullptr && in.take(','));
  }
  constexpr void characters(reader &in, bool terminated) {
    do {
      if (!in.expect('"', "a quoted text is missing here"))
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
      in.fail("this value is out of range");
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
      in.fail("this value is out of range");
    else if (out_ != nullptr)
      for (u64 i = 0; i < bytes; ++i)
        out_[size() + i] = 0;
    scope_.here += in.reason() == nullptr ? bytes : 0;
  }
  constexpr void constant(reader &in) {
    const word name = in.name();
    if (name.text.empty() || kind_of(name.text[0]) == ch_digit)
      in.fail("a name is missing here");
    else if (in.expect(',', "a value is missing here"))
      define(in, name, known(in));
  }

  scope scope_{};

private:
  static constexpr u64 largest_gap = u64{1} << 30;

  u64 base_;
  symbol *room_;
  std::size_t rooms_;
  u8 *out_ = nullptr;
};

} // namespace hvkit::isa::detail
