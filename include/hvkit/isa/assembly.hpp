// SPDX-License-Identifier: BSL-1.0
// Decides how a text that is a template argument is assembled: in steps, each a constant evaluation of its own, so that
// no compiler's limit on one is reached.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include <hvkit/core/fixed_string.hpp>
#include <hvkit/isa/statements.hpp>

namespace hvkit::isa::detail {

/// No text has more symbols than this.
[[nodiscard]] constexpr std::size_t most_symbols(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), ':') +
                                  std::count(text.begin(), text.end(), '.'));
}

/// `Text` assembled for `Cpu` to stand at `Base`. Every member is evaluated when it is first named.
template <written Cpu, u64 Base, fixed_string Text> struct assembly {
  /// Statements in a step. clang allows 1,048,576 steps of its own, of which a statement takes about 3,500, and more
  /// where many labels are looked through.
  static constexpr unsigned statements = 64;
  static constexpr std::size_t rooms = std::max(most_symbols(Text.view()), std::size_t{1});

  struct layout {
    std::array<symbol, rooms> symbols{};
    place end{};
    complaint failure{};
  };
  template <std::size_t N> [[nodiscard]] static constexpr layout lay_out() {
    layout made;
    if constexpr (N == 0)
      made.end.here = Base;
    else
      made = laid_out<N - 1>;
    reading<Cpu> text{Text.view(), made.symbols.data(), rooms};
    text.lay_out(made.end, statements);
    made.end = text.reached();
    made.failure = text.failure();
    return made;
  }
  /// What is known after step N of the first reading.
  template <std::size_t N> static constexpr layout laid_out = lay_out<N>();

  /// How many steps there are up to the end or to a mistake.
  template <std::size_t N = 0> [[nodiscard]] static constexpr std::size_t count_steps() {
    if constexpr (laid_out<N>.failure.reason != nullptr || laid_out<N>.end.offset == Text.view().size())
      return N + 1;
    else
      return count_steps<N + 1>();
  }
  static constexpr std::size_t steps = count_steps();
  static constexpr const layout &whole = laid_out<steps - 1>;
  static constexpr std::size_t size = static_cast<std::size_t>(whole.end.here - Base);

  /// Where step N of the second reading begins.
  template <std::size_t N> [[nodiscard]] static constexpr place start() {
    place from{.here = Base};
    if constexpr (N != 0)
      from = laid_out<N - 1>.end;
    from.known = whole.end.known;
    return from;
  }
  template <std::size_t Size> struct part {
    std::array<u8, Size> bytes{};
    complaint failure{};
  };
  /// The bytes of step N.
  template <std::size_t N> static constexpr auto written_part = [] {
    part<static_cast<std::size_t>(laid_out<N>.end.here - start<N>().here)> made;
    reading<Cpu> text{Text.view(), whole.symbols.data()};
    text.write(start<N>(), made.bytes.data(), statements);
    made.failure = text.failure();
    return made;
  }();

  /// The first mistake; its reason is null if there is none.
  template <std::size_t N = 0> [[nodiscard]] static constexpr complaint first_failure() {
    if constexpr (whole.failure.reason != nullptr)
      return whole.failure;
    else if constexpr (N == steps)
      return {};
    else if constexpr (written_part<N>.failure.reason != nullptr)
      return written_part<N>.failure;
    else
      return first_failure<N + 1>();
  }
  static constexpr complaint failure = first_failure();
};

} // namespace hvkit::isa::detail
