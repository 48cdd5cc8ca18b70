// SPDX-License-Identifier: BSL-1.0
// Decides what each statement of an assembly text does: labels, directives, pseudo-instructions, instructions.
//
// The text is read twice by the same functions: once to lay it out (sizes and labels), once to write the bytes.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include <hvkit/isa/directives.hpp>
#include <hvkit/isa/encoder.hpp>

namespace hvkit::isa::detail {

/// Readings of `source`, in one go or in steps.
template <written Cpu> class reading : public placing<Cpu> {
public:
  constexpr reading(std::string_view source, symbol *room, std::size_t rooms) noexcept
      : placing<Cpu>(room, rooms), source_(source) {}
  /// For writing alone: the symbols are known.
  constexpr reading(std::string_view source, const symbol *defined) noexcept : placing<Cpu>(defined), source_(source) {}

  static constexpr unsigned all_statements = ~0U;
  /// Finds symbols and sizes in the next statements. False: see `failure`.
  constexpr bool lay_out(const place &from, unsigned statements = all_statements) {
    return read(from, nullptr, false, statements);
  }
  /// After everything is laid out: writes the bytes of the next statements to `out`, `size()` then.
  constexpr bool write(const place &from, u8 *out, unsigned statements = all_statements) {
    return read(from, out, true, statements);
  }
  [[nodiscard]] constexpr const complaint &failure() const noexcept { return failure_; }
  /// Where the reading has come to.
  [[nodiscard]] constexpr place reached() const noexcept {
    return {scope_.here, offset_, scope_.seen, scope_.count, scope_.line};
  }

private:
  using placing<Cpu>::scope_, placing<Cpu>::emit, placing<Cpu>::define, placing<Cpu>::directive, placing<Cpu>::known;

  constexpr bool read(const place &from, u8 *out, bool complete, unsigned statements) {
    this->restart(from, out, complete);
    reader in{source_.substr(from.offset), scope_};
    for (; statements != 0 && !in.done(); --statements) {
      statement(in);
      const bool newline = in.end_statement();
      if (in.reason() != nullptr) {
        failure_.reason = in.reason();
        failure_.line = scope_.line;
        return false;
      }
      scope_.line += newline ? 1U : 0U;
    }
    offset_ = source_.size() - in.rest().size();
    return true;
  }

  constexpr void statement(reader &in) {
    while (in.reason() == nullptr && !in.at_end()) {
      const word first = in.name();
      failure_.about = first.text;
      if (first.text.empty()) {
        in.fail(mistake::nothing_to_do);
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
        value.fail(mistake::operand);
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
      in.fail(mistake::operands_too_long);
    for (reader nested{filled, scope_}; !nested.done() && in.reason() == nullptr; nested.end_statement()) {
      const word name = nested.name();
      if (name.text.empty())
        nested.fail(mistake::operand);
      else if (name.text[0] == '.')
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
      in.fail(mistake::unknown_instruction);
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
        in.fail(mistake::operand_range);
      emit(word.value_or(0), Cpu::notation::row_bytes);
      return;
    }
    // What an alias implies is not written: the operands that are written must come back.
    const auto &alias = Cpu::aliases[entry - row_count<Cpu>];
    const u32 word = alias.code.match | alias.encode(o);
    const auto back = alias.decode(word);
    if (!back || shown<Cpu>(items, *back) != shown<Cpu>(items, o))
      in.fail(mistake::no_such_encoding);
    emit(word, Cpu::notation::alias_bytes);
  }

  std::string_view source_;
  std::size_t offset_ = 0;
  complaint failure_{};
};

} // namespace hvkit::isa::detail
