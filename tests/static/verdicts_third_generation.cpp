// SPDX-License-Identifier: BSL-1.0
// Shows which theorems apply to machines composed from subsets of rows, and that the verdict names the offenders.
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/policy/classification/assume.hpp>
#include <hvkit/policy/classification/declared.hpp>
#include <hvkit/policy/classification/derived.hpp>
#include <hvkit/theory/verdict.hpp>
#include <hvkit/violation/virtualizability.hpp>

using namespace hvkit;
using isa::resource;

namespace {
namespace rows = cpu::rows;

using honest = cpu::third_generation<rows::honest>;
using with_jrst1 = cpu::third_generation<rows::honest, rows::jrst1>;
using with_lra = cpu::third_generation<rows::honest, rows::lra>;
using with_popf = cpu::third_generation<rows::honest, rows::popf>;
using with_stck = cpu::third_generation<rows::honest, rows::stck>;
using with_iopl =
    cpu::basic_third_generation<cpu::third_generation_knobs{.io_privilege_level = true}, rows::honest, rows::popf>;

/// The one offender of a theorem.
template <unsigned Theorem, class Cpu> constexpr bool blames(std::string_view name) {
  constexpr const auto &v = theory::verdict_on<Theorem, Cpu>;
  return v.offender_count == 1 && v.offenders[0] == theory::find_unit<Cpu>(name);
}

// One machine passes all theorems, one fails theorem 1 and passes 3, one fails both.
static_assert(theory::holds<1, honest> && theory::holds<2, honest> && theory::holds<3, honest>);
static_assert(!theory::holds<1, with_jrst1> && !theory::holds<2, with_jrst1> && theory::holds<3, with_jrst1>);
static_assert(!theory::holds<1, with_lra> && !theory::holds<3, with_lra>);
static_assert(blames<1, with_jrst1>("jrst1") && blames<1, with_lra>("lra") && blames<3, with_lra>("lra"));

static_assert(blames<1, with_popf>("popf") && theory::holds<3, with_popf>);
static_assert(blames<1, with_iopl>("popf") && blames<3, with_iopl>("popf"));

// A verdict is relative to a set of resources. Theorem 2 counts time in, always.
constexpr auto without_time =
    static_cast<resource>(static_cast<u16>(isa::all_resources) & ~static_cast<u16>(resource::time));
static_assert(!theory::holds<1, with_stck>);
static_assert(theory::holds<1, with_stck, theory::derivation, without_time>);
static_assert(!theory::holds<2, with_stck, theory::derivation, without_time>);

// The evidence: what user mode shows by itself goes first.
static_assert(theory::evidence(1, theory::classes<with_popf>[theory::find_unit<with_popf>("popf")]) ==
              theory::kind::mode);
static_assert(theory::evidence(1, theory::classes<with_stck>[theory::find_unit<with_stck>("stck")]) ==
              theory::kind::user_resource);

// Classifications other than `derived`.
static_assert(theory::holds<1, with_popf, classification::assume<"popf">>);
static_assert(!theory::holds<1, with_popf, classification::assume<"ssm">>);
static_assert(!theory::holds<1, with_popf, classification::derived>);
static_assert(classification::assume<"popf">::names_known<with_popf>() &&
              !classification::assume<"popf">::names_known<honest>() &&
              !classification::assume<"add">::names_known<honest>());

using classification::trait;
constexpr std::array<classification::declaration, 9> declared{{
    {"svc", trait::always_traps},
    {"lpsw", trait::privileged | trait::control_sensitive},
    {"lbar", trait::privileged | trait::control_sensitive},
    {"ssm", trait::privileged | trait::control_sensitive},
    {"spt", trait::privileged | trait::control_sensitive | trait::resource_sensitive},
    {"stpt", trait::privileged | trait::resource_sensitive},
    {"sio", trait::privileged | trait::control_sensitive | trait::resource_sensitive},
    {"idle", trait::privileged | trait::control_sensitive | trait::resource_sensitive},
    {"popf", trait::control_sensitive | trait::mode_sensitive},
}};
static_assert(classification::declared<declared>::disagreement<honest>() == theory::no_unit);
static_assert(classification::declared<declared>::disagreement<with_popf>() == theory::no_unit);
static_assert(!theory::holds<1, with_popf, classification::declared<declared>> &&
              theory::holds<3, with_popf, classification::declared<declared>> &&
              theory::holds<1, honest, classification::declared<declared>>);
static_assert(classification::declared<declared>::disagreement<with_jrst1>() == theory::find_unit<with_jrst1>("jrst1"));

// What is declared comes out of the classes that are made of it.
static_assert([] {
  for (const auto &c : classification::declared<declared>::classes<with_popf>())
    for (const auto &d : declared)
      if (theory::is_named<with_popf>(c.what, d.name) && classification::traits_of(c) != d.traits)
        return false;
  return true;
}());

// The words are the row's own.
template <class Cpu, class Classification> struct asked {
  using cpu = Cpu;
  using classification = Classification;
};
template <class Cpu, unsigned Theorem = 1> constexpr std::string_view
    words = violation::wording<rule::needs_theorem<Theorem>>::template text<asked<Cpu, classification::derived>>();
static_assert(words<with_popf>.starts_with("hvkit[HV101]: third_generation 'popf' is sensitive but does not trap"));
static_assert(words<with_jrst1>.starts_with("hvkit[HV101]: third_generation 'jrst1' is sensitive but does not trap"));

// The hybrid VMM is advised exactly where it copes: never to whom it was refused, nor where it would be refused next.
template <class Cpu> constexpr bool advises_well() {
  constexpr bool copes = theory::holds<3, Cpu>;
  const bool advised = words<Cpu>.find("technique::hybrid") != std::string_view::npos;
  if constexpr (!copes)
    return !advised && words<Cpu, 3>.find("technique::hybrid") == std::string_view::npos;
  else
    return advised;
}
template <bool Iopl, const auto &...Groups> constexpr bool advised_well = advises_well<
    cpu::basic_third_generation<cpu::third_generation_knobs{.io_privilege_level = Iopl}, rows::honest, Groups...>>();
static_assert(advised_well<false, rows::popf> && advised_well<true, rows::popf>);
static_assert(advised_well<false, rows::spl> && advised_well<false, rows::jrst1> && advised_well<false, rows::mfpi>);
static_assert(advised_well<false, rows::pushf> && advised_well<false, rows::lra> && advised_well<false, rows::stck>);
static_assert(advised_well<false, rows::popf, rows::pushf> &&
              words<cpu::third_generation<rows::popf, rows::pushf>>.find("'pushf'") != std::string_view::npos);
static_assert(decltype(violation::require_theorem_1<honest>())::value);
static_assert(decltype(violation::require_theorem_3<with_popf>())::value);
static_assert(rule::needs_theorem<1>::holds<asked<honest, classification::derived>>() &&
              !rule::needs_theorem<1>::holds<asked<with_popf, classification::derived>>() &&
              rule::needs_theorem<1>::holds<asked<with_popf, classification::assume<"popf">>>());
static_assert(rule::sound_classification::holds<asked<with_popf, classification::assume<"popf">>>() &&
              !rule::sound_classification::holds<asked<honest, classification::assume<"popf">>>() &&
              !rule::sound_classification::holds<asked<with_jrst1, classification::declared<declared>>>());
} // namespace
