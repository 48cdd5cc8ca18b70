// SPDX-License-Identifier: BSL-1.0
// Decides whether two machines do the same: run both for the same exact budgets and compare everything in between.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include <hvkit/core/exit.hpp>
#include <hvkit/vmm/comparison.hpp>

namespace hvkit {

/// A small deterministic generator, the same on every host. Source: Vigna, "xorshift64*".
class random_numbers {
public:
  explicit constexpr random_numbers(u64 seed) noexcept : state_(seed * 2 + 1) {}
  constexpr u64 operator()() noexcept {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1d;
  }
  /// At least `low`, at most `high`.
  constexpr u64 between(u64 low, u64 high) noexcept { return low + (*this)() % (high - low + 1); }

private:
  u64 state_;
};

/// How a lock-step run is made.
struct lockstep_options {
  u64 seed = 1;
  u64 steps = 1'000'000;      ///< how far both machines go
  u64 longest = 5000;         ///< budgets are 1 to this many steps
  u64 memory_interval = 1000; ///< after how many budgets all of memory is compared; it always is at the end
  u64 shortest = 1;           ///< no budget but the last one is smaller
};

/// Runs both machines side by side. Both must be in the same state. Returns where they were first seen to differ, or
/// nothing: then they agreed in all that is compared, and either made all the steps or stopped for the same reason.
template <class Reference, class Subject, class Outside>
[[nodiscard]] maybe<divergence> lockstep(Reference &a, Subject &b, const lockstep_options &options, Outside outside) {
  random_numbers random(options.seed);
  detail::agreement agreed = detail::agreement_at(a);
  const u64 end = agreed.steps + options.steps;
  for (u64 round = 1; a.steps() < end; ++round) {
    const u64 budget = std::min(random.between(options.shortest, options.longest), end - a.steps());
    const exit_record left = a.run(budget);
    const exit_record right = b.run(budget);
    if (left.reason != right.reason)
      return detail::part(a, b, agreed,
                          "the run ended by '" + std::string(name(left.reason)) + "' " + detail::after(a.steps()) +
                              " and by '" + std::string(name(right.reason)) + "' " + detail::after(b.steps()));
    const bool stopped = left.reason != exit_reason::budget;
    const bool last = stopped || a.steps() >= end;
    std::string found = difference(a, b, last || round % options.memory_interval == 0, outside);
    if (!found.empty())
      return detail::part(a, b, agreed, std::move(found));
    if (stopped)
      return {};
    agreed = detail::agreement_at(a);
  }
  return {};
}

namespace detail {
/// Runs fresh pairs again and again, to find out what parts them.
template <class Make> class narrowing {
public:
  narrowing(const lockstep_options &options, Make &make) : options_(options), make_(make) {}

  /// Runs a new pair by the same budgets as before to step `by_budgets`, then one by one to step `by_steps`, then at
  /// once to step `end`. After each part all is compared.
  [[nodiscard]] maybe<divergence> reach(u64 by_budgets, u64 by_steps, u64 end) {
    const u64 start = renew();
    auto found = run({options_.seed, by_budgets - start, options_.longest, ~u64{0}, options_.shortest});
    if (!found)
      found = run({options_.seed, by_steps - by_budgets, 1, ~u64{0}});
    const u64 rest = end - by_steps;
    return found ? found : run({options_.seed, rest, rest, ~u64{0}, rest});
  }
  /// Halves the steps between `agree`, where `reach` finds nothing, and `known`, until one is left. `probe` is tried
  /// first.
  template <class Reach> [[nodiscard]] static divergence halve(divergence known, u64 agree, u64 probe, Reach reach) {
    for (; agree + 1 < known.seen; probe = agree + (known.seen - agree) / 2)
      if (auto found = reach(probe))
        known = *std::move(found);
      else
        agree = probe;
    known.from = known.agreed;
    known.agreed = agree;
    return known;
  }
  /// `known` is shown by a run from `known.from` on and hidden by single steps: lets the run begin as late, and end as
  /// early, as it still shows.
  [[nodiscard]] divergence shorten(divergence known) {
    const u64 from = known.from;
    known.agreed = from;
    for (u64 late = known.seen - 1; late - known.agreed > 1;) {
      const u64 middle = known.agreed + (late - known.agreed) / 2;
      if (auto found = reach(from, middle, known.seen))
        known = *std::move(found);
      else
        late = middle;
    }
    const u64 begin = known.agreed;
    const u64 last = known.seen - 1;
    return halve(std::move(known), begin, last, [&](u64 end) { return reach(from, begin, end); });
  }
  /// Says where the machines of the last pair stand.
  void look(divergence &d) {
    d.reference = standpoint_of(pair_->reference);
    d.subject = standpoint_of(pair_->subject);
  }
  [[nodiscard]] maybe<divergence> run(const lockstep_options &options) {
    return lockstep(pair_->reference, pair_->subject, options, [this] { return pair_->outside(); });
  }
  /// The difference with which the machines of a new pair begin, if they do.
  [[nodiscard]] maybe<divergence> unequal_start() {
    renew();
    auto &a = pair_->reference;
    std::string found = difference(a, pair_->subject, true, [this] { return pair_->outside(); });
    return found.empty() ? maybe<divergence>() : part(a, pair_->subject, agreement_at(a), std::move(found));
  }
  /// A new pair, not run yet. Returns the steps it has made.
  u64 renew() {
    pair_ = make_();
    return pair_->reference.steps();
  }

private:
  const lockstep_options &options_;
  Make &make_;
  decltype(std::declval<Make &>()()) pair_{};
};
} // namespace detail

/// The same, and on a difference narrows it down to one step: `make()` gives a fresh pair of machines, always the same
/// one (something with members `reference`, `subject` and `outside()`). Memory, too, is then compared at each step that
/// is tried. If single steps hide the difference, the shortest run that shows it is looked for.
template <class Make> [[nodiscard]] maybe<divergence> lockstep_exactly(const lockstep_options &options, Make make) {
  detail::narrowing again(options, make);
  const u64 start = again.renew();
  const auto coarse = again.run(options);
  if (!coarse)
    return {};
  if (auto never = again.unequal_start()) {
    never->known = exactness::start;
    again.look(*never);
    return never;
  }
  const auto by_budgets = [&](u64 end) { return again.reach(end, end, end); };
  divergence found = again.halve(*coarse, start, coarse->agreed, by_budgets);
  const auto by_steps = [&](u64 end) { return again.reach(found.from, end, end); };
  auto single = by_steps(found.seen);
  for (; single && single->seen <= found.from; single = by_steps(found.seen)) // in memory, and only for a while
    found = again.halve(*single, start, single->agreed, by_budgets);
  const u64 from = found.from;
  if (single) {
    found = again.halve(*std::move(single), from, from, [&](u64 end) { return again.reach(from, end, end); });
    found.known = exactness::step;
    found.from = found.agreed;
    static_cast<void>(again.reach(from, found.agreed, found.agreed));
  } else {
    found = again.shorten(std::move(found));
    found.known = exactness::run;
    static_cast<void>(again.reach(from, found.from, found.agreed));
  }
  again.look(found);
  return found;
}

} // namespace hvkit
