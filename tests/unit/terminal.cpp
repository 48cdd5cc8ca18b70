// SPDX-License-Identifier: BSL-1.0
// Shows that keys reach the guest, the escape key does not, and the host's terminal is left as it was found.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <hvkit/host/terminal.hpp>

using namespace hvkit;
using host::escape_keys;

namespace {

constexpr bool gives(std::string_view pressed, std::string_view guest, bool quit) {
  escape_keys keys;
  std::size_t n = 0;
  for (const char c : pressed)
    if (const auto key = keys.take(static_cast<u8>(c))) {
      if (n == guest.size() || static_cast<u8>(guest[n++]) != *key)
        return false;
    }
  return n == guest.size() && keys.quit() == quit;
}
static_assert(gives("abc\x03", "abc\x03", false));
static_assert(gives("a\x01"
                    "x",
                    "a", true));
static_assert(gives("\x01\x01x", "\x01x", false));
static_assert(gives("\x01qx", "x", false));

/// Standard input and output are pipes while this lives; what was written can be had.
struct piped {
  int keys[2]{}, screen[2]{}, saved_in, saved_out;
  explicit piped(std::string_view typed) : saved_in(::dup(0)), saved_out(::dup(1)) {
    BOOST_REQUIRE(::pipe(keys) == 0);
    BOOST_REQUIRE(::pipe(screen) == 0);
    BOOST_REQUIRE(::write(keys[1], typed.data(), typed.size()) == static_cast<::ssize_t>(typed.size()));
    ::close(keys[1]);
    ::fcntl(screen[0], F_SETFL, O_NONBLOCK);
    ::dup2(keys[0], 0);
    ::dup2(screen[1], 1);
  }
  piped(const piped &) = delete;
  piped &operator=(const piped &) = delete;
  [[nodiscard]] std::string written() const {
    std::string all(1 << 16, '\0');
    const ::ssize_t n = ::read(screen[0], all.data(), all.size());
    all.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return all;
  }
  ~piped() {
    ::dup2(saved_in, 0);
    ::dup2(saved_out, 1);
    for (const int fd : {keys[0], screen[0], screen[1], saved_in, saved_out})
      ::close(fd);
  }
};

/// In a child whose standard input is a terminal: switch to raw mode, then end in the given way.
enum class ending { destructor, exit, signal };
[[noreturn]] void child(const char *terminal, ending how) {
  ::setsid();
  const int fd = ::open(terminal, O_RDWR);
  ::dup2(fd, 0);
  {
    const host::raw_mode raw;
    termios now{};
    if (!raw.on() || ::tcgetattr(0, &now) != 0 || (now.c_lflag & (ICANON | ECHO | ISIG)) != 0)
      ::_exit(9);
    if (how == ending::exit)
      std::exit(7);
    if (how == ending::signal)
      ::raise(SIGTERM);
  }
  ::_exit(8);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_pipe_is_input_without_an_escape_key) {
  const piped pipes("a\x01xb");
  std::string got;
  bool ended = false;
  {
    host::terminal t;
    while (t.wait())
      while (const auto key = t.get())
        got.push_back(static_cast<char>(*key));
    ended = t.ended();
    for (const char c : {'o', 'k', '\n', '>'})
      t.put(static_cast<u8>(c));
  }
  BOOST_TEST(got == "a\x01xb");
  BOOST_TEST(ended);
  BOOST_TEST(pipes.written() == "ok\n>");
}

BOOST_AUTO_TEST_CASE(a_prompt_appears_once_the_guest_looks_for_keys) {
  const piped pipes("");
  host::terminal t;
  t.put('>');
  const std::string early = pipes.written();
  for (int i = 0; i < 1000; ++i)
    static_cast<void>(t.ready());
  BOOST_TEST(early.empty());
  BOOST_TEST(pipes.written() == ">");
}

BOOST_AUTO_TEST_CASE(raw_mode_ends_with_whatever_ends_it) {
  for (const ending how : {ending::destructor, ending::exit, ending::signal}) {
    const int controller = ::posix_openpt(O_RDWR | O_NOCTTY);
    BOOST_REQUIRE(controller >= 0);
    BOOST_REQUIRE((::grantpt(controller) == 0 && ::unlockpt(controller) == 0));
    const std::string name = ::ptsname(controller);
    const int terminal = ::open(name.c_str(), O_RDWR | O_NOCTTY);
    termios before{}, after{};
    BOOST_REQUIRE(::tcgetattr(terminal, &before) == 0);
    BOOST_REQUIRE((before.c_lflag & ICANON) != 0);

    std::fflush(nullptr); // or the child writes it again
    const ::pid_t pid = ::fork();
    if (pid == 0)
      child(name.c_str(), how);
    int status = 0;
    BOOST_REQUIRE(::waitpid(pid, &status, 0) == pid);
    if (how == ending::signal)
      BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM));
    else
      BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == (how == ending::exit ? 7 : 8)));
    BOOST_REQUIRE(::tcgetattr(terminal, &after) == 0);
    BOOST_TEST(after.c_lflag == before.c_lflag);
    BOOST_TEST(after.c_iflag == before.c_iflag);
    ::close(terminal);
    ::close(controller);
  }
}
