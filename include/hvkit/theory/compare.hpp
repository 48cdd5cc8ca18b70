// SPDX-License-Identifier: BSL-1.0
// Decides when the results of two runs differ, and what a run has changed. Knows no CPU.
#pragma once

#include <hvkit/theory/recorder.hpp>
#include <hvkit/theory/unit.hpp>

namespace hvkit::theory {

/// One run: where it started, and the machine it ended in.
template <class Cpu> struct run_of {
  const state<Cpu> &start;
  const recorder<Cpu> &end;
};

namespace detail {
/// A word that neither run wrote is what it was in both, and tells nothing.
template <class Cpu>
[[nodiscard]] constexpr difference compare_word(const run_of<Cpu> &a, const run_of<Cpu> &b, u16 word) {
  const field_range range = fields_of<Cpu>(word);
  for (u16 n = range.first; n != range.last; ++n) {
    const isa::field &f = Cpu::state_fields[n];
    const u64 first = a.end.words().get(f);
    const u64 second = b.end.words().get(f);
    const bool untouched = first == a.start.system.get(f) && second == b.start.system.get(f);
    if (first != second && !untouched && f.governs != resource::none)
      return {place::field, n};
  }
  return {};
}

template <class Cpu> [[nodiscard]] constexpr difference compare_written(const run_of<Cpu> &a, const run_of<Cpu> &b,
                                                                        const run_of<Cpu> &writer) {
  difference found{};
  writer.end.touched().written.each([&](u16 word) {
    if (!found)
      found = compare_word<Cpu>(a, b, word);
  });
  return found;
}

/// Storage is compared where the program sees it, so that a program that was moved is compared with itself.
template <class Cpu> [[nodiscard]] constexpr difference compare_memory(const run_of<Cpu> &a, const run_of<Cpu> &b) {
  if (!a.end.touched().memory && !b.end.touched().memory)
    return {};
  const u16 from_a = examination<Cpu>::place_of(a.start);
  const u16 from_b = examination<Cpu>::place_of(b.start);
  const bool moved = from_a != from_b;
  const std::size_t size = moved ? examination<Cpu>::program_words : examination<Cpu>::memory_words;
  for (std::size_t i = 0; i < size; ++i)
    if (a.end.memory()[moved ? from_a + i : i] != b.end.memory()[moved ? from_b + i : i])
      return {place::memory, static_cast<u16>(i)};
  return {};
}
} // namespace detail

/// How the results of two completed runs differ, apart from what differed at the start and was left alone.
template <class Cpu> [[nodiscard]] constexpr difference compare(const run_of<Cpu> &a, const run_of<Cpu> &b) {
  if (!(a.end.user().values() == b.end.user().values()))
    return {place::user, 0};
  if (a.end.waits() != b.end.waits())
    return {place::waiting, 0};
  if (a.end.fences() != b.end.fences())
    return {place::fence, 0};
  if (const difference d = detail::compare_written<Cpu>(a, b, a))
    return d;
  if (const difference d = detail::compare_written<Cpu>(a, b, b))
    return d;
  return detail::compare_memory<Cpu>(a, b);
}

/// Calls `note(resource, difference)` for each resource that a completed run changed. To wait gives time away; a fence
/// governs what the hardware remembers of translations.
template <class Cpu, class Note> constexpr void each_change(const run_of<Cpu> &r, Note note) {
  r.end.touched().written.each([&](u16 word) {
    const field_range range = fields_of<Cpu>(word);
    for (u16 n = range.first; n != range.last; ++n) {
      const isa::field &f = Cpu::state_fields[n];
      if (f.governs != resource::none && r.start.system.get(f) != r.end.words().get(f))
        note(f.governs, difference{place::field, n});
    }
  });
  if (r.end.waits())
    note(resource::time, difference{place::waiting, 0});
  if (r.end.fences())
    note(resource::relocation, difference{place::fence, 0});
}

} // namespace hvkit::theory
