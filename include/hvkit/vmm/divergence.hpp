// SPDX-License-Identifier: BSL-1.0
// Decides what is known about where two machines parted, and how it is told. Plain data: it knows no CPU.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <hvkit/core/access.hpp>
#include <hvkit/core/exit.hpp>
#include <hvkit/isa/text.hpp>

namespace hvkit {

/// The exit's name as the enumeration has it.
[[nodiscard]] constexpr std::string_view name(exit_reason reason) noexcept {
  constexpr std::string_view names[] = {"trap", "budget", "events", "waiting", "host"};
  return names[static_cast<std::size_t>(reason)];
}

/// How closely it is known what parted two machines.
enum class exactness : u8 {
  between, ///< something between `agreed` and `seen`: nobody looked closer
  step,    ///< the one step after `agreed`, made by itself
  start,   ///< they never agreed: one of them was not put into the state of the other
  run      ///< single steps hide it: the run from `from` to `seen` shows it, the run from `from` to `agreed` does not
};

/// Where a machine stood when it was last seen to agree, and what it would do next.
struct standpoint {
  u64 pc = 0;
  std::string_view mode;
  std::string_view interrupt; ///< the one to be taken before the instruction; "" if none is due
  maybe<u32> word;            ///< the instruction; nothing where it cannot be fetched, or nobody looked
  unsigned length = 4;        ///< its bytes
  std::string instruction;    ///< its assembly text

  friend bool operator==(const standpoint &, const standpoint &) = default;
};

/// A register or a field of system state, in both machines.
struct state_pair {
  std::string_view name;
  u64 reference = 0;
  u64 subject = 0;
};

/// Where two machines parted. All names are the CPU's tables' own and live as long as the program.
struct divergence {
  u64 agreed = 0; ///< steps after which they last were seen equal
  u64 seen = 0;   ///< steps after which they were seen to differ
  std::string what;
  exactness known = exactness::between;
  u64 from = 0;                  ///< steps after which the run began that shows the difference
  standpoint reference, subject; ///< after `agreed` steps
  std::vector<state_pair> state; ///< all of user and system state, when they were seen to differ
};

/// How much of the state `describe` shows.
enum class extent : u8 { differences, everything };

namespace detail {
[[nodiscard]] inline std::string hex(u64 value, unsigned width = 1) {
  isa::line digits;
  return std::string(digits.hex(value, width).view());
}

/// "a0: 0x1 and 0x2"
[[nodiscard]] inline std::string both(std::string_view what, u64 reference, u64 subject, unsigned width = 1) {
  return std::string(what).append(": ") + hex(reference, width) + " and " + hex(subject, width);
}

[[nodiscard]] inline std::string after(u64 steps) {
  return "after " + std::to_string(steps) + (steps == 1 ? " step" : " steps");
}

[[nodiscard]] inline std::string describe_exactness(const divergence &d) {
  if (d.known == exactness::start)
    return "they never agreed, both must begin in the same state:";
  const std::string agreed = after(d.agreed) + " they agreed; ";
  if (d.known == exactness::step)
    return agreed + "this one step parts them:";
  if (d.known == exactness::between)
    return agreed + "which step since then parts them was not looked for. They stood at";
  return agreed + "single steps hide the difference, a run of " + std::to_string(d.seen - d.from) + " from step " +
         std::to_string(d.from) + " on shows it.\nIts last step:";
}

[[nodiscard]] inline std::string describe_standpoint(const standpoint &s, exactness known) {
  std::string text = "pc " + hex(s.pc) + ", mode " + std::string(s.mode);
  if (!s.interrupt.empty())
    text.append(", before it the ").append(s.interrupt);
  if (s.word)
    return text + ", " + hex(*s.word, 2 * s.length) + "  " + s.instruction;
  return known == exactness::between ? text : text + ", no instruction can be fetched";
}

/// Three columns; a star marks what differs where not all does.
[[nodiscard]] inline std::string describe_state(const std::vector<state_pair> &state, extent much) {
  const auto shown = [&](const state_pair &p) { return much == extent::everything || p.reference != p.subject; };
  std::size_t names = 0;
  std::size_t values = std::string_view("reference").size();
  for (const state_pair &p : state)
    if (shown(p)) {
      names = std::max(names, p.name.size());
      values = std::max(values, hex(p.reference).size());
    }
  std::string text;
  const auto row = [&](char mark, std::string_view title, std::string left, std::string_view right) {
    left.resize(values, ' ');
    text.append(1, mark).append(1, ' ').append(title).append(names - title.size() + 2, ' ');
    text.append(left).append("  ").append(right).append("\n");
  };
  row(' ', "", "reference", "subject");
  for (const state_pair &p : state)
    if (shown(p))
      row(much == extent::everything && p.reference != p.subject ? '*' : ' ', p.name, hex(p.reference), hex(p.subject));
  return text;
}
} // namespace detail

/// A report of several lines, the last one ended: the difference, how closely it is known, the instruction, and the
/// registers and fields that differ, or all there are.
[[nodiscard]] inline std::string describe(const divergence &d, extent much = extent::differences) {
  std::string text = detail::after(d.seen) + " they differ: " + d.what + "\n" + detail::describe_exactness(d) + "\n";
  const std::string at = detail::describe_standpoint(d.reference, d.known);
  text += d.reference == d.subject
              ? "  " + at + "\n"
              : "  reference: " + at + "\n  subject:   " + detail::describe_standpoint(d.subject, d.known) + "\n";
  const auto equal =
      std::count_if(d.state.begin(), d.state.end(), [](const state_pair &p) { return p.reference == p.subject; });
  const bool some = static_cast<std::size_t>(equal) != d.state.size();
  if (some || much == extent::everything)
    text += detail::describe_state(d.state, much);
  if (much == extent::everything)
    return text;
  return text + (some ? "  all else is equal: " : "  no register and no field differs: all ") + std::to_string(equal) +
         (some ? " registers and fields\n" : " are equal\n");
}

} // namespace hvkit
