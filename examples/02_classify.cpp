// SPDX-License-Identifier: BSL-1.0
// What class each instruction is in, found out by running it on pairs of states; and what follows for a VMM.
#include <iomanip>
#include <iostream>

#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/theory/explain.hpp>
using namespace hvkit;

using old_machine = cpu::third_generation<cpu::rows::honest>;
using with_popf = cpu::third_generation<cpu::rows::honest, cpu::rows::popf, cpu::rows::jrst1>;

int main() {
  std::cout << "The system instructions of a machine with popf and jrst1; all others are innocuous by their type:\n";
  for (const theory::classified &c : theory::classes<with_popf>)
    std::cout << "  " << std::left << std::setw(6) << theory::unit_name<with_popf>(c.what) << theory::describe(c)
              << '\n';

  std::cout << '\n' << theory::sentence(theory::verdict_on<1, old_machine>) << ".\n";
  std::cout << theory::sentence(theory::verdict_on<1, with_popf>) << ".\n";
  std::cout << theory::sentence(theory::verdict_on<3, with_popf>) << ".\n\nThe witnesses:\n";
  const auto &verdict = theory::verdict_on<1, with_popf>;
  for (std::size_t n = 0; n < verdict.offender_count; ++n)
    std::cout << "  " << theory::explain<with_popf>(1, theory::classes<with_popf>[verdict.offenders[n]]) << '\n';
}
