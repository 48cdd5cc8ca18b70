// SPDX-License-Identifier: BSL-1.0
// Shows that the classes derived for the historical instructions are the ones the literature gives.
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/theory/classes.hpp>

using namespace hvkit;
using cpu::third_generation;
namespace rows = cpu::rows;

template <class Cpu> constexpr const theory::classified &of(std::string_view name) {
  return theory::classes<Cpu>[theory::find_unit<Cpu>(name)];
}

using m = third_generation<rows::honest, rows::popf>;
constexpr auto popf = of<m>("popf");
static_assert(popf.mode_sensitive());
static_assert(popf.control_sensitive());
static_assert(!popf.privileged());
static_assert(!popf.user_sensitive());
