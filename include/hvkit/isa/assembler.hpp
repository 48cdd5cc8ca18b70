// SPDX-License-Identifier: BSL-1.0
// Decides how a program is written in C++ source: assembly text becomes bytes and symbols, while compiling or while
// running.
//
//     constexpr auto guest = isa::assemble<cpu::rv64, 0x80000000, R"(
//         start:  la   a0, message      # labels, expressions, .equ; ; separates, # and // comment
//         loop:   lbu  t0, 0(a0)
//                 addi a0, a0, 1
//                 bnez t0, loop
//                 ecall
//         message: .asciz "hi"
//     )">();
//     guest.bytes();                    // what to load at guest.base
//     *guest.find("loop");              // where a label is
//
// | form                              | a mistake is                                         | length               |
// |-----------------------------------|------------------------------------------------------|----------------------|
// | assemble<Cpu, base, "text">()     | one compile error that says what is wrong, HV041     | thousands of lines   |
// | assemble<Cpu>(base, text)         | while compiling, an error with the reason in a note; | some 300 lines while |
// |                                   | while running, in `failure`                          | compiling            |
// | assemble_text<Cpu>(base, text)    | in `error`, while running                            | any                  |
//
// The syntax is the GNU assembler's. A jump's target is an address. Nothing is relaxed or compressed by itself:
// `c.addi` and its like are written out; `la`, `call` and `tail` always take two instructions. Directives: .byte .half
// .word .dword .ascii .asciz .align .zero .space .equ.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <hvkit/isa/assembly.hpp>
#include <hvkit/isa/statements.hpp>

namespace hvkit::isa {

/// A program of at most `Capacity` bytes and `Labels` symbols, as a constant.
template <std::size_t Capacity, std::size_t Labels> struct image {
  u64 base = 0;
  std::size_t size = 0;
  std::array<u8, Capacity> storage{};
  std::size_t symbol_count = 0;
  std::array<symbol, Labels> symbols{};
  detail::complaint failure{}; ///< while running; while compiling it is a compile error

  [[nodiscard]] constexpr std::span<const u8> bytes() const noexcept { return {storage.data(), size}; }
  /// The address of a label or the value of a constant.
  [[nodiscard]] constexpr maybe<u64> find(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < symbol_count; ++i)
      if (symbols[i].name.text == name)
        return symbols[i].value;
    return {};
  }
};

/// A program assembled at run time, or why there is none.
class program {
public:
  struct named_value {
    std::string name;
    u64 value = 0;
  };
  u64 base = 0;
  std::vector<u8> storage;
  std::vector<named_value> symbols;
  std::string error; ///< "line N: reason", or empty

  [[nodiscard]] explicit operator bool() const noexcept { return error.empty(); }
  [[nodiscard]] std::span<const u8> bytes() const noexcept { return storage; }
  /// The address of a label or the value of a constant.
  [[nodiscard]] maybe<u64> find(std::string_view name) const noexcept {
    for (const named_value &s : symbols)
      if (s.name == name)
        return s.value;
    return {};
  }
};

/// Assembles `Text` to stand at `Base`, whenever a constant is wanted. A mistake is one compile error, hvkit[HV041].
template <written Cpu, u64 Base, fixed_string Text> [[nodiscard]] constexpr auto assemble() {
  using made = detail::assembly<Cpu, Base, Text>;
  if constexpr (made::failure.reason != nullptr) {
    detail::refuse_text<made::failure>();
    return image<1, 1>{};
  } else {
    return []<std::size_t... N>(std::index_sequence<N...>) {
      image<std::max(made::size, std::size_t{1}), made::rooms> joined{
          Base, made::size, {}, made::whole.end.known, made::whole.symbols};
      u8 *to = joined.storage.data();
      const auto append = [&to](const auto &part) { to = std::copy(part.bytes.begin(), part.bytes.end(), to); };
      (append(made::template written_part<N>), ...);
      return joined;
    }
    (std::make_index_sequence<made::steps>{});
  }
}

/// Assembles `source` to stand at `base`. In a constexpr variable's initializer a mistake is a compile error that shows
/// `mistake_in_line::<reason>` indexed with the line; called at run time, it is in `failure`.
template <written Cpu, std::size_t Capacity = 4096, std::size_t Labels = 64>
[[nodiscard]] constexpr image<Capacity, Labels> assemble(u64 base, std::string_view source) {
  image<Capacity, Labels> made;
  made.base = base;
  detail::reading<Cpu> text{source, made.symbols.data(), Labels};
  if (text.lay_out({.here = base}) && text.size() > Capacity)
    made.failure = {mistake::too_large, 1, {}};
  else if (text.failure().reason == nullptr && text.write({.here = base, .known = text.symbols()}, made.storage.data()))
    made.size = text.size();
  if (text.failure().reason != nullptr)
    made.failure = text.failure();
  if (std::is_constant_evaluated() && made.failure.reason != nullptr)
    static_cast<void>(detail::end_evaluation(made.failure.line, made.failure.reason));
  made.symbol_count = text.symbols();
  return made;
}

/// Bytes that `assemble_text` makes at most: more are a slip of the pen, or somebody's attack on the host.
inline constexpr std::size_t longest_word = 60; ///< characters of a mistaken word that are told
inline constexpr std::size_t largest_program = std::size_t{64} << 20;

/// Assembles `source` to stand at `base`, while running. A mistake is in `error`; then there are no bytes.
template <class Cpu> [[nodiscard]] program assemble_text(u64 base, std::string_view source) {
  std::vector<symbol> symbols(detail::most_symbols(source));
  detail::reading<Cpu> text{source, symbols.data(), symbols.size()};
  program made;
  made.base = base;
  const auto failed = [&] {
    made.error = "line " + std::to_string(text.failure().line) + ": " + text.failure().reason + " (" +
                 std::string(text.failure().about.substr(0, longest_word)) + ")";
    made.storage.clear();
    return made;
  };
  if (!text.lay_out({.here = base}))
    return failed();
  if (text.size() > largest_program) {
    made.error = "the program has more than " + std::to_string(largest_program) + " bytes";
    return made;
  }
  made.storage.resize(text.size());
  if (!text.write({.here = base, .known = text.symbols()}, made.storage.data()))
    return failed();
  for (std::size_t i = 0; i < text.symbols(); ++i)
    made.symbols.push_back({std::string(symbols[i].name.text), symbols[i].value});
  return made;
}

} // namespace hvkit::isa
