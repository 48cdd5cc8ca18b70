// SPDX-License-Identifier: BSL-1.0
// Decides which CPUs are classified for people to read: all that are shipped, and variants that fail.
#include "classes.hpp"

#include <string_view>

#include <fmt/format.h>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/report/classification.hpp>

namespace run {

using namespace hvkit;

namespace {

namespace rows = cpu::rows;
using honest = cpu::third_generation<rows::honest>;
using dishonest = cpu::third_generation<rows::honest, rows::spl, rows::jrst1, rows::lra, rows::mfpi, rows::popf,
                                        rows::pushf, rows::stck>;

template <class Cpu> std::string of(std::string_view title) {
  return fmt::format("{}\n{}{}\n", title, report::class_table<Cpu>(), report::verdicts<Cpu>());
}

} // namespace

std::string list_classes() {
  return of<cpu::rv64>("rv64") + of<honest>("third_generation, the machine of the 1974 paper") +
         of<dishonest>("third_generation with instructions of PDP-10, PDP-11, System/360 and IA-32 that made history");
}

} // namespace run
