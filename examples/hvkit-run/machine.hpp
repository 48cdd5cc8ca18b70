// SPDX-License-Identifier: BSL-1.0
// Decides what hvkit-run needs of a machine, whatever it is composed of.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <hvkit/core/address.hpp>
#include <hvkit/core/exit.hpp>
#include <hvkit/device/virt_board.hpp>
#include <hvkit/host/typist.hpp>
#include <hvkit/report/statistics.hpp>

namespace run {

using namespace hvkit;

/// A machine with the `virt` board, bare or a VM.
class machine {
public:
  machine() = default;
  machine(const machine &) = delete;
  machine &operator=(const machine &) = delete;
  virtual ~machine() = default;

  [[nodiscard]] virtual device::virt_board &board() = 0;
  /// Copies guest-physical memory in or out, all or nothing.
  [[nodiscard]] virtual bool write(gpa at, std::span<const u8> bytes) = 0;
  [[nodiscard]] virtual bool read(gpa at, std::span<u8> bytes) const = 0;
  /// The machine at reset, about to start at `entry`; `next` goes to a2. False if memory does not hold the device tree.
  [[nodiscard]] virtual bool boot(gpa entry, gpa next) = 0;
  /// Attaches the host-target interface. False if `tohost` is not in memory.
  [[nodiscard]] virtual bool attach_htif(gpa tohost, maybe<gpa> fromhost, device::byte_sink &output) = 0;
  /// Writes a line for each exit from now on. Does nothing on a bare machine.
  virtual void trace_exits(std::function<void(std::string_view)> write) = 0;

  /// As hardware::run_with.
  virtual exit_record run(u64 steps) = 0;
  /// Makes `run` return with `exit_reason::host` before the next instruction.
  virtual void interrupt() = 0;
  /// Whether console input could wake the waiting CPU.
  [[nodiscard]] virtual bool wakes_by_input() = 0;

  [[nodiscard]] virtual u64 steps() const = 0;
  /// Where the guest is now: pc, mode and instruction.
  [[nodiscard]] virtual std::string where() = 0;
  /// What was counted; outcome and time are for the caller to add.
  [[nodiscard]] virtual report::run_statistics statistics() = 0;
};

} // namespace run
