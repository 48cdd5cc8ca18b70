// SPDX-License-Identifier: BSL-1.0
// Decides how several guests share terminal and hardware: who has the keyboard, whose output is seen, and when all are
// done.
#include "several.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <hvkit/host/console_switch.hpp>
#include <hvkit/host/terminal.hpp>
#include <hvkit/report/statistics_json.hpp>
#include <hvkit/report/statistics_text.hpp>

#include "combinations.hpp"
#include "endings.hpp"
#include "signals.hpp"

namespace run {

namespace {

constexpr std::string_view keys =
    "Ctrl-A x ends the run, Ctrl-A n gives the keyboard to the next guest, Ctrl-A 1 to 9 to "
    "that one, Ctrl-A Ctrl-A is a Ctrl-A, Ctrl-A h says this";

/// One of them.
struct member {
  const options &wanted;
  prepared what;
  reports files;
  std::string name;
  std::unique_ptr<host::typist> console;
  std::unique_ptr<machine> guest;
  bool heard = false;
  maybe<conclusion> end = {};
};

/// The run, from reset to the end of the last one.
class shared_session {
public:
  shared_session(std::vector<member> &members, std::string_view scheduler)
      : members_(members), scheduler_(scheduler),
        interactive_(::isatty(STDIN_FILENO) != 0 &&
                     std::ranges::any_of(members, [](const member &m) { return !m.wanted.scripted; })),
        consoles_(terminal_, terminal_, interactive_ ? host::screen::focused : host::screen::lines) {
    terminal_.on_command([this](u8 key) { command(key); });
  }
  shared_session(const shared_session &) = delete;
  shared_session &operator=(const shared_session &) = delete;
  /// The first one's hardware has all others on it, which go before it.
  ~shared_session() {
    while (!members_.empty())
      members_.pop_back();
  }

  maybe<host::failure> set_up() {
    for (member &m : members_) {
      auto &seat = consoles_.add(m.name);
      m.console = std::make_unique<host::typist>(seat, m.wanted.script, m.wanted.scripted ? nullptr : &seat,
                                                 interactive_ ? 0 : host::typist::default_patience);
      if (const auto wrong = make(m))
        return wrong;
      if (const auto wrong = fill(*m.guest, m.what.what, *m.console, m.files))
        return wrong;
      m.guest->stop_at(m.wanted.max_instructions);
      if (!m.wanted.until.empty())
        m.console->listen(m.wanted.until, [&m] {
          m.heard = true;
          m.guest->interrupt();
        });
    }
    for (std::size_t n = members_.size(); n-- > 0;)
      if (!members_[n].wanted.scripted)
        consoles_.begin_with(n);
    if (!members_.front().guest->choose_scheduler(scheduler_))
      return host::failure{fmt::format("--scheduler: there is no '{}'", scheduler_)};
    return {};
  }
  void go() {
    const maybe<host::raw_mode> raw = interactive_ ? maybe<host::raw_mode>(std::in_place) : std::nullopt;
    start_ = std::chrono::steady_clock::now();
    while (std::ranges::any_of(members_, running) && !stopped())
      turn();
    for (member &m : members_)
      if (running(m))
        conclude_as(m, ending::stopped);
    consoles_.show_rest();
    terminal_.flush();
  }
  /// Nothing, or why what the guests printed is not where it should be.
  [[nodiscard]] maybe<host::failure> lost_output() const {
    if (terminal_.error() == 0)
      return {};
    return host::failure{fmt::format("standard output: {}", std::strerror(terminal_.error()))};
  }

private:
  /// Steps of all together between two looks at the host.
  static constexpr u64 slice = 2'000'000;

  [[nodiscard]] static bool running(const member &m) { return !m.end; }

