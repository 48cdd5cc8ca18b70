// SPDX-License-Identifier: BSL-1.0
// Shows that RV64 whose traps go past the VMM is refused: a trap that it is not told of is no trap to it.
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/theory/verdict.hpp>

using namespace hvkit;

namespace {
using knob_the_wrong_way = cpu::basic_rv64<cpu::rv64_knobs{.traps_delegated = true}>;

constexpr const theory::classified &of(std::string_view name) {
  return theory::classes<knob_the_wrong_way>[theory::find_unit<knob_the_wrong_way>(name)];
}

static_assert(!theory::holds<1, knob_the_wrong_way> && !theory::holds<3, knob_the_wrong_way>);
// The instruction changes the mode, and nobody asked the VMM.
static_assert(!of("csrrw sstatus").privileged() && of("csrrw sstatus").user_sensitive(isa::resource::mode));
static_assert(!of("mret").privileged() && !of("ecall").always_traps() &&
              of("ecall").user_sensitive(isa::resource::mode));
static_assert(of("fence.i").innocuous());
} // namespace
