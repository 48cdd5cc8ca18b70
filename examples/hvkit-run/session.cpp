// SPDX-License-Identifier: BSL-1.0
// Decides how a run goes: everything that can fail comes first, then the guest, then the reports.
#include "session.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>
#include <utility>

#include <fmt/format.h>

#include <hvkit/host/terminal.hpp>
#include <hvkit/report/statistics_json.hpp>
#include <hvkit/report/statistics_text.hpp>

#include "combinations.hpp"
#include "loading.hpp"
#include "reports.hpp"
#include "selection.hpp"
#include "signals.hpp"
#include "signature.hpp"

namespace run {

namespace {

/// How a run ended.
enum class ending : u8 { by_guest, heard, exhausted, waiting, stopped, trapped };

struct conclusion {
  ending how = ending::stopped;
  trap what{}; ///< for ending::trapped
  double seconds = 0;
};

/// One run, from reset to whatever ends it.
class session {
public:
  session(const options &wanted, const combination &chosen, const loading &what)
      : wanted_(wanted), chosen_(chosen), what_(what), interactive_(::isatty(STDIN_FILENO) != 0 && !wanted.scripted),
        terminal_([this] { interrupt(); }), typist_(terminal_, wanted.script, wanted.scripted ? nullptr : &terminal_,
                                                    interactive_ ? 0 : host::typist::default_patience) {}

  /// Fails if the host's memory does not hold the machine.
  maybe<host::failure> set_up(reports &files) {
    try {
      machine_ = chosen_.make(what_, typist_);
    } catch (const std::bad_alloc &) {
      return host::failure{fmt::format("--memory: the host cannot give {} bytes", wanted_.memory)};
    }
    if (!load(what_, *machine_))
      return host::failure{"memory does not hold all that is to be loaded"};
    const auto &symbols = what_.symbols;
    const auto address = [](u64 at) { return gpa{at}; };
    const auto fromhost = symbols.fromhost ? maybe<gpa>(address(*symbols.fromhost)) : maybe<gpa>();
    if (symbols.tohost && !machine_->attach_htif(address(*symbols.tohost), fromhost, typist_))
      return host::failure{fmt::format("tohost, at {:#x}, is not in memory", *symbols.tohost)};
    if (files.trace)
      machine_->trace_exits([&file = *files.trace](std::string_view line) { file.write(line); });
    if (!wanted_.until.empty())
      typist_.listen(wanted_.until, [this] {
        heard_ = true;
        interrupt();
      });
    return {};
  }

  [[nodiscard]] conclusion go() {
    const auto start = std::chrono::steady_clock::now();
    conclusion c = interactive_ ? run_raw() : run_on();
    c.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    terminal_.flush();
    return c;
  }
  [[nodiscard]] machine &guest() noexcept { return *machine_; }
  /// Nothing, or why what the guest printed is not where it should be.
  [[nodiscard]] maybe<host::failure> lost_output() const {
    if (terminal_.error() == 0)
      return {};
    return host::failure{fmt::format("standard output: {}", std::strerror(terminal_.error()))};
  }

private:
  /// Between two looks at signals and at a terminal that the guest does not ask for input.
  static constexpr u64 slice = 2'000'000;

  void interrupt() {
    if (machine_)
      machine_->interrupt();
  }
  [[nodiscard]] conclusion run_raw() {
    const host::raw_mode raw;
    return run_on();
  }
  [[nodiscard]] conclusion run_on() {
    while (machine_->steps() < wanted_.max_instructions) {
      if (stopped())
        return {ending::stopped};
      const exit_record exit = machine_->run(std::min(slice, wanted_.max_instructions - machine_->steps()));
      if (machine_->verdict())
        return {ending::by_guest};
      if (heard_)
        return {ending::heard};
      if (stopped())
        continue;
      if (exit.reason == exit_reason::host)
        return {ending::trapped, exit.what};
      if (exit.reason == exit_reason::waiting && !wait_for_input())
        return {stopped() ? ending::stopped : ending::waiting};
      machine_->poll();
    }
    return {ending::exhausted};
  }
  /// Somebody at the host wants no more. A guest that never asks for input can be left, too.
  [[nodiscard]] bool stopped() const {
    if (interactive_)
      terminal_.look();
    else
      terminal_.flush();
    return terminal_.quit() || terminal_.error() != 0 || asked_to_end();
  }
  /// The guest waits and nothing will happen by itself.
  [[nodiscard]] bool wait_for_input() {
    return !wanted_.scripted && machine_->wakes_by_input() && terminal_.wait(asked_to_end);
  }

