// SPDX-License-Identifier: BSL-1.0
// Decides what a guest means that writes to `tohost`. Knows where that is in memory, not how the guest got there.
#pragma once

#include <functional>
#include <utility>

#include <hvkit/device/console.hpp>
#include <hvkit/device/shutdown.hpp>
#include <hvkit/hardware/memory.hpp>

namespace hvkit::device {

/// Berkeley's host-target interface, as conformance suites and simple programs use it. A command is a word:
///
///     63      56 55      48 47                                    0
///     | device  | command  | payload                              |
///       0         0          odd: the guest ends; 1 passes, (n << 1) | 1 fails with n
///       1         1          the low byte is a character to print
///
/// After a character `tohost` is 0 again and `fromhost`, if there is one, holds device and command as the answer.
/// A word is taken at each write to it, also of its low half alone: suites end that way. A character has to be written
/// at once. All else is counted and left alone: system calls by proxy are not served. After the end nothing is.
/// Source: riscv-tests (env/p/riscv_test.h), riscv-pk (machine/htif.c), the RISC-V architectural test framework.
class htif final : public hardware::memory_listener {
public:
  /// Where the two words are, in the hardware's memory.
  struct place {
    hpa tohost;
    maybe<hpa> fromhost = {};
  };

  /// All must outlive the device. `ended` is called once the guest has ended: make the CPU come back from `run` there.
  /// Watches tohost's frame from now on. Does nothing if tohost is not wholly in `memory`.
  htif(hardware::physical_memory &memory, place at, power_switch &power, byte_sink &output,
       std::function<void()> ended = {})
      : memory_(memory), at_(at), power_(power), output_(output), ended_(std::move(ended)) {
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

  /// Commands that nobody served.
  [[nodiscard]] u64 unserved() const noexcept { return unserved_; }

private:
  static constexpr u64 word = sizeof(u64);
  static constexpr u64 console = 1;
  static constexpr u64 print = 1;

  void serve(u64 command) {
    const u64 device = bits(command, 63, 56);
    const u64 what = bits(command, 55, 48);
    const u64 payload = bits(command, 47, 0);
    if (device == 0 && what == 0 && (payload & 1) != 0)
      end(payload >> 1);
    else if (device == console && what == print)
      put(command);
    else
      ++unserved_;
  }
  void end(u64 failed_test) {
    power_(failed_test == 0 ? shutdown{shutdown::kind::pass, 0} : shutdown{shutdown::kind::fail, failed_test});
    if (ended_)
      ended_();
  }
  void put(u64 command) {
    output_.put(static_cast<u8>(command));
    answering_ = true; // the answer is a write, too
    static_cast<void>(memory_.store<u64>(at_.tohost, 0));
    if (at_.fromhost)
      static_cast<void>(memory_.store<u64>(*at_.fromhost, command & ~low_bits(48)));
    answering_ = false;
  }

  hardware::physical_memory &memory_;
  place at_;
  power_switch &power_;
  byte_sink &output_;
  std::function<void()> ended_;
  u64 unserved_ = 0;
  bool answering_ = false;
};

} // namespace hvkit::device
