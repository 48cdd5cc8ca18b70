// SPDX-License-Identifier: BSL-1.0
// Shows that RV64 with counters enabled in user mode is refused, and that the counters are what is named.
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/theory/verdict.hpp>

using namespace hvkit;

namespace {
using knob_the_wrong_way = cpu::basic_rv64<cpu::rv64_knobs{.user_counters = true}>;

constexpr const theory::classified &of(std::string_view name) {
  return theory::classes<knob_the_wrong_way>[theory::find_unit<knob_the_wrong_way>(name)];
}

// Every way to read a counter, nothing else: in user mode already, so theorem 3 fails, too.
static_assert(!theory::holds<1, knob_the_wrong_way> && !theory::holds<2, knob_the_wrong_way> &&
              !theory::holds<3, knob_the_wrong_way>);
constexpr const auto &v = theory::verdict_on<1, knob_the_wrong_way>;
static_assert(v.offender_count == 12);
static_assert([] {
  for (u16 i = 0; i < v.offender_count; ++i) {
    const auto group = theory::units<knob_the_wrong_way>[v.offenders[i]].group;
    if (group != "cycle" && group != "time" && group != "instret")
      return false;
  }
  return true;
}());
static_assert(theory::offends(1, of("csrrs time"), isa::resource::time) && of("csrrs time").user_sensitive());

// A machine on which time is no resource does not mind; that theorem 2 asks for time is its point.
constexpr auto without_time = static_cast<isa::resource>(
    static_cast<u16>(theory::verdict_resources<knob_the_wrong_way>) & ~static_cast<u16>(isa::resource::time));
static_assert(theory::holds<1, knob_the_wrong_way, theory::derivation, without_time>);
static_assert(!theory::holds<2, knob_the_wrong_way, theory::derivation, without_time>);
} // namespace
