// SPDX-License-Identifier: BSL-1.0
// Shows what UMIP changes of IA-32's classes: exactly five instructions trap that did not, and many are left.
#include <hvkit/cpu/ia32.hpp>
#include <hvkit/theory/verdict.hpp>

using namespace hvkit;
using cpu_type = cpu::basic_ia32<cpu::ia32_knobs{.umip = true}>;

namespace {

constexpr bool traps(std::string_view name) {
  const auto &c = theory::classes<cpu_type>[theory::find_unit<cpu_type>(name)];
  return c.sensitive() && c.privileged();
}
constexpr unsigned slipping = [] {
  unsigned n = 0;
  for (const theory::classified &c : theory::classes<cpu_type>)
    n += c.sensitive() && !c.privileged() ? 1 : 0;
  return n;
}();

static_assert(traps("sgdt") && traps("sidt") && traps("sldt") && traps("smsw") && traps("str"));
static_assert(slipping == 33 - 5); // 33 without it: classes_ia32.cpp
static_assert(!theory::holds<1, cpu_type> && !theory::holds<3, cpu_type>);

} // namespace