  const options &wanted_;
  const combination &chosen_;
  const loading &what_;
  bool interactive_;
  bool heard_ = false;
  host::terminal terminal_;
  host::typist typist_;
  std::unique_ptr<machine> machine_;
};

void say(std::string_view sentence) { fmt::print(stderr, "hvkit-run: {}\n", sentence); }

/// The guest's own exit code.
int code_of(const device::shutdown &last) {
  using kind = device::shutdown::kind;
  if (last.what == kind::pass)
    return 0;
  return last.what == kind::reset ? exit_code::reset : static_cast<int>(std::clamp<u64>(last.code, 1, 255));
}
int explain_guest(const device::shutdown &last) {
  if (last.what == device::shutdown::kind::reset)
    say("the guest asked to be started again");
  else if (last.what == device::shutdown::kind::fail)
    say(fmt::format("the guest reported failure {}", last.code));
  return code_of(last);
}

struct explained {
  std::string_view word;
  int code;
};
/// Says on standard error what there is to say, unless all is well.
explained explain(const conclusion &c, machine &guest, const combination &chosen, const options &wanted) {
  const auto place = [&] { return fmt::format("{} ({})", guest.where(), describe(chosen)); };
  const auto where = [&] { return "it was at " + place(); };
  switch (c.how) {
  case ending::by_guest:
    return {"ended", explain_guest(*guest.verdict())};
  case ending::heard:
    return {"heard", 0};
  case ending::exhausted:
    say(fmt::format("the guest used up its {} instructions: {}", wanted.max_instructions, where()));
    return {"exhausted", exit_code::exhausted};
  case ending::waiting:
    say(fmt::format("the guest waits for an interrupt that will never come, before {}", place()));
    return {"waiting", exit_code::stopped};
  case ending::trapped:
    say(fmt::format("the hardware reported what no handler claims, cause {}: {}", c.what.cause, where()));
    return {"stopped", exit_code::stopped};
  case ending::stopped:
    break;
  }
  say(fmt::format("the guest was stopped: {}", where()));
  return {"stopped", exit_code::stopped};
}

maybe<host::failure> write_statistics(const options &wanted, const report::run_statistics &run, reports &files) {
  if (wanted.statistics == statistics_form::none)
    return {};
  const std::string text = wanted.statistics == statistics_form::json ? to_json(run).dump(2) + "\n" : to_text(run);
  if (!files.statistics) {
    fmt::print(stderr, "{}", text);
    return {};
  }
  files.statistics->write(text);
  return files.statistics->keep();
}

/// The signature is of a guest that ended by itself; what another left would be half of one.
maybe<host::failure> write_signature(const options &wanted, const conclusion &c, const loading &what,
                                     const machine &guest, reports &files) {
  if (!files.signature || c.how != ending::by_guest)
    return {};
  files.signature->write(signature_text(guest, what.symbols, wanted.signature_granularity));
  return files.signature->keep();
}

/// What `wanted` names, read and checked.
struct prepared {
  const combination *chosen = nullptr;
  loading what;
};
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

/// Says how the run ended, and writes what was asked for. The exit code.
host::result<int> conclude(const options &wanted, const prepared &p, const conclusion &c, session &s, reports &files) {
  const explained end = explain(c, s.guest(), *p.chosen, wanted);
  report::run_statistics run = s.guest().statistics();
  run.machine = parts(*p.chosen);
  run.outcome = end.word;
  run.exit_code = end.code;
  run.seconds = c.seconds;
  if (files.trace)
    if (const auto wrong = files.trace->keep())
      return *wrong;
  if (const auto wrong = write_signature(wanted, c, p.what, s.guest(), files))
    return *wrong;
  if (const auto wrong = write_statistics(wanted, run, files))
    return *wrong;
  return end.code;
}

host::result<int> run_all(const options &wanted) {
  const auto p = prepare_all(wanted);
  if (!p)
    return host::failure{p.reason()};
  auto files = open_reports(wanted);
  if (!files)
    return host::failure{files.reason()};
  session s(wanted, *p->chosen, p->what);
  if (const auto wrong = s.set_up(*files))
    return *wrong;
  const conclusion c = s.go();
  if (const auto wrong = s.lost_output())
    return *wrong;
  return conclude(wanted, *p, c, s, *files);
}

} // namespace

host::result<int> run(const options &wanted) {
  end_on_signals();
  const auto code = run_all(wanted);
  if (code || !asked_to_end())
    return code;
  say("was stopped before the guest began");
  return exit_code::stopped;
}

} // namespace run
