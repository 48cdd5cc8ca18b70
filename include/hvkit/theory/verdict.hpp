// SPDX-License-Identifier: BSL-1.0
// Decides what theorems 1, 2 and 3 of Popek and Goldberg say of a CPU, and which instructions stand in their way.
// Source: Popek, Goldberg, "Formal Requirements for Virtualizable Third Generation Architectures", CACM 17(7), 1974.
#pragma once

#include <hvkit/theory/classes.hpp>

namespace hvkit::theory {

/// Whether a theorem applies to `Cpu`, given the classes of its `N` units.
/// A theorem that does not apply proves nothing impossible; the offenders' witnesses show what would go wrong.
template <class Cpu, std::size_t N> struct verdict {
  unsigned theorem = 1;
  resource resources = isa::all_resources;
  std::array<u16, N> offenders{}; ///< units, in order
  u16 offender_count = 0;

  [[nodiscard]] constexpr bool holds() const { return offender_count == 0; }
};

/// Whether a unit is in the way of that theorem: sensitive (theorem 3: in user states already) and not privileged. What
/// traps in every mode changes nothing and shows nothing, so it is never sensitive.
/// Theorem 2 is theorem 1, and every row that touches time traps; it asks for virtual time that counts what the guest
/// retired, too.
[[nodiscard]] constexpr bool offends(unsigned theorem, const classified &c, resource set) {
  if (c.privileged())
    return false;
  return theorem == 3 ? c.user_sensitive(set) : c.sensitive(theorem == 2 ? set | resource::time : set);
}

/// The verdict over classes from wherever.
template <class Cpu, std::size_t N> [[nodiscard]] constexpr auto
judge(unsigned theorem, const std::array<classified, N> &classes, resource set = verdict_resources<Cpu>) {
  verdict<Cpu, N> v{theorem, set, {}, 0};
  for (std::size_t n = 0; n < N; ++n)
    if (offends(theorem, classes[n], set))
      v.offenders[v.offender_count++] = static_cast<u16>(n);
  return v;
}

/// The classes as they are derived. `classification::derived` is this; a classification is any type with such a member.
struct derivation {
  template <class Cpu> [[nodiscard]] static constexpr const auto &classes() { return theory::classes<Cpu>; }
};

/// The verdict on `Cpu` relative to a set of resources; left out, all but those that are lent.
template <unsigned Theorem, class Cpu, class Classification = derivation, resource Set = verdict_resources<Cpu>>
inline constexpr auto verdict_on = judge<Cpu>(Theorem, Classification::template classes<Cpu>(), Set);

/// Satisfied when the theorem applies. The soft question.
template <unsigned Theorem, class Cpu, class Classification = derivation, resource Set = verdict_resources<Cpu>>
inline constexpr bool holds = verdict_on<Theorem, Cpu, Classification, Set>.holds();

/// The kind of evidence that shows best why a unit offends: what user mode itself shows goes first.
[[nodiscard]] constexpr kind evidence(unsigned theorem, const classified &c, resource set = isa::all_resources) {
  if (has(c.found.user_depends, set))
    return kind::user_resource;
  if (c.found.user_location)
    return kind::user_location;
  if (has(c.found.user_controls, set))
    return kind::user_control;
  if (theorem != 3 && c.mode_sensitive())
    return kind::mode;
  if (c.found.location)
    return kind::location;
  return has(c.found.controls, set) ? kind::control : kind::resource;
}

} // namespace hvkit::theory