  maybe<host::failure> make(member &m) {
    try {
      m.guest = &m == &members_.front() ? m.what.chosen->make(m.what.what, *m.console)
                                        : members_.front().guest->beside(m.what.what, *m.console);
    } catch (const std::bad_alloc &) {
      return host::failure{"--memory: the host cannot give as many bytes as the guests have together"};
    }
    if (m.guest == nullptr)
      return host::failure{fmt::format("{}: the hardware's memory does not hold it", m.name)};
    return {};
  }
  void command(u8 key) {
    if (key == 'n')
      consoles_.give((consoles_.owner() + 1) % consoles_.size());
    else if (key >= '1' && key <= '9')
      consoles_.give(static_cast<std::size_t>(key - '1'));
    else if (key == 'h')
      consoles_.show(fmt::format("\n{}\n", keys));
  }
  void conclude_as(member &m, ending how) {
    m.end = conclusion{how};
    m.end->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    m.guest->stop_at(m.guest->steps());
    if (!interactive_ || how == ending::stopped || &m != &members_[consoles_.owner()])
      return;
    consoles_.show(fmt::format("\n[{} has ended]\n", m.name));
    if (const auto next = std::ranges::find_if(members_, running); next != members_.end())
      consoles_.give(static_cast<std::size_t>(next - members_.begin()));
  }
  void turn() {
    u64 before = 0, after = 0;
    for (const member &m : members_)
      before += m.guest->steps();
    const exit_record exit = members_.front().guest->run_all(slice);
    for (member &m : members_) {
      after += m.guest->steps();
      if (running(m) && m.guest->verdict())
        conclude_as(m, ending::by_guest);
      else if (running(m) && m.heard)
        conclude_as(m, ending::heard);
      else if (running(m) && m.guest->steps() >= m.wanted.max_instructions)
        conclude_as(m, ending::exhausted);
    }
    if (stopped() || (exit.reason == exit_reason::waiting && wait_for_input()))
      return poll();
    if (exit.reason != exit_reason::budget && after == before)
      return conclude_rest();
    poll();
  }
  void poll() {
    for (const member &m : members_)
      m.guest->poll();
  }
  /// Nobody can go on: all that are left wait, but for one of which the hardware said what no handler claims.
  void conclude_rest() {
    for (member &m : members_)
      if (running(m))
        conclude_as(m, m.guest->waits() ? ending::waiting : ending::stopped);
  }
  [[nodiscard]] bool stopped() const {
    if (interactive_)
      terminal_.look();
    else
      terminal_.flush();
    return terminal_.quit() || terminal_.error() != 0 || asked_to_end();
  }
  /// All wait, and nothing will happen by itself. Whoever has the keyboard may want a key; at a terminal it may also be
  /// given to another one.
  [[nodiscard]] bool wait_for_input() {
    const bool somebody = std::ranges::any_of(
        members_, [](const member &m) { return running(m) && !m.wanted.scripted && m.guest->wakes_by_input(); });
    const member &owner = members_[consoles_.owner()];
    const bool wanted = running(owner) && !owner.wanted.scripted && owner.guest->wakes_by_input();
    return (interactive_ ? somebody : wanted) && terminal_.wait(asked_to_end);
  }

  std::vector<member> &members_;
  std::string_view scheduler_;
  bool interactive_;
  host::terminal terminal_{[this] {
    for (member &m : members_)
      if (m.guest)
        m.guest->interrupt();
  }};
  host::console_switch consoles_;
  std::chrono::steady_clock::time_point start_{};
};

/// Memory that the first one's hardware needs for the others and for the VMM's tables for them.
u64 beside_the_first(const std::vector<member> &members) {
  constexpr u64 tables = u64{16} << 20;
  u64 all = 0;
  for (std::size_t n = 1; n < members.size(); ++n)
    all += members[n].wanted.memory + tables;
  return all;
}

host::result<std::vector<member>> prepare_members(const request &asked) {
  std::vector<member> members;
  members.reserve(asked.several.size());
  for (const options &wanted : asked.several) {
    const std::string name = fmt::format("vm {}", members.size() + 1);
    auto what = prepare_all(wanted);
    if (!what)
      return host::failure{fmt::format("{}: {}", name, what.reason())};
    members.push_back({wanted, *std::move(what), {}, name, nullptr, nullptr});
  }
  if (const auto wrong = check_files(asked.several))
    return *wrong;
  for (member &m : members) {
    auto files = open_reports(m.wanted);
    if (!files)
      return host::failure{fmt::format("{}: {}", m.name, files.reason())};
    m.files = *std::move(files);
  }
  members.front().what.what.beside = beside_the_first(members);
  return members;
}

/// The reports of all, and the exit code.
host::result<int> conclude_all(std::vector<member> &members, const request &asked, reports &common) {
  std::string text;
  auto json = nlohmann::ordered_json::array();
  int code = 0;
  for (member &m : members) {
    auto run = conclude(m.wanted, m.what, *m.end, *m.guest, m.files, m.name + ": ");
    if (!run)
      return host::failure{run.reason()};
    run->machine.emplace_back("scheduler", asked.scheduler);
    code = code != 0 ? code : run->exit_code;
    if (asked.wanted.statistics == statistics_form::json)
      json.push_back(to_json(*run));
    else
      text += fmt::format("{}\n{}", m.name, to_text(*run));
  }
  if (asked.wanted.statistics == statistics_form::none)
    return code;
  const bool is_json = asked.wanted.statistics == statistics_form::json;
  if (const auto wrong = write_statistics(is_json ? json.dump(2) + "\n" : text, common))
    return *wrong;
  return code;
}

} // namespace

host::result<int> run_several(const request &asked) {
  auto members = prepare_members(asked);
  if (!members)
    return host::failure{members.reason()};
  options only_statistics;
  only_statistics.statistics_file = asked.wanted.statistics_file;
  auto common = open_reports(only_statistics);
  if (!common)
    return host::failure{common.reason()};
  shared_session s(*members, asked.scheduler);
  if (const auto wrong = s.set_up())
    return *wrong;
  s.go();
  if (const auto wrong = s.lost_output())
    return *wrong;
  return conclude_all(*members, asked, *common);
}

} // namespace run
