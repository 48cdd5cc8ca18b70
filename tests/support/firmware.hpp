// SPDX-License-Identifier: BSL-1.0
// Decides where tests find the real firmware that Debian packages bring, and how a pair of machines boots it.
#pragma once

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <hvkit/host/virt_machine.hpp>

namespace hvkit::tests {

inline constexpr const char *opensbi_jump = "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_jump.bin";
inline constexpr const char *u_boot_machine = "/usr/lib/u-boot/qemu-riscv64/u-boot.bin";
inline constexpr const char *u_boot_supervisor = "/usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin";

/// The bytes of a file; none if it is not there.
[[nodiscard]] inline std::vector<u8> bytes_of(const char *path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A machine on the `virt` board with a console of its own.
template <class Machine> struct bench {
  device::collected_bytes output;
  device::queued_bytes input;
  host::virt_machine<Machine> around;

  explicit bench(const device::virt_board_options &options, const std::string &typed = "")
      : input(typed), around(options, output, input) {}
  bench(std::unique_ptr<Machine> machine, const device::virt_board_options &options, const std::string &typed = "")
      : input(typed), around(std::move(machine), options, output, input) {}
  [[nodiscard]] Machine &machine() { return around.machine(); }
};

/// Two machines with equal boards, to be run in lock-step.
template <class Reference, class Subject> struct bench_pair {
  bench<Reference> left;
  bench<Subject> right;
  Reference &reference = left.machine();
  Subject &subject = right.machine();

  explicit bench_pair(const device::virt_board_options &options, const std::string &typed = "")
      : left(options, typed), right(options, typed) {}
  bench_pair(std::unique_ptr<Subject> machine, const device::virt_board_options &options, const std::string &typed = "")
      : left(options, typed), right(std::move(machine), options, typed) {}
  /// Loads the same bytes into both.
  [[nodiscard]] bool load(gpa at, const std::vector<u8> &bytes) {
    return left.around.load(at, bytes) && right.around.load(at, bytes);
  }
  [[nodiscard]] bool boot(gpa entry) { return left.around.boot(entry) && right.around.boot(entry); }
  [[nodiscard]] std::string outside() {
    if (left.output.text() != right.output.text())
      return "console output";
    return left.around.board().state() == right.around.board().state() ? "" : "the boards' devices";
  }
};

} // namespace hvkit::tests
