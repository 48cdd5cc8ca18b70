// SPDX-License-Identifier: BSL-1.0
// A compressed form of an instruction that the CPU does not have.
// expect: hvkit[HV034]: an alias (named in the notes) stands for an instruction that is not there
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/checks.hpp>

struct my_cpu : hvkit::cpu::rv64 {
  static constexpr auto aliases = [] {
    auto all = hvkit::cpu::rv64::aliases;
    auto last = all.back();
    last.means = "store";
    all.back() = last;
    return all;
  }();
};
static_assert(hvkit::isa::sound<my_cpu>);
