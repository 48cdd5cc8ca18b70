// SPDX-License-Identifier: BSL-1.0
// Decides how a run goes: everything that can fail comes first, then the guest, then the reports.
#include "session.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <new>
#include <utility>

#include <fmt/format.h>

#include <hvkit/host/output_file.hpp>
#include <hvkit/host/terminal.hpp>
#include <hvkit/report/statistics_json.hpp>
#include <hvkit/report/statistics_text.hpp>

#include "combinations.hpp"
#include "loading.hpp"
#include "selection.hpp"
#include "signature.hpp"

namespace run {

namespace {

/// Set by a signal that asks the program to end.
volatile std::sig_atomic_t asked_to_end = 0;

void end_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { asked_to_end = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND); // who asks twice means it
  for (const int number : {SIGINT, SIGTERM})
    ::sigaction(number, &action, nullptr);
}

/// How a run ended.
enum class ending : u8 { by_guest, heard, exhausted, waiting, stopped, trapped };

struct conclusion {
  ending how = ending::stopped;
  trap what{}; ///< for ending::trapped
  double seconds = 0;
};

/// The files that a run makes; each is there only if it was asked for.
struct reports {
  maybe<host::output_file> signature, trace, statistics;
};

maybe<host::failure> open_report(const std::string &path, maybe<host::output_file> &into) {
  if (path.empty())
    return {};
  auto file = host::output_file::create(path);
  if (!file)
    return host::failure{file.reason()};
  into.emplace(*std::move(file));
  return {};
}
host::result<reports> open_reports(const options &wanted) {
  reports r;
  if (const auto wrong = open_report(wanted.signature, r.signature))
    return *wrong;
  if (const auto wrong = open_report(wanted.trace_exits, r.trace))
    return *wrong;
  if (const auto wrong = open_report(wanted.statistics_file, r.statistics))
    return *wrong;
  return r;
}

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
      machine_ = chosen_.make(what_.board, typist_);
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
      const exit_record exit = machine_->run(std::min(slice, wanted_.max_instructions - machine_->steps()));
      if (machine_->board().verdict())
        return {ending::by_guest};
      if (heard_)
        return {ending::heard};
      if (terminal_.quit() || asked_to_end != 0)
        return {ending::stopped};
      if (exit.reason == exit_reason::host)
        return {ending::trapped, exit.what};
      if (exit.reason == exit_reason::waiting && !wait_for_input())
        return {ending::waiting};
      machine_->board().poll();
    }
    return {ending::exhausted};
  }
  /// The guest waits and nothing will happen by itself.
  [[nodiscard]] bool wait_for_input() { return !wanted_.scripted && machine_->wakes_by_input() && terminal_.wait(); }

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
  const auto where = [&] { return fmt::format("it was at {} ({})", guest.where(), describe(chosen)); };
  switch (c.how) {
  case ending::by_guest:
    return {"ended", explain_guest(*guest.board().verdict())};
  case ending::heard:
    return {"heard", 0};
  case ending::exhausted:
    say(fmt::format("the guest used up its {} instructions: {}", wanted.max_instructions, where()));
    return {"exhausted", exit_code::exhausted};
  case ending::waiting:
    say(fmt::format("the guest waits for an interrupt that will never come: {}", where()));
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

maybe<host::failure> check_wishes(const options &wanted, const loading &what, const combination &chosen) {
  if (!wanted.trace_exits.empty() && chosen.bare)
    return host::failure{"--bare and --trace-exits contradict each other: a bare machine has no exits"};
  if (wanted.signature.empty())
    return {};
  return check_signature(wanted, what.symbols);
}

} // namespace

host::result<int> run(const options &wanted) {
  const auto chosen = choose(wanted);
  if (!chosen)
    return host::failure{chosen.reason()};
  const auto what = prepare(wanted);
  if (!what)
    return host::failure{what.reason()};
  if (const auto wrong = check_wishes(wanted, *what, **chosen))
    return *wrong;
  auto files = open_reports(wanted);
  if (!files)
    return host::failure{files.reason()};
  session s(wanted, **chosen, *what);
  if (const auto wrong = s.set_up(*files))
    return *wrong;

  end_on_signals();
  const conclusion c = s.go();
  const explained end = explain(c, s.guest(), **chosen, wanted);
  report::run_statistics run = s.guest().statistics();
  run.machine = parts(**chosen);
  run.outcome = end.word;
  run.exit_code = end.code;
  run.seconds = c.seconds;
  if (files->trace)
    if (const auto wrong = files->trace->keep())
      return *wrong;
  if (const auto wrong = write_signature(wanted, c, *what, s.guest(), *files))
    return *wrong;
  if (const auto wrong = write_statistics(wanted, run, *files))
    return *wrong;
  return end.code;
}

} // namespace run
