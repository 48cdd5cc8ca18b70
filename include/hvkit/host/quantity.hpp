// SPDX-License-Identifier: BSL-1.0
// Decides how people write sizes, counts and text with unprintable characters on a command line.
#pragma once

#include <charconv>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <hvkit/core/access.hpp>
#include <hvkit/host/result.hpp>

namespace hvkit::host {

namespace detail {

/// A number, decimal or hexadecimal with 0x, and what follows it; nothing if there is none or it exceeds 64 bits.
struct number_and_rest {
  u64 value = 0;
  std::string_view rest;
};
[[nodiscard]] inline maybe<number_and_rest> split_number(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex)
    text.remove_prefix(2);
  number_and_rest n;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n.value, hex ? 16 : 10);
  if (error != std::errc())
    return {};
  n.rest = text.substr(static_cast<std::size_t>(end - text.data()));
  return n;
}

/// What the unit's letter stands for: `base` to the power of its place in "KMGT"; 0 if it is none of them.
[[nodiscard]] inline u64 unit_factor(std::string_view letter, u64 base) {
  if (letter.empty())
    return 1;
  u64 factor = base;
  for (const char unit : {'K', 'M', 'G', 'T'}) {
    if (letter.size() == 1 && (letter[0] == unit || letter[0] == unit + ('a' - 'A')))
      return factor;
    factor *= base;
  }
  return 0;
}

[[nodiscard]] inline result<u64> scale(std::string_view text, u64 value, u64 factor) {
  if (factor != 0 && value > ~u64{0} / factor)
    return failure{fmt::format("'{}' is more than 64 bits hold", text)};
  return value * factor;
}

[[nodiscard]] inline int hex_digit(char c) noexcept {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

} // namespace detail

/// A number of bytes: 134217728, 0x8000000, 128M, 128MiB. Units are powers of 1024.
[[nodiscard]] inline result<u64> parse_size(std::string_view text) {
  const auto n = detail::split_number(text);
  std::string_view unit = n ? n->rest : std::string_view("?");
  for (const std::string_view suffix : {"iB", "B"})
    if (unit.ends_with(suffix)) {
      unit.remove_suffix(suffix.size());
      break;
    }
  const u64 factor = detail::unit_factor(unit, 1024);
  if (!n || factor == 0)
    return failure{fmt::format("'{}' is no size: write 134217728, 0x8000000 or 128M", text)};
  return detail::scale(text, n->value, factor);
}

/// A number of things: 50000000, 0x100, 50M. Units are powers of 1000.
[[nodiscard]] inline result<u64> parse_count(std::string_view text) {
  const auto n = detail::split_number(text);
  const u64 factor = n ? detail::unit_factor(n->rest, 1000) : 0;
  if (factor == 0)
    return failure{fmt::format("'{}' is no count: write 50000000 or 50M", text)};
  return detail::scale(text, n->value, factor);
}

/// `text` with \n, \r, \t, \e, \0, \\ and \xHH replaced by what they stand for.
[[nodiscard]] inline result<std::string> unescape(std::string_view text) {
  constexpr std::string_view letters = "nrte0\\";
  constexpr std::string_view meanings{"\n\r\t\x1b\0\\", 6};
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out.push_back(text[i]);
      continue;
    }
    const char escaped = ++i < text.size() ? text[i] : '\0';
    const int high = escaped == 'x' && i + 2 < text.size() ? detail::hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? detail::hex_digit(text[i + 2]) : -1;
    if (const std::size_t known = letters.find(escaped); i < text.size() && known != std::string_view::npos)
      out.push_back(meanings[known]);
    else if (low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else
      return failure{fmt::format("'{}' has a backslash that is not followed by n, r, t, e, 0, \\ or xHH", text)};
  }
  return out;
}

} // namespace hvkit::host
