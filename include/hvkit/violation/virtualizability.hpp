// SPDX-License-Identifier: BSL-1.0
// Decides what is said when an instruction makes a VMM impossible: HV1xx. docs/errors.md has an entry for each.
#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/hana/at.hpp>
#include <boost/hana/length.hpp>

#include <hvkit/policy/classification/rules.hpp>
#include <hvkit/violation/wording.hpp>

namespace hvkit::violation {

/// The name of an instruction as a type: both compilers print it letter by letter.
template <char... Letters> struct instruction {};

namespace detail {
/// The row with number `N` of a CPU: looked up only once there is an offender.
template <class Cpu, std::size_t N, std::size_t Group = 0> [[nodiscard]] constexpr auto row_at() {
  constexpr std::size_t size =
      decltype(isa::hana::length(isa::hana::at_c<Group>(Cpu::instructions.groups).rows))::value;
  if constexpr (N < size)
    return isa::hana::at_c<N>(isa::hana::at_c<Group>(Cpu::instructions.groups).rows);
  else
    return row_at<Cpu, N - size, Group + 1>();
}

template <class Cpu, std::size_t Row> [[nodiscard]] constexpr auto instruction_at() {
  return []<std::size_t... I>(std::index_sequence<I...>) { return instruction<isa::facts<Cpu>[Row].name[I]...>{}; }
  (std::make_index_sequence<isa::facts<Cpu>[Row].name.size()>{});
}
} // namespace detail

// HVKIT_SENTENCE(name, condition, text): a sentence that holds for any instruction, which the condition's type names.
#define HVKIT_SENTENCE(NAME, CONDITION, TEXT)                                                                          \
  template <class Instruction> inline constexpr bool CONDITION = false;                                                \
  template <class Instruction> struct NAME {                                                                           \
    static constexpr std::string_view text = TEXT;                                                                     \
    template <bool Holds> static constexpr void check() { static_assert(Holds || CONDITION<Instruction>, TEXT); }      \
  };

HVKIT_SENTENCE(sensitive_instruction, traps_in_user_mode,
               "hvkit[HV102]: an instruction of this CPU is sensitive but does not trap in user mode (its name is the "
               "argument of `instruction`). Use technique::hybrid, which interprets it, or technique::interpretation; "
               "a row says this in its own words with `because`")
HVKIT_SENTENCE(user_sensitive_instruction, traps_or_is_innocuous_in_user_mode,
               "hvkit[HV102]: an instruction of this CPU is sensitive in user mode but does not trap there (its name "
               "is the argument of `instruction`). Use technique::interpretation; a row says this in its own words "
               "with `because`")
HVKIT_SENTENCE(wrong_declaration, declared_as_derived,
               "hvkit[HV103]: classification::declared says of an instruction what its semantics do not show (its name "
               "is the argument of `instruction`). Correct the table, or use classification::derived")
HVKIT_SENTENCE(
    unknown_assumption, names_are_known,
    "hvkit[HV104]: classification::assume names an instruction that this CPU does not have among its system "
    "instructions. Names are those of rows, such as \"popf\", or of a row and a group, such as \"csrrs time\"")

#undef HVKIT_SENTENCE

/// Which of the instructions in the way of a theorem is spoken of: the first one that is sensitive in user mode, since
/// it rules out the most techniques, and where there is none, the first. A CPU may name one that goes before all
/// others, if it is in the way: `leader` of its examination.
template <unsigned Theorem, class Cpu, class Classification> [[nodiscard]] constexpr auto worst_offender() {
  struct {
    std::size_t unit;
    bool in_user_mode;
  } worst{theory::verdict_on<Theorem, Cpu, Classification>.offenders[0], false};
  constexpr const auto &verdict = theory::verdict_on<Theorem, Cpu, Classification>;
  for (std::size_t n = verdict.offender_count; n-- != 0;)
    if (Classification::template classes<Cpu>()[verdict.offenders[n]].user_sensitive(verdict.resources))
      worst = {verdict.offenders[n], true};
  if constexpr (requires { theory::examination<Cpu>::leader; })
    for (std::size_t n = 0; n < verdict.offender_count; ++n)
      if (theory::is_named<Cpu>(theory::units<Cpu>[verdict.offenders[n]], theory::examination<Cpu>::leader))
        worst = {verdict.offenders[n], false};
  return worst;
}

/// What is said of the instructions in the way of a theorem that does not apply.
template <unsigned Theorem, class Cpu, class Classification> [[nodiscard]] constexpr auto sentence_on_theorem() {
  constexpr auto worst = worst_offender<Theorem, Cpu, Classification>();
  constexpr isa::row_id row = theory::units<Cpu>[worst.unit].row;
  using offender = decltype(detail::row_at<Cpu, row>());
  using name = decltype(detail::instruction_at<Cpu, row>());
  using of_all = typename theory::examination<Cpu>::sentence;
  using own = std::conditional_t<worst.in_user_mode, typename offender::user_sentence, typename offender::sentence>;
  if constexpr (!std::is_void_v<of_all>)
    return of_all{};
  else if constexpr (!std::is_same_v<own, isa::no_sentence>)
    return own{};
  else if constexpr (worst.in_user_mode)
    return user_sensitive_instruction<name>{};
  else
    return sensitive_instruction<name>{};
}

/// What is said of a classification that is not sound for the CPU.
template <class Cpu, class Classification> [[nodiscard]] constexpr auto sentence_on_classification() {
  if constexpr (requires { Classification::template names_known<Cpu>(); }) {
    return unknown_assumption<void>{};
  } else {
    constexpr isa::row_id row = theory::units<Cpu>[Classification::template disagreement<Cpu>()].row;
    return wrong_declaration<decltype(detail::instruction_at<Cpu, row>())>{};
  }
}

template <unsigned Theorem> struct wording<rule::needs_theorem<Theorem>> {
  template <class C> using sentence =
      decltype(sentence_on_theorem<Theorem, typename C::cpu, typename C::classification>());
  template <class C> [[nodiscard]] static constexpr std::string_view text() { return sentence<C>::text; }
  template <class C> static constexpr void complain() { sentence<C>::template check<false>(); }
};

template <> struct wording<rule::sound_classification> {
  template <class C> using sentence =
      decltype(sentence_on_classification<typename C::cpu, typename C::classification>());
  template <class C> [[nodiscard]] static constexpr std::string_view text() { return sentence<C>::text; }
  template <class C> static constexpr void complain() { sentence<C>::template check<false>(); }
};

/// Does not compile, with one error that names the first offender, unless the theorem applies. Reach it through
/// `decltype(require_theorem<...>())`.
template <unsigned Theorem, class Cpu, class Classification = theory::derivation> constexpr auto require_theorem() {
  if constexpr (!theory::holds<Theorem, Cpu, Classification>)
    decltype(sentence_on_theorem<Theorem, Cpu, Classification>())::template check<false>();
  return std::bool_constant<theory::holds<Theorem, Cpu, Classification>>{};
}
template <class Cpu, class Classification = theory::derivation> constexpr auto require_theorem_1() {
  return require_theorem<1, Cpu, Classification>();
}
template <class Cpu, class Classification = theory::derivation> constexpr auto require_theorem_3() {
  return require_theorem<3, Cpu, Classification>();
}

} // namespace hvkit::violation
