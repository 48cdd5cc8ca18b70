// SPDX-License-Identifier: BSL-1.0
// Decides what a guest means that writes to `tohost`. Knows where that is in memory, not how the guest got there.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include <hvkit/device/console.hpp>
#include <hvkit/device/guest_access.hpp>
#include <hvkit/device/shutdown.hpp>
#include <hvkit/hardware/memory.hpp>

namespace hvkit::device {

/// Berkeley's host-target interface, as conformance suites and simple programs use it. A command is a word:
///
///     63      56 55      48 47                                    0
///     | device  | command  | payload                              |
///       0         0          odd: the guest ends; 1 passes, (n << 1) | 1 fails with n
///                            even: where a system call lies, as the words number, argument, argument, argument
///       1         1          the low byte is a character to print
///
/// After a character or a system call `tohost` is 0 again and `fromhost`, if there is one, holds the answer: device and
/// command, or 1. System calls have Linux's numbers; `write` to standard output or error and `exit` are served, others
/// fail. The result replaces the number: a count, or an error's negative number.
/// A word is taken at each write to it, also of its low half alone: suites end that way. All else has to be written at
/// once. What is not served is counted, and left alone if it is no system call. After the end nothing is served.
/// Source: riscv-tests (env/p/riscv_test.h, benchmarks/common/syscalls.c), riscv-pk (machine/htif.c), Spike
/// (fesvr/syscall.cc), the RISC-V architectural test framework.
class htif final : public hardware::memory_listener {
public:
  /// Where the two words are, in the hardware's memory.
  struct place {
    hpa tohost;
    maybe<hpa> fromhost = {};
  };

  /// All must outlive the device. `ended` is called once the guest has ended: make the CPU come back from `run` there.
  /// `guest` is where system calls lie: without it none is served. Watches tohost's frame from now on. Does nothing if
  /// tohost is not wholly in `memory`.
  htif(hardware::physical_memory &memory, place at, power_switch &power, byte_sink &output,
       std::function<void()> ended = {}, guest_access *guest = nullptr)
      : memory_(memory), at_(at), power_(power), output_(output), ended_(std::move(ended)), guest_(guest) {
    memory_.add(*this);
    for (const u64 end : {u64{0}, word - 1})
      if (memory_.contains(at_.tohost + end, 1))
        memory_.remember(at_.tohost + end, hardware::remembered::watched);
  }
  htif(const htif &) = delete;
  htif &operator=(const htif &) = delete;
  ~htif() override { memory_.remove(*this); }

  void written(hpa at, u64 size, hardware::remembered) override {
    const bool touched = at.value < at_.tohost.value + word && at_.tohost.value < at.value + size;
    if (!touched || answering_ || power_.off())
      return;
    if (const auto command = memory_.load<u64>(at_.tohost); command && *command != 0)
      serve(*command);
  }

  /// Commands and system calls that nobody served.
  [[nodiscard]] u64 unserved() const noexcept { return unserved_; }

private:
  static constexpr u64 word = sizeof(u64);
  static constexpr u64 console = 1;
  static constexpr u64 print = 1;

  /// Linux's numbers of system calls and errors. Source: Linux, asm-generic/unistd.h, errno.h.
  enum call : u64 { call_write = 64, call_exit = 93 };
  enum error : u64 { bad_file = 9, bad_address = 14, no_such_call = 38 };
  static constexpr u64 most_written = u64{64} << 10;
  [[nodiscard]] static constexpr u64 failure(error why) noexcept { return ~u64{why} + 1; }
  struct call_words {
    u64 number;
    std::array<u64, 3> argument;
  };

  void serve(u64 command) {
    const u64 device = bits(command, 63, 56);
    const u64 what = bits(command, 55, 48);
    const u64 payload = bits(command, 47, 0);
    if (device == 0 && what == 0 && (payload & 1) != 0)
      end(payload >> 1);
    else if (device == console && what == print)
      put(command);
    else if (device != 0 || what != 0 || !call_at(gpa{payload}))
      ++unserved_;
  }
  void end(u64 failed_test) {
    power_(failed_test == 0 ? shutdown{shutdown::kind::pass, 0} : shutdown{shutdown::kind::fail, failed_test});
    if (ended_)
      ended_();
  }
  void put(u64 command) {
    output_.put(static_cast<u8>(command));
    answer(command & ~low_bits(48));
  }
  void answer(u64 value) {
    answering_ = true; // it is a write, too
    static_cast<void>(memory_.store<u64>(at_.tohost, 0));
    if (at_.fromhost)
      static_cast<void>(memory_.store<u64>(*at_.fromhost, value));
    answering_ = false;
  }

  /// False if no memory is there.
  [[nodiscard]] bool call_at(gpa at) {
    const auto words = guest_ != nullptr ? guest_->load<call_words>(at) : maybe<call_words>();
    if (!words)
      return false;
    if (words->number == call_exit) {
      end(words->argument[0]);
      return true;
    }
    const u64 result = words->number == call_write ? write(words->argument) : failure(no_such_call);
    unserved_ += words->number != call_write;
    answering_ = true;
    static_cast<void>(guest_->store(at, result));
    answer(1);
    return true;
  }
  /// write(file, where, how many): how many were, or the error. One call does not keep the host for long.
  [[nodiscard]] u64 write(const std::array<u64, 3> &argument) {
    const auto &[file, from, wanted] = argument;
    const u64 size = std::min(wanted, most_written);
    if (file != 1 && file != 2)
      return failure(bad_file);
    if (!guest_->contains(gpa{from}, wanted))
      return failure(bad_address);
    for (u64 done = 0; done < size; ++done)
      output_.put(guest_->load<u8>(gpa{from + done}).value_or(0));
    return size;
  }

  hardware::physical_memory &memory_;
  place at_;
  power_switch &power_;
  byte_sink &output_;
  std::function<void()> ended_;
  guest_access *guest_;
  u64 unserved_ = 0;
  bool answering_ = false;
};

} // namespace hvkit::device
