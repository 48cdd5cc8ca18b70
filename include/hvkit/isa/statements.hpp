// SPDX-License-Identifier: BSL-1.0
// Decides what each statement of an assembly text does: labels, directives, pseudo-instructions, instructions.
//
// The text is read twice by the same functions: once to lay it out (sizes and labels), once to write the bytes.
#pragma once

#include <cstddef>
#include <limits>
#include <string_view>

#include <hvkit/isa/encoder.hpp>
#include <hvkit/isa/syntax.hpp>

namespace hvkit::isa::detail {

/// What stopped the assembler. `reason` is a literal; null if nothing did.
struct complaint {
  const char *reason = nullptr;
  unsigned line = 0;
  std::string_view about; ///< the statement's first word
};

/// One reading of `source`, to stand at address `base`. `room` takes up to `rooms` symbols.
template <written Cpu> class reading {
public:
  constexpr reading(u64 base, std::string_view source, symbol *room, std::size_t rooms) noexcept
      : base_(base), source_(source), room_(room), rooms_(rooms) {
    scope_.symbols = room;
    scope_.functions = Cpu::notation::functions.data();
    scope_.function_count = Cpu::notation::functions.size();
  }

  /// Finds all labels and the size. False: see `failure`.
  constexpr bool lay_out() { return read(nullptr); }
  /// After `lay_out`: writes `size()` bytes to `out`.
  constexpr bool write(u8 *out) {
    scope_.complete = true;
    return read(out);
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return static_cast<std::size_t>(scope_.here - base_); }
  [[nodiscard]] constexpr std::size_t symbols() const noexcept { return scope_.count; }
  [[nodiscard]] constexpr const complaint &failure() const noexcept { return failure_; }

private:
  constexpr bool read(u8 *out) {
    out_ = out;
    scope_.here = base_;
    scope_.seen = 0;
    scope_.line = 1;
    reader in{source_, scope_};
    while (!in.done()) {
      statement(in);
      const bool newline = in.end_statement();
      if (in.reason() != nullptr) {
        failure_.reason = in.reason();
        failure_.line = scope_.line;
        return false;
      }
      scope_.line += newline ? 1U : 0U;
    }
    return true;
  }

  constexpr void statement(reader &in) {
    while (in.reason() == nullptr && !in.at_end()) {
      const word first = in.name();
      failure_.about = first.text;
      if (first.text.empty()) {
        in.fail("a label, a directive or an instruction is missing here");
        return;
      }
      if (!in.take(':')) {
        if (first.text[0] == '.')
          directive(in, first.text);
        else
          instruction(in, first);
        return;
      }
      define(in, first, scope_.here);
    }
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

  // Directives.

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
  static constexpr u64 largest_gap = u64{1} << 30;
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
    if (name.text.empty())
      in.fail("a name is missing here");
    if (in.expect(',', "a value is missing here"))
      define(in, name, known(in));
  }

  // Instructions.

  constexpr void instruction(reader &in, const word &name) {
    std::size_t p = pseudo_index<Cpu>.find(name);
    if (p < Cpu::notation::pseudos.size()) {
      operand_texts given = split(in);
      for (; p < Cpu::notation::pseudos.size() && Cpu::notation::pseudos[p].name == name.text; ++p)
        if (Cpu::notation::pseudos[p].operands == given.count) {
          in = given.after;
          rewrite(in, Cpu::notation::pseudos[p], given);
          return;
        }
    }
    real(in, name);
  }

  struct operand_texts {
    std::array<std::string_view, 4> text{};
    unsigned count = 0;
    reader after;
  };
  [[nodiscard]] static constexpr operand_texts split(reader in) {
    operand_texts all{{}, 0, in};
    if (!in.at_end())
      do
        all.text[all.count++] = in.operand_text();
      while (all.count != all.text.size() && in.take(','));
    all.after = in;
    return all;
  }

  constexpr void rewrite(reader &in, const pseudo &p, const operand_texts &given) {
    text<256> computed;
    std::string_view plan = p.becomes;
    if (p.compute != nullptr) {
      reader value{given.text[given.count - 1], scope_};
      computed = p.compute(known(value));
      plan = computed;
      if (!value.at_end())
        value.fail("an operand is not of the right kind");
      if (value.reason() != nullptr) {
        in.fail(value.reason());
        return;
      }
    }
    text<512> filled;
    for (std::size_t i = 0; i < plan.size(); ++i)
      if (plan[i] == '$')
        filled << given.text[static_cast<std::size_t>(plan[++i] - '0')];
      else
        filled << plan[i];
    if (!filled.complete())
      in.fail("the operands are too long");
    for (reader nested{filled, scope_}; !nested.done() && in.reason() == nullptr; nested.end_statement()) {
      const word name = nested.name();
      if (name.text[0] == '.')
        directive(nested, name.text);
      else
        real(nested, name);
      if (nested.reason() != nullptr)
        in.fail(nested.reason());
    }
  }

  constexpr void real(reader &in, const word &name) {
    std::size_t entry = entry_index<Cpu>.find(name);
    const std::size_t point = entry == entry_count<Cpu> ? name.text.rfind('.') : std::string_view::npos;
    if (point != std::string_view::npos)
      entry = entry_index<Cpu>.find(make_word(name.text.substr(0, point)));
    if (entry == entry_count<Cpu> || (point != std::string_view::npos && !entry_syntax<Cpu>[entry].suffixed)) {
      in.fail("no instruction has this name");
      return;
    }
    if (!scope_.complete) {
      in.skip_operand_text();
      emit(0, entry < row_count<Cpu> ? Cpu::notation::row_bytes : Cpu::notation::alias_bytes);
      return;
    }
    typename Cpu::operands o{};
    const syntax_items &items = entry_syntax<Cpu>[entry];
    if (point != std::string_view::npos) {
      reader suffix{name.text.substr(point + 1), scope_};
      if (!Cpu::notation::kinds[items.item[0] - syntax_items::first_kind].parse(suffix, o))
        in.fail(suffix.reason());
    }
    if (parse<Cpu>(in, items, o))
      encode_entry(in, entry, items, o);
  }

  constexpr void encode_entry(reader &in, std::size_t entry, const syntax_items &items,
                              const typename Cpu::operands &o) {
    if (entry < row_count<Cpu>) {
      const auto word = encode<Cpu>(static_cast<row_id>(entry), o);
      if (!word)
        in.fail("an operand is out of range or misaligned");
      emit(word.value_or(0), Cpu::notation::row_bytes);
      return;
    }
    // What an alias implies is not written: the operands that are written must come back.
    const auto &alias = Cpu::aliases[entry - row_count<Cpu>];
    const u32 word = alias.code.match | alias.encode(o);
    const auto back = alias.decode(word);
    if (find_entry<Cpu>(word) != entry || !back || shown<Cpu>(items, *back) != shown<Cpu>(items, o))
      in.fail("this encoding cannot say these operands");
    emit(word, Cpu::notation::alias_bytes);
  }

  u64 base_;
  std::string_view source_;
  symbol *room_;
  std::size_t rooms_;
  u8 *out_ = nullptr;
  scope scope_{};
  complaint failure_{};
};

} // namespace hvkit::isa::detail
