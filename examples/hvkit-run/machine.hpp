// SPDX-License-Identifier: BSL-1.0
// Decides what hvkit-run needs of a machine, whatever it is composed of and whatever board is around it.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <hvkit/core/address.hpp>
#include <hvkit/core/exit.hpp>
#include <hvkit/device/console.hpp>
#include <hvkit/device/shutdown.hpp>
#include <hvkit/host/elf.hpp>
#include <hvkit/host/typist.hpp>
#include <hvkit/report/statistics.hpp>

namespace run {

using namespace hvkit;

struct loading;

/// A machine with its board, bare or a VM.
class machine {
public:
  machine() = default;
  machine(const machine &) = delete;
  machine &operator=(const machine &) = delete;
  virtual ~machine() = default;

  /// Copies guest-physical memory in or out, all or nothing.
  [[nodiscard]] virtual bool write(gpa at, std::span<const u8> bytes) = 0;
  [[nodiscard]] virtual bool read(gpa at, std::span<u8> bytes) const = 0;
  /// The machine at reset, about to start at `entry`; firmware is told of `next`. False if memory does not hold what
  /// the board puts there.
  [[nodiscard]] virtual bool boot(gpa entry, gpa next) = 0;
  /// Attaches the host-target interface, where the board has one. False if `tohost` is not in memory.
  [[nodiscard]] virtual bool attach_htif(gpa tohost, maybe<gpa> fromhost, device::byte_sink &output) = 0;
  /// Writes a line for each exit from now on. Does nothing on a bare machine.
  virtual void trace_exits(std::function<void(std::string_view)> write) = 0;

  /// As hardware::run_with.
  virtual exit_record run(u64 steps) = 0;
  /// Another machine with a board of its own on the same hardware. Null where that does not hold it, as on a bare
  /// machine.
  [[nodiscard]] virtual std::unique_ptr<machine> beside(const loading &what, host::typist &console) = 0;
  /// Runs all machines on this one's hardware, shared by the scheduler of that name, as monitor::run does.
  virtual exit_record run_all(u64 steps) = 0;
  [[nodiscard]] virtual bool choose_scheduler(std::string_view name) = 0;
  /// Among others, it has no turn any more after so many steps.
  virtual void stop_at(u64 steps) = 0;
  /// Makes `run` return with `exit_reason::host` before the next instruction.
  virtual void interrupt() = 0;
  /// How the guest switched the machine off, once it did.
  [[nodiscard]] virtual maybe<device::shutdown> verdict() const = 0;
  /// The console's source may have something new.
  virtual void poll() = 0;
  /// Whether console input could wake the waiting CPU.
  [[nodiscard]] virtual bool wakes_by_input() const = 0;

  [[nodiscard]] virtual u64 steps() const = 0;
  /// It waits for an interrupt.
  [[nodiscard]] virtual bool waits() const = 0;
  /// Where the guest is now: pc, mode and instruction.
  [[nodiscard]] virtual std::string where() = 0;
  /// What was counted; outcome and time are for the caller to add.
  [[nodiscard]] virtual report::run_statistics statistics() = 0;
};

} // namespace run
