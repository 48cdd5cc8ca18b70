// SPDX-License-Identifier: BSL-1.0
// Decides whether two machines do the same: run both for the same exact budgets and compare everything in between.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/core/exit.hpp>

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
};

/// Where two machines parted.
struct divergence {
  u64 agreed = 0; ///< steps after which they last were seen equal
  u64 seen = 0;   ///< steps after which they were seen to differ
  std::string what;
};

namespace detail {
template <class Cpu, class A, class B> [[nodiscard]] std::string system_difference(const A &a, const B &b) {
  for (const auto &f : Cpu::state_fields)
    if (a.get(f) != b.get(f))
      return std::string(f.name) + ": " + std::to_string(a.get(f)) + " and " + std::to_string(b.get(f));
  return a == b ? "" : "system state outside all named fields";
}

/// The first byte of memory that differs, as an address; nothing if none does.
template <class Reference, class Subject>
[[nodiscard]] maybe<gpa> memory_difference(const Reference &a, const Subject &b) {
  std::array<u8, frame_size> left{}, right{};
  for (u64 at = 0; at < a.memory_size(); at += frame_size) {
    const gpa frame = a.memory_base() + at;
    if (!a.read(frame, left.data(), frame_size) || !b.read(frame, right.data(), frame_size))
      return frame;
    if (std::memcmp(left.data(), right.data(), frame_size) != 0)
      return frame + static_cast<u64>(std::mismatch(left.begin(), left.end(), right.begin()).first - left.begin());
  }
  return {};
}
} // namespace detail

/// What differs between two machines now; "" if nothing does. `outside` compares what is around them (the boards, the
/// consoles) and answers likewise.
template <class Reference, class Subject, class Outside>
[[nodiscard]] std::string difference(Reference &a, Subject &b, bool with_memory, Outside outside) {
  using cpu = typename Reference::cpu;
  if (a.steps() != b.steps())
    return "steps made: " + std::to_string(a.steps()) + " and " + std::to_string(b.steps());
  if (!(a.user() == b.user()))
    return cpu::user_difference(a.user(), b.user());
  if (std::string found = detail::system_difference<cpu>(a.system(), b.system()); !found.empty())
    return found;
  if (std::string found = outside(); !found.empty())
    return found;
  if (with_memory)
    if (const auto at = detail::memory_difference(a, b))
      return "memory at " + std::to_string(at->value);
  return "";
}

/// Runs both machines side by side. Both must be in the same state. Returns where they were first seen to differ, or
/// nothing: then they agreed in all that is compared, and either made all the steps or stopped for the same reason.
template <class Reference, class Subject, class Outside>
[[nodiscard]] maybe<divergence> lockstep(Reference &a, Subject &b, const lockstep_options &options, Outside outside) {
  random_numbers random(options.seed);
  u64 agreed = a.steps();
  const u64 end = agreed + options.steps;
  for (u64 round = 1; a.steps() < end; ++round) {
    const u64 budget = std::min(random.between(1, options.longest), end - a.steps());
    const exit_record left = a.run(budget);
    const exit_record right = b.run(budget);
    const bool stopped = left.reason != exit_reason::budget;
    const bool last = stopped || a.steps() >= end;
    std::string found = difference(a, b, last || round % options.memory_interval == 0, outside);
    if (found.empty() && left.reason != right.reason)
      found = "why the run ended";
    if (!found.empty())
      return divergence{agreed, a.steps(), found};
    agreed = a.steps();
    if (stopped)
      return {};
  }
  return {};
}

/// The same, and on a difference narrows it down to one step: `make()` gives a fresh pair of machines (something with
/// members `reference`, `subject` and `outside()`), which are run to where they last agreed and then step by step. If
/// single steps hide the difference, the shortest run from there that shows it is looked for.
template <class Make> [[nodiscard]] maybe<divergence> lockstep_exactly(const lockstep_options &options, Make make) {
  const auto run = [](auto &pair, const lockstep_options &o) {
    return lockstep(pair.reference, pair.subject, o, [&] { return pair.outside(); });
  };
  auto pair = make();
  const auto coarse = run(*pair, options);
  if (!coarse)
    return {};
  const lockstep_options up_to_there{options.seed, coarse->agreed, options.longest, ~u64{0}};
  const auto from_there = [&](u64 steps, u64 longest) {
    pair = make();
    auto found = run(*pair, up_to_there);
    return found ? found : run(*pair, {options.seed, steps, longest, ~u64{0}});
  };
  if (const auto fine = from_there(coarse->seen - coarse->agreed, 1))
    return fine;
  maybe<divergence> shortest = coarse;
  u64 agree = 0;
  for (u64 differ = coarse->seen - coarse->agreed; differ - agree > 1;) {
    const u64 middle = agree + (differ - agree) / 2;
    pair = make();
    static_cast<void>(run(*pair, up_to_there));
    static_cast<void>(pair->reference.run(middle));
    static_cast<void>(pair->subject.run(middle));
    std::string found = difference(pair->reference, pair->subject, true, [&] { return pair->outside(); });
    (found.empty() ? agree : differ) = middle;
    if (!found.empty())
      shortest = divergence{coarse->agreed + agree, coarse->agreed + middle, found};
    else
      shortest->agreed = coarse->agreed + middle;
  }
  return shortest;
}

} // namespace hvkit
