// SPDX-License-Identifier: BSL-1.0
// Decides how a run of one guest goes: everything that can fail comes first, then the guest, then the reports.
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
#include "endings.hpp"
#include "several.hpp"
#include "signals.hpp"

namespace run {

namespace {

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
    if (const auto wrong = fill(*machine_, what_, typist_, files))
      return wrong;
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
  const auto run = conclude(wanted, *p, c, s.guest(), *files);
  if (!run)
    return host::failure{run.reason()};
  if (wanted.statistics != statistics_form::none) {
    const bool json = wanted.statistics == statistics_form::json;
    if (const auto wrong = write_statistics(json ? to_json(*run).dump(2) + "\n" : to_text(*run), *files))
      return *wrong;
  }
  return run->exit_code;
}

} // namespace

host::result<int> run(const request &asked) {
  end_on_signals();
  const auto code = asked.several.empty() ? run_all(asked.wanted) : run_several(asked);
  if (code || !asked_to_end())
    return code;
  say("was stopped before the guest began");
  return exit_code::stopped;
}

} // namespace run
