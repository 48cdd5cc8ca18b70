// SPDX-License-Identifier: BSL-1.0
// Decides how a witness is shown again: from its recipe come the states, and from the states, run once more, the
// difference.
#pragma once

#include <hvkit/theory/derive.hpp>

namespace hvkit::theory {

/// What a witness shows: the states, and what became of them. For control there is one run, and `first` against
/// `first_end` is what changed.
template <class Cpu> struct replayed {
  typename Cpu::operands operands{};
  state<Cpu> first{}, second{};
  state<Cpu> first_end{}, second_end{};
  difference shown{};
};

namespace detail {
/// The state a recipe starts from, in mode `m`, with the perturbation if `altered`.
template <class Cpu> [[nodiscard]] constexpr state<Cpu> start_of(const witness &w, u8 m, bool altered) {
  const auto plain = examination<Cpu>::twin(examination<Cpu>::base(w.base), examination<Cpu>::modes[m]);
  if (!altered || w.field == no_field)
    return plain;
  return w.field == moved_program ? *examination<Cpu>::moved(plain) : with_field<Cpu>(plain, w.field, w.value);
}
template <class Cpu> [[nodiscard]] constexpr state<Cpu> end_of(const state<Cpu> &start, const recorder<Cpu> &run) {
  state<Cpu> end = start;
  end.user = run.user().values();
  end.user.retired = start.user.retired;
  end.system = run.words();
  end.memory = run.memory();
  return end;
}
} // namespace detail

/// Runs witness `w` of kind `k` of a unit again. `shown` is what it shows now; it differs from `w.shown` only if the
/// semantics are not what they were.
template <class Cpu> [[nodiscard]] constexpr replayed<Cpu> replay(const unit &u, kind k, const witness &w) {
  replayed<Cpu> r;
  r.operands = examination<Cpu>::specimen(u, w.specimen);
  const bool alone = k == kind::control || k == kind::user_control;
  r.first = detail::start_of<Cpu>(w, w.mode, alone);
  r.second = detail::start_of<Cpu>(w, k == kind::mode ? w.other : w.mode, true);
  recorder<Cpu> a(r.first);
  recorder<Cpu> b(r.second);
  const bool completed =
      a.run(u.row, r.operands) == outcome::completed && b.run(u.row, r.operands) == outcome::completed;
  r.first_end = detail::end_of<Cpu>(r.first, a);
  r.second_end = detail::end_of<Cpu>(r.second, b);
  if (!completed)
    return r;
  if (!alone) {
    r.shown = compare<Cpu>({r.first, a}, {r.second, b});
    return r;
  }
  each_change<Cpu>(run_of<Cpu>{r.first, a}, [&](resource, difference d) {
    if (d == w.shown)
      r.shown = d;
  });
  return r;
}

} // namespace hvkit::theory
