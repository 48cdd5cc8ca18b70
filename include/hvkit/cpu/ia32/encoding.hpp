// SPDX-License-Identifier: BSL-1.0
// Decides how an encoding is written in a row: as the manual's opcode tables write it,
// "00 Eb,Gb | 01 Ev,Gv | 80/0 Eb,Ib". It is read while compiling; what cannot be read is noted, and refused later.
// Source: Intel SDM, Volume 2, "Opcode Map": abbreviations for addressing method and operand type.
#pragma once

#include <array>
#include <string_view>

#include <hvkit/core/bits.hpp>

namespace hvkit::cpu::x86 {

/// Where an operand comes from: the manual's capital letter, or a fixed place.
enum class method : u8 {
  none,
  e,           ///< E: ModRM's register or memory
  g,           ///< G: the general register in ModRM.reg
  m,           ///< M: ModRM's memory; a register there is no instruction
  r,           ///< R: the general register in ModRM.rm; mod is ignored
  s,           ///< S: the segment register in ModRM.reg
  c,           ///< C: the control register in ModRM.reg
  d,           ///< D: the debug register in ModRM.reg
  z,           ///< Z: the general register in the opcode's low three bits
  i,           ///< I: immediate
  j,           ///< J: distance from the next instruction
  o,           ///< O: memory at an offset that stands in the instruction
  a,           ///< A: a far pointer that stands in the instruction
  x,           ///< X: memory at DS:(E)SI
  y,           ///< Y: memory at ES:(E)DI
  accumulator, ///< AL, AX or EAX
  cl,
  dx,
  one,    ///< the number 1
  segment ///< ES, CS, SS, DS, FS or GS by name
};
/// How wide it is: the manual's small letter.
enum class extent : u8 {
  none,
  b, ///< a byte
  w, ///< a word
  d, ///< a doubleword
  v, ///< word or doubleword, by the operand size
  z, ///< the same, of an immediate
  s, ///< a byte, sign-extended to the operand size (the manual's sIb)
  p, ///< far pointer: offset of the operand size, selector
  q, ///< 8 bytes
  a, ///< two of the operand size
  n  ///< an address alone; what is there, if anything, the instruction itself knows (not of the manual)
};

struct operand_spec {
  method from = method::none;
  extent size = extent::none;
  u8 number = 0; ///< of a segment register that is named
};

/// One alternative of an encoding.
struct opcode_form {
  static constexpr u8 no_digit = 8;
  u16 opcode = 0;      ///< 0 to 255, and 256 more for the map behind 0F
  u8 span = 1;         ///< how many opcodes from there on: 8 for "+r", 16 for "+c"
  u8 digit = no_digit; ///< ModRM.reg as part of the opcode
  std::array<operand_spec, 3> operands{};

  [[nodiscard]] constexpr bool has_modrm() const noexcept {
    if (digit != no_digit)
      return true;
    for (const operand_spec &o : operands)
      if (o.from >= method::e && o.from <= method::d)
        return true;
    return false;
  }
  /// Whether ModRM must mean memory.
  [[nodiscard]] constexpr bool memory_only() const noexcept {
    return operands[0].from == method::m || operands[1].from == method::m;
  }
};

/// Why an encoding cannot be read.
enum class unreadable : u8 { no, opcode, digit, span, operand, operands, alternatives, separator };

/// All encodings of a row.
class encoding {
public:
  static constexpr std::size_t most = 14;

  constexpr encoding() = default;
  constexpr encoding(const char *text) : text_(text) {
    while (at_ < text_.size()) {
      if (count_ == most) {
        give_up(unreadable::alternatives);
        return;
      }
      forms_[count_] = read_form();
      ++count_;
      skip();
      if (at_ < text_.size() && text_[at_++] != '|')
        give_up(unreadable::separator);
      skip();
    }
  }

