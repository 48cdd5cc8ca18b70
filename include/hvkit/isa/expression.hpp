// SPDX-License-Identifier: BSL-1.0
// Decides what numbers and expressions are in assembly text, and which symbols they can name.
#pragma once

#include <cstddef>
#include <string_view>

#include <hvkit/isa/cursor.hpp>

namespace hvkit::isa {

namespace detail {
/// A binary operator as C has it; precedence 0 is none.
struct binary {
  char sign = 0;
  unsigned precedence = 0;
  unsigned length = 1;
};
[[nodiscard]] constexpr u64 apply(char sign, u64 a, u64 b) noexcept {
  switch (sign) {
  case '|':
    return a | b;
  case '^':
    return a ^ b;
  case '&':
    return a & b;
  case '<':
    return b < 64 ? a << b : 0;
  case '>':
    return b < 64 ? a >> b : 0;
  case '+':
    return a + b;
  case '-':
    return a - b;
  default:
    return a * b;
  }
}
} // namespace detail

/// Reads expressions, too: what operands are read from.
class reader : public cursor {
public:
  using cursor::cursor;

  /// An expression was read that refers to a symbol not known yet.
  [[nodiscard]] constexpr bool unknown() const noexcept { return unknown_; }
  /// What was read before no longer counts for `unknown`.
  constexpr void forget_unknown() noexcept { unknown_ = false; }
  /// A value modulo 2^64. Operators as in C: | ^ & << >> + - * and unary - ~.
  constexpr u64 expression(unsigned least = 1) noexcept {
    u64 left = primary();
    while (reason() == nullptr) {
      const detail::binary next = peek_operator();
      if (next.precedence < least)
        break;
      at_ += next.length;
      const u64 right = expression(next.precedence + 1);
      left = detail::apply(next.sign, left, right);
    }
    return left;
  }

private:
  /// How deep signs, parentheses and functions may be nested: a text must not use up the host's stack.
  static constexpr unsigned deepest = 64;

  [[nodiscard]] constexpr detail::binary peek_operator() noexcept {
    skip_blanks();
    switch (const char c = peek()) {
    case '|':
      return {c, 1};
    case '^':
      return {c, 2};
    case '&':
      return {c, 3};
    case '<':
    case '>':
      return {c, end_ - at_ > 1 && at_[1] == c ? 4U : 0U, 2};
    case '+':
    case '-':
      return {c, 5};
    case '*':
      return {c, 6};
    default:
      return {};
    }
  }
  constexpr u64 primary() noexcept {
    if (depth_ == deepest) {
      fail(mistake::too_deep);
      return 0;
    }
    ++depth_;
    const u64 value = term();
    --depth_;
    return value;
  }
  constexpr u64 term() noexcept {
    skip_blanks();
    const char c = peek();
    if (detail::kind_of(c) == detail::ch_digit)
      return number();
    if (detail::kind_of(c) == detail::ch_letter)
      return named(name());
    switch (c) {
    case '-':
      ++at_;
      return u64{0} - primary();
    case '~':
      ++at_;
      return ~primary();
    case '(':
      ++at_;
      return closed(expression());
    case '%':
      ++at_;
      return function(name());
    case '\'':
      ++at_;
      return character(quoted());
    default:
      fail(mistake::term_missing);
      return 0;
    }
  }
  constexpr u64 closed(u64 value) noexcept {
    expect(')', mistake::open_parenthesis);
    return value;
  }
  constexpr u64 character(char c) noexcept {
    expect('\'', mistake::open_quote);
    return static_cast<u8>(c);
  }
  constexpr u64 function(word called) noexcept {
    for (std::size_t i = 0; i < names_->function_count; ++i)
      if (names_->functions[i].name == called.text) {
        expect('(', mistake::argument);
        return names_->functions[i].value(closed(expression()));
      }
    fail(mistake::unknown_function);
    return 0;
  }
  /// Decimal, hexadecimal (0x) or binary (0b); or a numeric label with f (the next one) or b (the last one).
  constexpr u64 number() noexcept {
    const word all = name();
    const std::string_view t = all.text;
    const char last = t[t.size() - 1];
    const bool hex = t.size() > 2 && t[0] == '0' && (t[1] == 'x' || t[1] == 'X');
    const bool two = t.size() > 2 && t[0] == '0' && (t[1] == 'b' || t[1] == 'B');
    if (!hex && !two && (last == 'f' || last == 'b'))
      return numeric_label(make_word(t.substr(0, t.size() - 1)), last == 'f');
    const u64 radix = hex ? 16 : two ? 2 : 10;
    u64 value = 0;
    for (const char *c = t.data() + (radix != 10 ? 2 : 0); c != at_; ++c) {
      const u64 digit = *c <= '9' ? u64(*c - '0') : *c >= 'a' ? u64(*c - 'a' + 10) : u64(*c - 'A' + 10);
      if (digit >= radix || value > (~u64{0} - digit) / radix) {
        fail(digit >= radix ? mistake::no_number : mistake::number_too_large);
        return 0;
      }
      value = value * radix + digit;
    }
    return value;
  }
  constexpr u64 named(word n) noexcept {
    if (n.text == ".")
      return names_->here;
    for (std::size_t i = 0; i < names_->count; ++i)
      if (names_->symbols[i].name.hash == n.hash && names_->symbols[i].name.text == n.text)
        return names_->symbols[i].value;
    return missing();
  }
  constexpr u64 numeric_label(word n, bool forward) noexcept {
    const auto is_it = [&](std::size_t i) { return names_->symbols[i].name.text == n.text; };
    if (forward) {
      for (std::size_t i = names_->seen; i < names_->count; ++i)
        if (is_it(i))
          return names_->symbols[i].value;
    } else {
      for (std::size_t i = names_->seen; i-- != 0;)
        if (is_it(i))
          return names_->symbols[i].value;
    }
    return missing();
  }
  constexpr u64 missing() noexcept {
    unknown_ = true;
    if (names_->complete)
      fail(mistake::unknown_name);
    return 0;
  }

  bool unknown_ = false;
  unsigned depth_ = 0;
};

} // namespace hvkit::isa
