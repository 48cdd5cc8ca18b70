// SPDX-License-Identifier: BSL-1.0
// Decides how assembly text is cut into names and statements, and how a mistake in it is told. Knows no expression.
//
// Written for constant evaluation, where each statement executed counts: plain pointers, few calls.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include <hvkit/core/bits.hpp>
#include <hvkit/isa/mistakes.hpp>

namespace hvkit::isa {

/// A name in the text, with its hash.
struct word {
  std::string_view text;
  u32 hash = 0;
};

inline constexpr u32 hash_seed = 2166136261U;
/// The hash of names, FNV-1a of 32 bits, taken one character further.
[[nodiscard]] constexpr u32 hash_step(u32 hash, char c) noexcept { return (hash ^ static_cast<u8>(c)) * 16777619U; }
/// `text` as a name; it must outlive the word.
[[nodiscard]] constexpr word make_word(std::string_view text) noexcept {
  u32 hash = hash_seed;
  for (const char c : text)
    hash = hash_step(hash, c);
  return {text, hash};
}

/// A label or a constant. Labels that are numbers may be defined again and again.
struct symbol {
  word name;
  u64 value = 0;
};

/// A function that expressions may use, written `%name(...)`.
struct expression_function {
  std::string_view name;
  u64 (*value)(u64);
};

/// What expressions can refer to at some place in the text.
struct scope {
  const symbol *symbols = nullptr; ///< in the order of definition
  std::size_t count = 0;           ///< how many are known
  std::size_t seen = 0;            ///< how many of them are defined before this place
  bool complete = false;           ///< all are known: whatever is missing is missing for good
  u64 here = 0;                    ///< the address of this place
  unsigned line = 0;               ///< and its line
  const expression_function *functions = nullptr;
  std::size_t function_count = 0;
};

namespace detail {
enum character : u8 { ch_other, ch_blank = 1, ch_digit = 2, ch_letter = 4 };
inline constexpr auto character_kinds = [] {
  std::array<u8, 256> kinds{};
  for (unsigned c = 0; c < 256; ++c)
    kinds[c] = c == ' ' || c == '\t' || c == '\r'                                                     ? ch_blank
               : c >= '0' && c <= '9'                                                                 ? ch_digit
               : (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '$' ? ch_letter
                                                                                                      : ch_other;
  return kinds;
}();
[[nodiscard]] constexpr u8 kind_of(char c) noexcept { return character_kinds[static_cast<u8>(c)]; }
} // namespace detail

/// Reads a text from left to right. The first thing that cannot be read stays as `reason`; from then on the results
/// mean nothing. `text` and `names` must outlive it.
class cursor {
public:
  constexpr cursor(std::string_view text, const scope &names) noexcept
      : at_(text.data()), end_(text.data() + text.size()), names_(&names) {}

  /// What could not be read, one of `mistake`'s words or the CPU's own; null if nothing.
  [[nodiscard]] constexpr const char *reason() const noexcept { return reason_; }
  /// Notes `reason`, a literal, unless there is one already. False, for parsers to return.
  constexpr bool fail(const char *reason) noexcept {
    if (reason_ == nullptr)
      reason_ = reason;
    return false;
  }
  [[nodiscard]] constexpr const scope &names() const noexcept { return *names_; }

  /// Whether the whole text is read.
  [[nodiscard]] constexpr bool done() const noexcept { return at_ == end_; }
  /// What is not read yet.
  [[nodiscard]] constexpr std::string_view rest() const noexcept { return {at_, static_cast<std::size_t>(end_ - at_)}; }
  /// The next character; 0 at the end.
  [[nodiscard]] constexpr char peek() const noexcept { return at_ != end_ ? *at_ : '\0'; }
  constexpr void skip_blanks() noexcept {
    while (at_ != end_ && detail::kind_of(*at_) == detail::ch_blank)
      ++at_;
  }
  /// Skips `c` if it comes next.
  constexpr bool take(char c) noexcept {
    skip_blanks();
    if (at_ == end_ || *at_ != c)
      return false;
    ++at_;
    return true;
  }
  /// Skips `c`, or fails for `reason`.
  constexpr bool expect(char c, const char *reason) noexcept { return take(c) || fail(reason); }
  [[nodiscard]] constexpr bool at_open() noexcept {
    skip_blanks();
    return peek() == '(';
  }
  /// Whether nothing more comes in this statement but a comment.
  [[nodiscard]] constexpr bool at_end() noexcept {
    skip_blanks();
    return at_ == end_ || *at_ == '\n' || *at_ == ';' || *at_ == '#' ||
           (*at_ == '/' && end_ - at_ > 1 && at_[1] == '/');
  }
  /// Skips to the end of the statement, over quoted characters too.
  constexpr void skip_operand_text() noexcept {
    while (!at_end())
      skip_one();
  }
  /// Skips to the next comma outside parentheses, or to the end of the statement.
  constexpr std::string_view operand_text() noexcept {
    skip_blanks();
    const char *const first = at_;
    const char *last = at_;
    for (unsigned depth = 0; !at_end() && (*at_ != ',' || depth != 0); last = at_) {
      depth += *at_ == '(' ? 1U : *at_ == ')' && depth != 0 ? ~0U : 0U;
      skip_one();
    }
    return {first, static_cast<std::size_t>(last - first)};
  }
  /// Skips the comment and the end of the statement. True: it was the end of the line, too.
  constexpr bool end_statement() noexcept {
    if (!at_end())
      return fail(mistake::more_than_a_statement);
    if (at_ != end_ && *at_ != '\n' && *at_ != ';')
      while (at_ != end_ && *at_ != '\n')
        ++at_;
    return at_ != end_ && *at_++ == '\n';
  }

  /// Letters, digits, `_`, `.` and `$`; empty if there are none.
  constexpr word name() noexcept {
    skip_blanks();
    const char *const first = at_;
    u32 hash = hash_seed;
    for (; at_ != end_ && detail::kind_of(*at_) >= detail::ch_digit; ++at_)
      hash = hash_step(hash, *at_);
    return {{first, static_cast<std::size_t>(at_ - first)}, hash};
  }
  /// The next character of a quoted text, escapes resolved.
  constexpr char quoted() noexcept {
    if (done() || *at_ == '\n') {
      fail(mistake::open_quote);
      return 0;
    }
    const char c = *at_++;
    if (c != '\\' || done())
      return c;
    const char escaped = *at_++;
    return escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped == 'r' ? '\r' : escaped == '0' ? '\0' : escaped;
  }

protected:
  /// A character, or all of a quoted one.
  constexpr void skip_one() noexcept {
    const std::ptrdiff_t length = *at_ != '\'' ? 1 : end_ - at_ > 3 && at_[1] == '\\' ? 4 : 3;
    at_ += end_ - at_ < length ? 1 : length;
  }

  const char *at_;
  const char *end_;
  const scope *names_;

private:
  const char *reason_ = nullptr;
};

} // namespace hvkit::isa
