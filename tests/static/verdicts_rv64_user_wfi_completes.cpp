// SPDX-License-Identifier: BSL-1.0
// Shows that RV64 whose WFI completes in user mode is refused by theorem 1 for it, and by theorem 3 is not.
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/theory/verdict.hpp>

using namespace hvkit;

namespace {
using knob_the_wrong_way = cpu::basic_rv64<cpu::rv64_knobs{.user_wfi_completes = true}>;

constexpr const theory::classified &of(std::string_view name) {
  return theory::classes<knob_the_wrong_way>[theory::find_unit<knob_the_wrong_way>(name)];
}

static_assert(!theory::holds<1, knob_the_wrong_way> && theory::holds<3, knob_the_wrong_way>);
constexpr const auto &v = theory::verdict_on<1, knob_the_wrong_way>;
static_assert(v.offender_count == 1 && v.offenders[0] == theory::find_unit<knob_the_wrong_way>("wfi"));
static_assert(of("wfi").mode_sensitive() && !of("wfi").privileged() && !of("wfi").user_sensitive());
} // namespace
