// SPDX-License-Identifier: BSL-1.0
// Decides how classes, witnesses and verdicts are told in words.
#pragma once

#include <string>

#include <hvkit/isa/disassembler.hpp>
#include <hvkit/theory/replay.hpp>
#include <hvkit/theory/verdict.hpp>

namespace hvkit::theory {

/// "popf", "csrrs time", "csrrs sstatus, written".
template <class Cpu> [[nodiscard]] std::string unit_name(const unit &u) {
  std::string name(isa::facts<Cpu>[u.row].name);
  if (!u.group.empty())
    name.append(" ").append(u.group);
  if (!u.manner.empty())
    name.append(", ").append(u.manner);
  return name;
}

/// "privileged, control sensitive, mode sensitive"; "innocuous" where nothing was found.
[[nodiscard]] inline std::string describe(const classified &c, resource set = isa::all_resources) {
  std::string text;
  const auto say = [&](bool holds, std::string_view word) {
    if (holds)
      text.append(text.empty() ? "" : ", ").append(word);
  };
  say(c.always_traps(), "always traps");
  say(c.privileged(), "privileged");
  say(c.innocuous_by_decree, "taken as innocuous");
  say(c.control_sensitive(set), "control sensitive");
  say(c.mode_sensitive(), "mode sensitive");
  say(c.location_sensitive(), "location sensitive");
  say(c.resource_sensitive(set), "resource sensitive");
  say(c.user_sensitive(set), "user sensitive");
  say(!c.always_traps() && !c.control_sensitive(set) && !c.behavior_sensitive(set), "innocuous");
  return text;
}

namespace detail {
[[nodiscard]] inline std::string hex(u64 value) {
  std::string digits;
  do
    digits.insert(digits.begin(), "0123456789abcdef"[value & 15]);
  while ((value >>= 4) != 0);
  return "0x" + digits;
}

/// What two ends differ in, with both values.
template <class Cpu> [[nodiscard]] std::string tell(const replayed<Cpu> &r, bool alone) {
  const state<Cpu> &a = alone ? r.first : r.first_end;
  const state<Cpu> &b = alone ? r.first_end : r.second_end;
  const std::string_view verb = alone ? " goes from " : " ends as ";
  const std::string_view joint = alone ? " to " : " and ";
  switch (r.shown.where) {
  case place::user:
    return Cpu::user_difference(a.user, b.user);
  case place::field: {
    const auto &f = Cpu::state_fields[r.shown.index];
    return std::string(f.name).append(verb) + hex(a.system.get(f)).append(joint) + hex(b.system.get(f));
  }
  case place::memory:
    return "storage of the program, word " + std::to_string(r.shown.index) + ", ends differently";
  case place::waiting:
    return alone ? "the CPU waits" : "the CPU waits in one and goes on in the other";
  case place::fence:
    return alone ? "remembered translations are void" : "remembered translations are void in one and not in the other";
  default:
    return "no difference";
  }
}

/// How the two states of a pair differ, or what the one state is.
template <class Cpu> [[nodiscard]] std::string setting(kind k, const witness &w, const replayed<Cpu> &r) {
  const auto mode = [](u8 m) { return std::string(Cpu::mode_name(examination<Cpu>::modes[m])); };
  if (k == kind::mode)
    return "in mode " + mode(w.mode) + " and in mode " + mode(w.other);
  std::string text = "in mode " + mode(w.mode);
  if (w.field == moved_program)
    return text + ", at one place in storage and at another";
  if (w.field == no_field)
    return text;
  const std::string name(field_at<Cpu>(w.field).name);
  const bool alone = k == kind::control || k == kind::user_control;
  const std::string second = hex(get_field<Cpu>(r.second, w.field));
  return text + ", with " + name + " " + (alone ? second : hex(get_field<Cpu>(r.first, w.field)) + " and " + second);
}
} // namespace detail

/// A witness in one sentence, run again for the purpose.
template <class Cpu> [[nodiscard]] std::string explain(const unit &u, kind k, const witness &w) {
  const replayed<Cpu> r = replay<Cpu>(u, k, w);
  const bool alone = k == kind::control || k == kind::user_control;
  const isa::decoded<Cpu> d{u.row, r.operands};
  return "'" + std::string(isa::disassemble<Cpu>(d).view()) + "' " + detail::setting<Cpu>(k, w, r) + ": " +
         detail::tell<Cpu>(r, alone);
}

/// Why a unit offends, from the witness that shows it best.
template <class Cpu>
[[nodiscard]] std::string explain(unsigned theorem, const classified &c, resource set = isa::all_resources) {
  if (c.what.by_type())
    return "'" + unit_name<Cpu>(c.what) +
           "' by its type: where floating point is on, it makes it dirty without a trap, in user mode too";
  const findings again = examiner<Cpu>(c.what, set).examine();
  const kind k = evidence(theorem, c, set);
  return explain<Cpu>(c.what, k, again.seen[k]);
}

/// A verdict in one sentence.
template <class Cpu, std::size_t N> [[nodiscard]] std::string sentence(const verdict<Cpu, N> &v) {
  const std::string name = std::string(Cpu::name) + ": theorem " + std::to_string(v.theorem);
  if (v.holds()) {
    constexpr std::string_view follows[] = {
        "every sensitive instruction is privileged, so a VMM by trap and emulation may be constructed",
        "every sensitive instruction is privileged, those that touch time among them, so a VMM whose clock counts "
        "retired instructions may be stacked on a VMM's virtual machine",
        "every instruction that is sensitive in user mode is privileged, so a hybrid VMM may be constructed"};
    return name + " holds: " + std::string(follows[v.theorem - 1]);
  }
  std::string offenders;
  for (u16 i = 0; i < v.offender_count; ++i)
    offenders.append(i == 0                       ? ""
                     : i + 1U == v.offender_count ? " and "
                                                  : ", ")
        .append("'" + unit_name<Cpu>(units<Cpu>[v.offenders[i]]) + "'");
  const bool one = v.offender_count == 1;
  return name + " does not apply: " + offenders + (one ? " is" : " are") +
         (v.theorem == 3 ? " sensitive in user mode" : " sensitive") +
         " without being privileged. That proves nothing impossible; the " +
         (one ? "witness shows" : "witnesses show") + " what a VMM that relies on it would get wrong";
}

} // namespace hvkit::theory
