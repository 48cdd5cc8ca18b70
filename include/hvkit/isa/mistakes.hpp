// SPDX-License-Identifier: BSL-1.0
// Decides what can be wrong with an assembly text, in which words it is said, and how the compiler says it.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include <hvkit/core/bits.hpp>

namespace hvkit::isa {

// HVKIT_MISTAKE(name, words): what is wrong, once for `program::error` and for the compiler. What only one CPU's
// operands can get wrong has words in its notation; the compiler then says `operand`.
#define HVKIT_MISTAKES                                                                                                 \
  HVKIT_MISTAKE(unknown_instruction, "no instruction has this name")                                                   \
  HVKIT_MISTAKE(unknown_directive, "no directive has this name")                                                       \
  HVKIT_MISTAKE(unknown_name, "no label or constant has this name")                                                    \
  HVKIT_MISTAKE(unknown_function, "no such function")                                                                  \
  HVKIT_MISTAKE(unknown_as_yet, "this depends on a label that is not known here yet")                                  \
  HVKIT_MISTAKE(defined_twice, "this name is defined twice")                                                           \
  HVKIT_MISTAKE(too_many_labels, "there are more labels than the image has room for")                                  \
  HVKIT_MISTAKE(too_large, "the program is larger than the image: give assemble a capacity")                           \
  HVKIT_MISTAKE(nothing_to_do, "a label, a directive or an instruction is missing here")                               \
  HVKIT_MISTAKE(more_than_a_statement, "something follows the end of this statement")                                  \
  HVKIT_MISTAKE(operand, "an operand is not of the right kind")                                                        \
  HVKIT_MISTAKE(operand_missing, "an operand is missing or not of the right kind")                                     \
  HVKIT_MISTAKE(operand_range, "an operand is out of range or misaligned")                                             \
  HVKIT_MISTAKE(operands_too_long, "the operands are too long")                                                        \
  HVKIT_MISTAKE(no_such_encoding, "this encoding cannot say these operands")                                           \
  HVKIT_MISTAKE(value_range, "this value is out of range")                                                             \
  HVKIT_MISTAKE(value_missing, "a value is missing here")                                                              \
  HVKIT_MISTAKE(name_missing, "a name is missing here")                                                                \
  HVKIT_MISTAKE(term_missing, "a number or a name is missing here")                                                    \
  HVKIT_MISTAKE(text_missing, "a quoted text is missing here")                                                         \
  HVKIT_MISTAKE(argument, "a function's argument stands in parentheses")                                               \
  HVKIT_MISTAKE(open_parenthesis, "a parenthesis is not closed")                                                       \
  HVKIT_MISTAKE(too_deep, "signs and parentheses are nested too deeply")                                               \
  HVKIT_MISTAKE(open_quote, "a quote is not closed")                                                                   \
  HVKIT_MISTAKE(no_number, "this is not a number")                                                                     \
  HVKIT_MISTAKE(number_too_large, "this number needs more than 64 bits")

/// The words of each mistake.
namespace mistake {
#define HVKIT_MISTAKE(NAME, WORDS) inline constexpr const char *NAME = WORDS;
HVKIT_MISTAKES
#undef HVKIT_MISTAKE
} // namespace mistake

namespace detail {

/// What stopped the assembler. `reason` is null if nothing did.
struct complaint {
  const char *reason = nullptr;
  unsigned line = 0;
  std::string_view about; ///< the statement's first word
};

/// A word of the text as a type: both compilers print it letter by letter.
template <char... Letters> struct word_of {};
/// Where the mistake is; lines are counted from 1, the one on which the text begins.
template <unsigned Line, class Word> struct in_line {};

template <class Where> inline constexpr bool assembles = false;

template <const complaint &Mistake> [[nodiscard]] constexpr auto place_of_mistake() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return in_line<Mistake.line, word_of<Mistake.about[I]...>>{};
  }
  (std::make_index_sequence<Mistake.about.size()>{});
}

/// Does not compile, with one error that says what is wrong.
template <const complaint &Mistake, class Where = decltype(place_of_mistake<Mistake>())> constexpr void refuse_text() {
  constexpr std::string_view reason = Mistake.reason;
#define HVKIT_MISTAKE(NAME, WORDS)                                                                                     \
  if constexpr (reason == mistake::NAME)                                                                               \
    static_assert(assembles<Where>, "hvkit[HV041]: in an assembly text, " WORDS " (line and word: see `in_line`)");    \
  else
  HVKIT_MISTAKES
#undef HVKIT_MISTAKE
  static_assert(assembles<Where>, "hvkit[HV041]: in an assembly text, an operand is not of the kind that its "
                                  "instruction takes (line and word: see `in_line`)");
}

/// What the function that takes a text as an argument can do: it ends the constant evaluation by indexing one of these
/// with the line's number. g++ shows array and index in its first line, clang in its notes.
namespace mistake_in_line {
#define HVKIT_MISTAKE(NAME, WORDS) inline constexpr bool NAME[1] = {};
HVKIT_MISTAKES
#undef HVKIT_MISTAKE
} // namespace mistake_in_line

constexpr bool end_evaluation(unsigned line, std::string_view reason) {
#define HVKIT_MISTAKE(NAME, WORDS)                                                                                     \
  if (reason == WORDS)                                                                                                 \
    return mistake_in_line::NAME[line];
  HVKIT_MISTAKES
#undef HVKIT_MISTAKE
  return mistake_in_line::operand[line];
}

} // namespace detail

#undef HVKIT_MISTAKES

} // namespace hvkit::isa