  [[nodiscard]] constexpr std::size_t count() const noexcept { return count_; }
  [[nodiscard]] constexpr const opcode_form &operator[](std::size_t n) const noexcept { return forms_[n]; }
  [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }
  /// What is wrong with the text, if something is; the decoder does not compile then.
  [[nodiscard]] constexpr unreadable mistake() const noexcept { return mistake_; }

private:
  /// The first mistake counts, and reading ends.
  constexpr void give_up(unreadable why) {
    if (mistake_ == unreadable::no)
      mistake_ = why;
    at_ = text_.size();
  }
  constexpr void skip() {
    while (at_ < text_.size() && text_[at_] == ' ')
      ++at_;
  }
  [[nodiscard]] constexpr char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[nodiscard]] static constexpr int digit_of(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  }
  [[nodiscard]] constexpr u16 read_byte() {
    const int high = digit_of(peek());
    ++at_;
    const int low = digit_of(peek());
    ++at_;
    if (high < 0 || low < 0)
      give_up(unreadable::opcode);
    return static_cast<u16>(16 * high + low);
  }
  [[nodiscard]] constexpr opcode_form read_form() {
    opcode_form f{};
    f.opcode = read_byte();
    if (f.opcode == 0x0f) {
      skip();
      f.opcode = static_cast<u16>(256 + read_byte());
    }
    if (peek() == '/') {
      const int digit = digit_of(at_ + 1 < text_.size() ? text_[at_ + 1] : '\0');
      if (digit < 0 || digit > 7)
        give_up(unreadable::digit);
      f.digit = static_cast<u8>(digit);
      at_ += 2;
    } else if (peek() == '+') {
      const char what = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
      if (what != 'r' && what != 'c')
        give_up(unreadable::span);
      f.span = what == 'r' ? 8 : 16;
      at_ += 2;
    }
    skip();
    for (std::size_t n = 0; peek() != '\0' && peek() != '|'; ++n) {
      if (n == 3) {
        give_up(unreadable::operands);
        break;
      }
      f.operands[n] = read_operand();
      if (peek() == ',')
        ++at_;
      skip();
    }
    return f;
  }
  [[nodiscard]] constexpr operand_spec read_operand() {
    const std::size_t first = at_;
    while (peek() != '\0' && peek() != ',' && peek() != ' ' && peek() != '|')
      ++at_;
    const std::string_view word = text_.substr(first, at_ - first);
    const operand_spec named = fixed_place(word);
    if (named.from != method::none)
      return named;
    const operand_spec lettered{word.empty() ? method::none : method_of(word[0]),
                                word.size() == 2 ? extent_of(word[1]) : extent::none};
    if (lettered.from == method::none || lettered.size == extent::none)
      give_up(unreadable::operand);
    return lettered;
  }
  [[nodiscard]] static constexpr operand_spec fixed_place(std::string_view w) {
    constexpr std::string_view segments[] = {"ES", "CS", "SS", "DS", "FS", "GS"};
    for (u8 n = 0; n < 6; ++n)
      if (w == segments[n])
        return {method::segment, extent::w, n};
    return w == "AL"    ? operand_spec{method::accumulator, extent::b}
           : w == "eAX" ? operand_spec{method::accumulator, extent::v}
           : w == "CL"  ? operand_spec{method::cl, extent::b}
           : w == "DX"  ? operand_spec{method::dx, extent::w}
           : w == "1"   ? operand_spec{method::one, extent::b}
                        : operand_spec{};
  }
  [[nodiscard]] static constexpr method method_of(char c) {
    constexpr std::string_view letters = "EGMRSCDZIJOAXY";
    const std::size_t n = letters.find(c);
    return n == std::string_view::npos ? method::none : static_cast<method>(n + 1);
  }
  [[nodiscard]] static constexpr extent extent_of(char c) {
    constexpr std::string_view letters = "bwdvzspqan";
    const std::size_t n = letters.find(c);
    return n == std::string_view::npos ? extent::none : static_cast<extent>(n + 1);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t count_ = 0;
  unreadable mistake_ = unreadable::no;
  std::array<opcode_form, most> forms_{};
};

} // namespace hvkit::cpu::x86
