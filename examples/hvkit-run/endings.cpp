// SPDX-License-Identifier: BSL-1.0
// Decides in which words a guest's end is told, and which exit code it has.
#include "endings.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "combinations.hpp"
#include "selection.hpp"
#include "signature.hpp"

namespace run {

namespace {

/// The guest's own exit code.
int code_of(const device::shutdown &last) {
  using kind = device::shutdown::kind;
  if (last.what == kind::pass)
    return 0;
  return last.what == kind::reset ? exit_code::reset : static_cast<int>(std::clamp<u64>(last.code, 1, 255));
}
int explain_guest(const device::shutdown &last, std::string_view who) {
  if (last.what == device::shutdown::kind::reset)
    say(fmt::format("{}the guest asked to be started again", who));
  else if (last.what == device::shutdown::kind::fail)
    say(fmt::format("{}the guest reported failure {}", who, last.code));
  return code_of(last);
}

struct explained {
  std::string_view word;
  int code;
};
/// Says on standard error what there is to say, unless all is well.
explained explain(const conclusion &c, machine &guest, const combination &chosen, const options &wanted,
                  std::string_view who) {
  const auto place = [&] { return fmt::format("{} ({})", guest.where(), describe(chosen)); };
  const auto where = [&] { return "it was at " + place(); };
  switch (c.how) {
  case ending::by_guest:
    return {"ended", explain_guest(*guest.verdict(), who)};
  case ending::heard:
    return {"heard", 0};
  case ending::exhausted:
    say(fmt::format("{}the guest used up its {} instructions: {}", who, wanted.max_instructions, where()));
    return {"exhausted", exit_code::exhausted};
  case ending::waiting:
    say(fmt::format("{}the guest waits for an interrupt that will never come, before {}", who, place()));
    return {"waiting", exit_code::stopped};
  case ending::trapped:
    say(fmt::format("{}the hardware reported what no handler claims, cause {}: {}", who, c.what.cause, where()));
    return {"stopped", exit_code::stopped};
  case ending::stopped:
    break;
  }
  say(fmt::format("{}the guest was stopped: {}", who, where()));
  return {"stopped", exit_code::stopped};
}

/// The signature is of a guest that ended by itself; what another left would be half of one.
maybe<host::failure> write_signature(const options &wanted, const conclusion &c, const loading &what,
                                     const machine &guest, reports &files) {
  if (!files.signature || c.how != ending::by_guest)
    return {};
  files.signature->write(signature_text(guest, what.symbols, wanted.signature_granularity));
  return files.signature->keep();
}

} // namespace

void say(std::string_view sentence) { fmt::print(stderr, "hvkit-run: {}\n", sentence); }

host::result<prepared> prepare_all(const options &wanted) {
  prepared p;
  const auto chosen = choose(wanted);
  if (!chosen)
    return host::failure{chosen.reason()};
  p.chosen = *chosen;
  if (!wanted.trace_exits.empty() && p.chosen->bare)
    return host::failure{"--bare and --trace-exits contradict each other: a bare machine has no exits"};
  if (const auto wrong = check_files(wanted))
    return *wrong;
  auto what = prepare(wanted, *p.chosen);
  if (!what)
    return host::failure{what.reason()};
  p.what = *std::move(what);
  if (!wanted.signature.empty())
    if (const auto wrong = check_signature(wanted, p.what.symbols))
      return *wrong;
  return p;
}

maybe<host::failure> fill(machine &into, const loading &what, host::typist &console, reports &files) {
  if (!load(what, into))
    return host::failure{"memory does not hold all that is to be loaded"};
  const auto &symbols = what.symbols;
  const auto address = [](u64 at) { return gpa{at}; };
  const auto fromhost = symbols.fromhost ? maybe<gpa>(address(*symbols.fromhost)) : maybe<gpa>();
  if (symbols.tohost && !into.attach_htif(address(*symbols.tohost), fromhost, console))
    return host::failure{fmt::format("tohost, at {:#x}, is not in memory", *symbols.tohost)};
  if (files.trace)
    into.trace_exits([&file = *files.trace](std::string_view line) { file.write(line); });
  return {};
}

host::result<report::run_statistics> conclude(const options &wanted, const prepared &p, const conclusion &c,
                                              machine &guest, reports &files, std::string_view who) {
  const explained end = explain(c, guest, *p.chosen, wanted, who);
  report::run_statistics run = guest.statistics();
  run.machine = parts(*p.chosen);
  run.outcome = end.word;
  run.exit_code = end.code;
  run.seconds = c.seconds;
  if (files.trace)
    if (const auto wrong = files.trace->keep())
      return *wrong;
  if (const auto wrong = write_signature(wanted, c, p.what, guest, files))
    return *wrong;
  return run;
}

maybe<host::failure> write_statistics(const std::string &text, reports &files) {
  if (!files.statistics) {
    fmt::print(stderr, "{}", text);
    return {};
  }
  files.statistics->write(text);
  return files.statistics->keep();
}

} // namespace run
