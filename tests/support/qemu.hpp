// SPDX-License-Identifier: BSL-1.0
// Decides how QEMU is run one instruction at a time, and how its log is read. Knows no test.
#pragma once

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>

#include "support/scratch.hpp"

namespace hvkit::tests {

/// What QEMU's log says of the CPU before an instruction is executed.
struct qemu_state {
  u64 pc = 0;
  std::array<u64, 32> x{};
  std::vector<std::pair<std::string, u64>> csrs; ///< by name, in the log's order

  /// Nothing if the log leaves it out: satp is not shown while TVM forbids supervisor mode to read it.
  [[nodiscard]] maybe<u64> csr(std::string_view name) const {
    for (const auto &[known, value] : csrs)
      if (known == name)
        return value;
    return {};
  }
};

/// A running QEMU with the `virt` board and RV64IMAFDC, perhaps with H, nothing else: stepped, and read through a pipe.
class qemu {
public:
  static constexpr const char *program = "qemu-system-riscv64";
  [[nodiscard]] static bool installed() {
    return std::system("qemu-system-riscv64 --version 2> /dev/null | grep -q 'version 7[.]2'") == 0;
  }

  /// `wfi` and a jump back to it: the last doubleword of memory.
  static constexpr u64 sleep_code = 0xffdff06f10500073;

  /// Starts with `image` at `base` and the CPU at `entry`.
  qemu(const std::vector<u8> &image, u64 base, u64 entry, u64 memory, bool hypervisor = false) {
    const std::string file = directory_ / "image";
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char *>(image.data()), static_cast<std::streamsize>(image.size()));
    const auto hex = [](u64 v) {
      std::array<char, 20> text{};
      std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(v));
      return std::string(text.data());
    };
    // A second hart sleeps at the end of memory: alone, QEMU would do atomic accesses as a load and a store, and report
    // their faults as a load's.
    start({program,
           "-M",
           "virt",
           "-smp",
           "2",
           "-m",
           std::to_string(memory >> 20) + "M",
           "-bios",
           "none",
           "-display",
           "none",
           "-serial",
           "none",
           "-monitor",
           "none",
           "-singlestep",
           "-d",
           "cpu,nochain",
           "-cpu",
           std::string("rv64,priv_spec=v1.12.0,v=off,zba=off,zbb=off,zbc=off,zbs=off,sstc=off,debug=off,"
                       "Zihintpause=off,h=") +
               (hypervisor ? "on" : "off"),
           "-device",
           "loader,force-raw=on,file=" + file + ",addr=" + hex(base),
           "-device",
           "loader,cpu-num=0,addr=" + hex(entry),
           "-device",
           "loader,data-len=8,data=" + hex(sleep_code) + ",addr=" + hex(base + memory - 8),
           "-device",
           "loader,cpu-num=1,addr=" + hex(base + memory - 8)});
  }
  qemu(const qemu &) = delete;
  qemu &operator=(const qemu &) = delete;
  ~qemu() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    close(log_);
  }

  /// The state before the next instruction; false if QEMU does nothing any more (it waits, or has ended).
  [[nodiscard]] bool next(qemu_state &state) {
    state.csrs.clear();
    std::string line;
    while (read_line(line)) {
      const std::size_t name = line.find_first_not_of(' ');
      if (name == std::string::npos)
        continue;
      if (line.compare(name, 1, "x") == 0) {
        if (!registers(line, state))
          continue;
        if (state.csr("mhartid") == 0)
          return true;
        state.csrs.clear(); // the other hart's
        continue;
      }
      const std::size_t blank = line.find(' ', name);
      if (blank == std::string::npos)
        continue;
      const u64 value = std::strtoull(line.c_str() + blank, nullptr, 16);
      const std::string word = line.substr(name, blank - name);
      if (word == "pc")
        state.pc = value;
      else
        state.csrs.emplace_back(word, value);
    }
    return false;
  }

private:
  void start(const std::vector<std::string> &words) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0)
      throw std::runtime_error("no pipe");
    std::vector<char *> arguments;
    for (const std::string &w : words)
      arguments.push_back(const_cast<char *>(w.c_str()));
    arguments.push_back(nullptr);
    child_ = fork();
    if (child_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      dup2(ends[1], 2);
      close(ends[0]);
      close(ends[1]);
      execvp(program, arguments.data());
      _exit(127);
    }
    close(ends[1]);
    log_ = ends[0];
  }
  /// The line that ends with x31 ends the state.
  [[nodiscard]] static bool registers(const std::string &line, qemu_state &state) {
    bool last = false;
    for (const char *at = line.c_str(); (at = std::strchr(at, 'x')) != nullptr;) {
      const auto number = std::strtoul(at + 1, nullptr, 10);
      at = std::strchr(at, ' ');
      if (at == nullptr || number > 31)
        break;
      state.x[number] = std::strtoull(at, nullptr, 16);
      last = number == 31;
      at += std::strspn(at, " ");
      at += std::strcspn(at, " ");
    }
    return last;
  }
  [[nodiscard]] bool read_line(std::string &line) {
    line.clear();
    for (;;) {
      for (; at_ < filled_; ++at_) {
        if (buffer_[at_] == '\n') {
          ++at_;
          return true;
        }
        line += buffer_[at_];
      }
      pollfd wanted{log_, POLLIN, 0};
      constexpr int patience = 20'000; // milliseconds: only a QEMU that waits is that quiet
      if (poll(&wanted, 1, patience) <= 0)
        return false;
      const ssize_t n = read(log_, buffer_.data(), buffer_.size());
      if (n <= 0)
        return false;
      at_ = 0;
      filled_ = static_cast<std::size_t>(n);
    }
  }

  scratch directory_;
  pid_t child_ = -1;
  int log_ = -1;
  std::array<char, 65536> buffer_{};
  std::size_t at_ = 0, filled_ = 0;
};

} // namespace hvkit::tests
