// SPDX-License-Identifier: BSL-1.0
// Decides what is compared between two machines, and what is kept of them where they differ.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/isa/disassembler.hpp>
#include <hvkit/vmm/divergence.hpp>

namespace hvkit {

namespace detail {
/// The first field that differs, with both values; "" if none does.
template <class Cpu, class A, class B> [[nodiscard]] std::string system_difference(const A &a, const B &b) {
  for (const auto &f : Cpu::state_fields)
    if (a.get(f) != b.get(f))
      return both(f.name, a.get(f), b.get(f));
  return a == b ? "" : "system state outside all named fields";
}

/// The first byte of memory that differs, with both values and what surrounds them; "" if none does.
template <class Reference, class Subject>
[[nodiscard]] std::string memory_difference(const Reference &a, const Subject &b) {
  std::array<u8, frame_size> left{}, right{};
  for (u64 at = 0; at < a.memory_size(); at += frame_size) {
    const gpa frame = a.memory_base() + at;
    if (!a.read(frame, left.data(), frame_size) || !b.read(frame, right.data(), frame_size))
      return "memory at " + hex(frame.value) + ", which cannot be read in both";
    if (std::memcmp(left.data(), right.data(), frame_size) == 0)
      continue;
    const auto byte =
        static_cast<std::size_t>(std::mismatch(left.begin(), left.end(), right.begin()).first - left.begin());
    std::array<u64, 2> words{};
    const std::size_t word = byte - byte % sizeof(u64);
    std::memcpy(&words[0], &left[word], sizeof(u64));
    std::memcpy(&words[1], &right[word], sizeof(u64));
    return both("memory at " + hex(frame.value + byte), left[byte], right[byte], 2) + ", in the word at " +
           both(hex(frame.value + word), words[0], words[1], 16);
  }
  return "";
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
  return with_memory ? detail::memory_difference(a, b) : "";
}

namespace detail {
/// What a lock-step run remembers of each round that agreed: little, as it is copied each time. Both machines stood
/// there.
struct agreement {
  u64 steps = 0;
  u64 pc = 0;
  u64 mode = 0;
};
template <class Machine> [[nodiscard]] agreement agreement_at(Machine &m) {
  return {m.steps(), m.user().pc, m.system().get(Machine::cpu::mode_word)};
}

/// Where a machine stands and what it would do next. Asking may fill its TLB: it is not to be run on from there.
template <class Machine> [[nodiscard]] standpoint standpoint_of(Machine &m) {
  using cpu = typename Machine::cpu;
  standpoint s;
  s.pc = m.user().pc;
  s.mode = cpu::mode_name(m.system().get(cpu::mode_word));
  if (const auto cause = m.processor().interrupt_due())
    s.interrupt = cpu::cause_name(*cause);
  s.word = m.processor().fetch_word();
  if (s.word) {
    s.length = cpu::notation::length(*s.word);
    s.instruction = isa::disassemble<cpu>(*s.word, gva{s.pc}).view();
  }
  return s;
}

/// All that is known of two machines that were found to differ now.
template <class Reference, class Subject>
[[nodiscard]] divergence part(Reference &a, Subject &b, const agreement &last, std::string what) {
  using cpu = typename Reference::cpu;
  divergence d{last.steps, std::max(a.steps(), b.steps()), std::move(what), exactness::between, last.steps, {}, {}, {}};
  d.reference.pc = last.pc;
  d.reference.mode = cpu::mode_name(last.mode);
  d.subject = d.reference;
  for (const auto &word : cpu::user_words)
    d.state.push_back({word.name, word.get(a.user()), word.get(b.user())});
  for (const auto &field : cpu::state_fields)
    d.state.push_back({field.name, a.system().get(field), b.system().get(field)});
  return d;
}
} // namespace detail

} // namespace hvkit
