// SPDX-License-Identifier: BSL-1.0
// Decides what can be asked of hvkit-run, and in which words.
#pragma once

#include <array>
#include <string>
#include <vector>

#include <hvkit/core/slot.hpp>
#include <hvkit/device/virt_options.hpp>
#include <hvkit/host/result.hpp>
#include <hvkit/host/typist.hpp>

namespace run {

using namespace hvkit;

enum class statistics_form : u8 { none, text, json };

/// What was asked.
struct options {
  maybe<std::string> cpu;
  maybe<std::string> board;
  bool bare = false;
  bool sbi = false; ///< the board serves the kernel's calls, as it does under technique::paravirtual
  std::array<maybe<std::string>, slot_count> policies; ///< by slot

  std::string bios, kernel, initrd, append;
  std::string disk;
  maybe<form> disk_form; ///< what the io policy names if this says nothing
  bool snapshot = false; ///< what is written to the disk is forgotten
  u64 memory = u64{128} << 20;
  u64 max_instructions = ~u64{0};
  u64 share = 1; ///< of the hardware's time, if there are several guests

  bool scripted = false; ///< input comes from `script`, not from the terminal
  std::vector<host::typed_text> script;
  std::vector<std::string> script_files; ///< where some of it comes from

  std::string until; ///< ends the run once it was printed; "" never

  statistics_form statistics = statistics_form::none;
  std::string statistics_file;
  std::string signature;
  unsigned signature_granularity = 4;
  std::string trace_exits;
};

/// The program's own exit codes; every other one is the guest's.
namespace exit_code {
inline constexpr int bad_input = 2;
inline constexpr int reset = 123;     ///< the guest asked to be started again
inline constexpr int exhausted = 124; ///< --max-instructions
inline constexpr int stopped = 125;   ///< the guest waits for ever, or was stopped
} // namespace exit_code

/// Options, or the exit code of a program that has done all it was asked (--help, --list).
struct request {
  options wanted;
  std::vector<options> several; ///< of each --vm, where there are some; then `wanted` holds for all
  std::string scheduler;        ///< who shares the hardware between them
  maybe<int> done = {};
};

/// Reads the command line. Fails with a sentence.
[[nodiscard]] host::result<request> parse(int argc, const char *const *argv);

} // namespace run
