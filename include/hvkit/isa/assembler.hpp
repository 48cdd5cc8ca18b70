// SPDX-License-Identifier: BSL-1.0
// Decides how a program is written in C++ source: assembly text becomes bytes and symbols, while compiling or while
// running.
//
//     constexpr auto guest = isa::assemble<cpu::rv64>(0x80000000, R"(
//         start:  la   a0, message      # labels, expressions, .equ; ; separates, # and // comment
//         loop:   lbu  t0, 0(a0)
//                 addi a0, a0, 1
//                 bnez t0, loop
//                 ecall
//         message: .asciz "hi"
//     )");
//     guest.bytes();                    // what to load at guest.base
//     *guest.find("loop");              // where a label is
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
#include <vector>

#include <hvkit/isa/statements.hpp>

namespace hvkit::isa {

/// A program of at most `Capacity` bytes and `Labels` symbols, as a constant.
template <std::size_t Capacity, std::size_t Labels> struct image {
  u64 base = 0;
  std::size_t size = 0;
  std::array<u8, Capacity> storage{};
  std::size_t symbol_count = 0;
  std::array<symbol, Labels> symbols{};
  detail::complaint failure{}; ///< never while compiling: there it is a compile error

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

/// Assembles `source`, a literal, to stand at `base`: what a constexpr variable is initialized with. A mistake is then
/// a compile error that shows `complain(line, reason)`. clang's limit on constant evaluation comes at about 300
/// instructions: longer programs are assembled at run time, or in parts. Called at run time, a mistake is in `failure`.
template <class Cpu, std::size_t Capacity = 4096, std::size_t Labels = 64>
[[nodiscard]] constexpr image<Capacity, Labels> assemble(u64 base, std::string_view source) {
  image<Capacity, Labels> made;
  made.base = base;
  detail::reading<Cpu> text{base, source, made.symbols.data(), Labels};
  if (text.lay_out() && text.size() > Capacity)
    made.failure = {detail::complain(1, "the program is larger than the image: give assemble a capacity"), 1, {}};
  else if (text.failure().reason == nullptr && text.write(made.storage.data()))
    made.size = text.size();
  if (text.failure().reason != nullptr)
    made.failure = text.failure();
  made.symbol_count = text.symbols();
  return made;
}

/// Assembles `source` to stand at `base`, while running. A mistake is in `error`; then there are no bytes.
template <class Cpu> [[nodiscard]] program assemble_text(u64 base, std::string_view source) {
  const auto definitions = static_cast<std::size_t>(std::count(source.begin(), source.end(), ':')) +
                           static_cast<std::size_t>(std::count(source.begin(), source.end(), '.'));
  std::vector<symbol> symbols(definitions);
  detail::reading<Cpu> text{base, source, symbols.data(), symbols.size()};
  program made;
  made.base = base;
  const auto failed = [&] {
    made.error = "line " + std::to_string(text.failure().line) + ": " + text.failure().reason + " (" +
                 std::string(text.failure().about) + ")";
    made.storage.clear();
    return made;
  };
  if (!text.lay_out())
    return failed();
  made.storage.resize(text.size());
  if (!text.write(made.storage.data()))
    return failed();
  for (std::size_t i = 0; i < text.symbols(); ++i)
    made.symbols.push_back({std::string(symbols[i].name.text), symbols[i].value});
  return made;
}

} // namespace hvkit::isa
