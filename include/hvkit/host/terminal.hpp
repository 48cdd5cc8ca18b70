// SPDX-License-Identifier: BSL-1.0
// Decides how a guest's console and the person at the host's terminal come together. Knows neither guest nor device.
#pragma once

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <functional>
#include <string>
#include <utility>

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <hvkit/device/console.hpp>
#include <hvkit/host/escape.hpp>

namespace hvkit::host {

/// While it lives, standard input hands over each key as it is pressed, without echo or keys of its own. Does nothing
/// if that is no terminal. The terminal is as before when this ends, also by `exit` or by a signal that ends the
/// program. Signals that the program handles itself, or ignores, are left to it. One at a time.
class raw_mode {
public:
  raw_mode() {
    if (::isatty(STDIN_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &before()) != 0)
      return;
    termios raw = before();
    ::cfmakeraw(&raw);
    raw.c_oflag |= OPOST; // the host's own messages keep their line ends
    active() = 1;
    watch_exits();
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  raw_mode(const raw_mode &) = delete;
  raw_mode &operator=(const raw_mode &) = delete;
  ~raw_mode() {
    restore();
    for (std::size_t i = 0; i < ends.size() && watching_; ++i)
      ::sigaction(ends[i], &old_[i], nullptr);
  }

  [[nodiscard]] bool on() const noexcept { return watching_; }

  /// The terminal as it was before; does nothing where it is so already. For handlers of signals, too.
  static void restore() noexcept {
    if (active() != 0)
      ::tcsetattr(STDIN_FILENO, TCSANOW, &before());
    active() = 0;
  }

private:
  static constexpr std::array ends{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};

  [[nodiscard]] static termios &before() noexcept {
    static termios settings{};
    return settings;
  }
  [[nodiscard]] static volatile std::sig_atomic_t &active() noexcept {
    static volatile std::sig_atomic_t flag = 0;
    return flag;
  }
  /// SA_RESETHAND has put the default action back: the signal comes again and ends the program.
  static void on_signal(int number) {
    restore();
    ::raise(number);
  }
  void watch_exits() {
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      ::sigaction(ends[i], nullptr, &old_[i]);
      if (old_[i].sa_handler == SIG_DFL)
        ::sigaction(ends[i], &action, nullptr);
    }
    static const int registered = std::atexit(restore);
    static_cast<void>(registered);
    watching_ = true;
  }

  std::array<struct sigaction, ends.size()> old_{};
  bool watching_ = false;
};

/// Both sides of a guest's console at standard input and output, with escape_keys if input is a terminal.
///
/// The guest may ask for input millions of times a second, so that the host is asked at every `patience`th question
/// only; output is written at the ends of lines and when the host is asked.
class terminal final : public device::byte_sink, public device::byte_source {
public:
  /// `on_quit` is called once the escape key asks for it: make the machine come back from `run` there.
  explicit terminal(std::function<void()> on_quit = {}) : on_quit_(std::move(on_quit)) {}
  ~terminal() override { flush(); }
  /// Calls `f` for each command key (escape_keys) from now on, before keys that come after it are given to anybody.
  void on_command(std::function<void(u8)> f) { on_command_ = std::move(f); }

  void put(u8 byte) override {
    output_.push_back(static_cast<char>(byte));
    if (byte == '\n' || output_.size() >= most_output)
      flush();
  }
  [[nodiscard]] maybe<u8> get() override {
    if (!ready())
      return {};
    const u8 key = input_.front();
    input_.pop_front();
    return key;
  }
  [[nodiscard]] bool ready() const override {
    if (input_.empty() && --questions_ == 0)
      look();
    return !input_.empty();
  }
  [[nodiscard]] std::size_t available() const override { return ready() ? input_.size() : 0; }

  [[nodiscard]] bool quit() const noexcept { return keys_.quit(); }
  /// Input has ended: there will be no more.
  [[nodiscard]] bool ended() const noexcept { return ended_; }

  /// Why standard output does not take what is written (errno); 0 if it does.
  [[nodiscard]] int error() const noexcept { return error_; }

  /// Waits for a key, for a guest that waits for nothing else. False if none will ever come, the host is to quit, or
  /// `give_up` (asked now and then, if there is one) says so.
  [[nodiscard]] bool wait(bool (*give_up)() noexcept = nullptr) const {
    constexpr int milliseconds = 100;
    while (input_.empty() && !ended_ && !quit() && !(give_up != nullptr && give_up())) {
      flush();
      pollfd in{STDIN_FILENO, POLLIN, 0};
      if (::poll(&in, 1, give_up != nullptr ? milliseconds : -1) > 0)
        look();
    }
    return !input_.empty() && !quit();
  }
  /// Writes what was held back, and takes the keys there are.
  void look() const {
    questions_ = patience;
    flush();
    pollfd in{STDIN_FILENO, POLLIN, 0};
    if (ended_ || ::poll(&in, 1, 0) <= 0)
      return;
    std::array<u8, 256> keys{};
    const ::ssize_t n = ::read(STDIN_FILENO, keys.data(), keys.size());
    ended_ = n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN);
    for (::ssize_t i = 0; i < n; ++i)
      take(keys[static_cast<std::size_t>(i)]);
  }
  /// Writes what was held back. What nobody takes is dropped, and `error` says so.
  void flush() const {
    for (std::size_t done = 0; done < output_.size();) {
      const ::ssize_t n = ::write(STDOUT_FILENO, output_.data() + done, output_.size() - done);
      if (n > 0)
        done += static_cast<std::size_t>(n);
      else if (!can_retry()) {
        error_ = errno;
        break;
      }
    }
    output_.clear();
  }

private:
  static constexpr unsigned patience = 64;
  static constexpr std::size_t most_output = 4096;

  /// Whether a write that did not succeed may do so now; waits while the other side is busy.
  [[nodiscard]] static bool can_retry() noexcept {
    if (errno == EAGAIN) {
      pollfd out{STDOUT_FILENO, POLLOUT, 0};
      return ::poll(&out, 1, -1) >= 0 || errno == EINTR;
    }
    return errno == EINTR;
  }
  void take(u8 key) const {
    const bool before = keys_.quit();
    if (const auto for_guest = is_terminal_ ? keys_.take(key) : maybe<u8>(key))
      input_.push_back(*for_guest);
    if (keys_.quit() && !before && on_quit_)
      on_quit_();
    if (const auto command = keys_.command(); command && on_command_)
      on_command_(*command);
  }

  // Looking whether there is input is not a change that a caller could see, but fetches it.
  mutable std::deque<u8> input_;
  mutable escape_keys keys_;
  mutable std::string output_;
  mutable unsigned questions_ = 1;
  mutable bool ended_ = false;
  mutable int error_ = 0;
  bool is_terminal_ = ::isatty(STDIN_FILENO) != 0;
  std::function<void()> on_quit_;
  std::function<void(u8)> on_command_;
};

} // namespace hvkit::host
