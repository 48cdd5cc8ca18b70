// SPDX-License-Identifier: BSL-1.0
// Decides how a fuzz target is run: how long, by the gate in force, and from which inputs. Each target of tests/fuzz is
// one file that includes this and defines what is declared here.
//
// What libFuzzer is told on the command line comes first: `-runs=0 FILE` repeats a finding.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include <hvkit/vmm/lockstep.hpp>

#include "support/gate.hpp"

namespace hvkit::tests::fuzz {

/// Runs one input. Whatever it is, it must come back, and `check` must hold.
void target(std::span<const u8> input);
/// Inputs to begin with, the same every time.
[[nodiscard]] std::vector<std::vector<u8>> seeds();
/// How many inputs are a matter of seconds.
extern const u64 quick_runs;

/// What must hold; where it does not, this input is a finding.
inline void check(bool holds, const std::string &what) {
  if (holds)
    return;
  std::cerr << "fuzz: " << what << '\n';
  std::abort();
}

/// Takes an input apart; behind its end there are zeros.
class taker {
public:
  explicit taker(std::span<const u8> from) : left_(from) {}
  [[nodiscard]] bool empty() const noexcept { return left_.empty(); }
  /// A number of that many bytes.
  [[nodiscard]] u64 take(unsigned bytes = 1) {
    u64 value = 0;
    for (unsigned i = 0; i < bytes && !left_.empty(); ++i, left_ = left_.subspan(1))
      value |= u64{left_[0]} << 8 * i;
    return value;
  }
  /// One of `all`.
  [[nodiscard]] u64 one_of(std::initializer_list<u64> all) { return all.begin()[take() % all.size()]; }

private:
  std::span<const u8> left_;
};

/// Random inputs of up to that many bytes.
[[nodiscard]] inline std::vector<std::vector<u8>> random_inputs(std::size_t count, std::size_t longest) {
  random_numbers random(seed());
  std::vector<std::vector<u8>> all(count);
  for (auto &input : all) {
    input.resize(random.between(1, longest));
    for (u8 &byte : input)
      byte = static_cast<u8>(random() >> 8);
  }
  return all;
}

namespace detail {
/// The seeds as files, for as long as the program runs.
class corpus {
public:
  corpus() {
    std::string path = (std::filesystem::temp_directory_path() / "hvkit-fuzz-XXXXXX").string();
    check(::mkdtemp(path.data()) != nullptr, "no temporary folder");
    folder_ = path;
    std::size_t n = 0;
    for (const auto &input : seeds())
      std::ofstream(folder_ / std::to_string(n++), std::ios::binary)
          .write(reinterpret_cast<const char *>(input.data()), static_cast<std::streamsize>(input.size()));
  }
  ~corpus() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  corpus(const corpus &) = delete;
  corpus &operator=(const corpus &) = delete;
  [[nodiscard]] std::string name() const { return folder_.string(); }

private:
  std::filesystem::path folder_;
};
} // namespace detail

} // namespace hvkit::tests::fuzz

// NOLINTBEGIN: the names are libFuzzer's.
extern "C" int LLVMFuzzerInitialize(int *argc, char ***argv) {
  using namespace hvkit::tests;
  if (*argc > 1)
    return 0;
  static const fuzz::detail::corpus begin;
  static std::vector<std::string> words = {**argv,
                                           "-seed=" + std::to_string(seed() + 1),
                                           "-max_len=4096",
                                           "-timeout=20",
                                           "-print_final_stats=1",
                                           gate() == gate_kind::quick
                                               ? "-runs=" + std::to_string(fuzz::quick_runs)
                                               : "-max_total_time=" + std::to_string(amount(0, 60, 3600)),
                                           begin.name()};
  static std::vector<char *> pointers;
  for (std::string &word : words)
    pointers.push_back(word.data());
  *argc = static_cast<int>(pointers.size());
  pointers.push_back(nullptr);
  *argv = pointers.data();
  return 0;
}
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  hvkit::tests::fuzz::target({data, size});
  return 0;
}
// NOLINTEND
