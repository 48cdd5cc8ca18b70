// SPDX-License-Identifier: BSL-1.0
// Decides the class of one unit by running it: the recorder picks the suspects, directed pairs of states decide.
//
// A run is deterministic, so to perturb a field that it did not read cannot change it. For each specimen of the
// operands, each base state and each mode, the recorder runs once; then each field that it read is perturbed alone and
// the two results are compared. Twins decide on the mode, a moved program on location.
#pragma once

#include <hvkit/theory/compare.hpp>

namespace hvkit::theory {

/// What an examination says of `Cpu` to the theory:
///   memory_words, program_words   size of the recorder's storage, and of the part that is the program's
///   modes                         from the most privileged to user mode
///   bases, base(n)                states to start from, in the most privileged mode
///   twin(state, mode)             the same state in another mode, under an equal effective translation
///   moved(state)                  the same program elsewhere in storage, or nothing where location has no meaning
///   place_of(state)               where the program lies, in words
///   fixed(field, mode)            the VMM holds that field fixed while this mode runs
///   apart(field)                  mode and location: twins and moves decide on these, not a perturbation
///   plausible(state)              a state that the architecture can be in
///   directed(field)               (not needed) one more value to try where flipped bits say little: a second table
///   is_memory_trap(cause or trap), reaches_vmm(system state, trap)
///   units()                       what is to be classified, and
///   specimen(unit, n), unit_key(row, operands)
///   sentence                      what is said of any offender instead of its row's own sentence, or void
template <class Cpu> class examiner {
public:
  using examination = theory::examination<Cpu>;
  using operands = typename Cpu::operands;
  static constexpr u8 modes = static_cast<u8>(examination::modes.size());
  static constexpr u8 user_mode = modes - 1;

  /// Witnesses are kept for resources of `set` only; what is found is found for all.
  constexpr explicit examiner(const unit &u, resource set = isa::all_resources) : unit_(u), set_(set) {}

  /// All directed pairs.
  [[nodiscard]] constexpr findings examine() {
    if (unit_.by_type())
      return findings_by_type(modes);
    for (u16 n = 0; n < unit_.specimens; ++n) {
      const operands o = examination::specimen(unit_, n);
      for (u8 b = 0; b < examination::bases; ++b) {
        now_ = witness{};
        now_.specimen = n;
        now_.base = b;
        from(examination::base(b), o);
      }
    }
    return found_;
  }

  /// Everything that starts from one supervisor state.
  constexpr void from(const state<Cpu> &base, const operands &o) {
    const auto supervisor = examination::twin(base, examination::modes[0]);
    recorder<Cpu> reference(supervisor);
    const outcome ended = reference.run(unit_.row, o);
    within_mode(0, supervisor, reference, ended, o);
    for (u8 m = 1; m < modes; ++m) {
      const auto other = examination::twin(base, examination::modes[m]);
      ++pairs_;
      recorder<Cpu> run(other);
      const outcome other_ended = run.run(unit_.row, o);
      within_mode(m, other, run, other_ended, o);
      if (ended == outcome::completed && other_ended == outcome::completed)
        twins(m, {supervisor, reference}, {other, run});
    }
  }

  /// The pair of one field at two values, in mode `m`; both runs are taken into account.
  constexpr void perturbed(u8 m, const run_of<Cpu> &first, bool completed, u16 field, u64 value, const operands &o) {
    const state<Cpu> second = with_field<Cpu>(first.start, field, value);
    if (!examination::plausible(second))
      return;
    ++pairs_;
    recorder<Cpu> run(second);
    const outcome ended = run.run(unit_.row, o);
    now_.field = field;
    now_.value = value;
    account(m, {second, run}, ended);
    if (!completed || ended != outcome::completed)
      return;
    if (const difference d = compare<Cpu>(first, {second, run}))
      depends(m, field_at<Cpu>(field).governs, d);
  }

  [[nodiscard]] constexpr const findings &found() const { return found_; }
  /// How many pairs of states were run.
  [[nodiscard]] constexpr u64 pairs() const { return pairs_; }

private:
  constexpr void within_mode(u8 m, const state<Cpu> &start, const recorder<Cpu> &run, outcome ended,
                             const operands &o) {
    now_.mode = m;
    now_.field = no_field;
    const run_of<Cpu> first{start, run};
    account(m, first, ended);
    const bool completed = ended == outcome::completed;
    each_suspect(run, [&](u16 n, u64 mask) {
      if (examination::fixed(n, examination::modes[m]))
        return;
      const u64 value = get_field<Cpu>(start, n);
      perturbed(m, first, completed, n, value ^ 1, o);
      if (mask != 1)
        perturbed(m, first, completed, n, value ^ mask, o);
      if constexpr (requires { examination::directed(n); })
        if (const maybe<u64> directed = examination::directed(n); directed && *directed != value)
          perturbed(m, first, completed, n, *directed, o);
    });
    now_.field = no_field;
    if (completed)
      elsewhere(m, first, o);
  }

  /// Fields that the run read, each with its mask moved down to bit 0.
  template <class F> static constexpr void each_suspect(const recorder<Cpu> &run, F f) {
    const auto &log = run.touched();
    log.read.each([&](u16 word) {
      const field_range range = fields_of<Cpu>(word);
      for (u16 n = range.first; n != range.last; ++n) {
        const u64 mask = Cpu::state_fields[n].mask;
        if ((mask & log.bits_read[word]) != 0 && !examination::apart(n))
          f(n, mask >> std::countr_zero(mask));
      }
    });
    if (log.retired)
      f(retired_field<Cpu>, ~u64{0});
    if (log.ticks)
      f(ticks_field<Cpu>, ~u64{0});
  }

  /// The same program, moved.
  constexpr void elsewhere(u8 m, const run_of<Cpu> &first, const operands &o) {
    const maybe<state<Cpu>> second = examination::moved(first.start);
    if (!second)
      return;
    ++pairs_;
    recorder<Cpu> run(*second);
    const outcome ended = run.run(unit_.row, o);
    now_.field = moved_program;
    account(m, {*second, run}, ended);
    if (ended != outcome::completed)
      return;
    const difference d = compare<Cpu>(first, {*second, run});
    if (!d)
      return;
    found_.location = true;
    keep(found_.seen.location, resource::relocation, d);
    if (m == user_mode) {
      found_.user_location = true;
      keep(found_.seen.user_location, resource::relocation, d);
    }
  }

  constexpr void twins(u8 m, const run_of<Cpu> &a, const run_of<Cpu> &b) {
    const difference d = compare<Cpu>(a, b);
    if (!d)
      return;
    found_.mode = true;
    now_.field = no_field;
    now_.mode = 0;
    now_.other = m;
    keep(found_.seen.mode, resource::mode, d);
  }

  /// Notes how a run ended, and what it changed if it completed.
  constexpr void account(u8 m, const run_of<Cpu> &r, outcome ended) {
    const auto mark = static_cast<u8>(1U << m);
    if (ended == outcome::trapped)
      found_.traps = static_cast<u8>(found_.traps | mark);
    if (ended != outcome::completed)
      return;
    found_.completes = static_cast<u8>(found_.completes | mark);
    each_change<Cpu>(r, [&](resource what, difference d) {
      found_.controls = found_.controls | what;
      keep(found_.seen.control, what, d);
      if (m == user_mode) {
        found_.user_controls = found_.user_controls | what;
        keep(found_.seen.user_control, what, d);
      }
    });
  }
  constexpr void depends(u8 m, resource what, difference d) {
    if (what == resource::none)
      return;
    found_.depends = found_.depends | what;
    keep(found_.seen.resource, what, d);
    if (m == user_mode) {
      found_.user_depends = found_.user_depends | what;
      keep(found_.seen.user_resource, what, d);
    }
  }
  /// The first witness of each kind is kept.
  constexpr void keep(witness &of_kind, resource what, difference d) {
    if (of_kind || !has(set_, what))
      return;
    of_kind = now_;
    of_kind.shown = d;
  }

  unit unit_;
  resource set_;
  findings found_{};
  u64 pairs_ = 0;
  witness now_{};
};

} // namespace hvkit::theory
