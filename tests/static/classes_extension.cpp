// SPDX-License-Identifier: BSL-1.0
// Shows that a user's row is classified like any other: one that shows the mode makes RV64 no longer virtualizable.
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/extend.hpp>
#include <hvkit/theory/verdict.hpp>

using namespace hvkit;

namespace {
namespace rv = cpu::riscv;

constexpr auto showing = isa::make_group(
    "showing", rv::make<rv::fence_system>("peekmode", {0x0000002b, 0xfe007fff}, [](auto &m, const auto &o) {
      m.user().x[o.rs1 == 0 ? rv::sink : o.rs1] = m.system().get(rv::fields::mode);
      return true;
    }));
struct extended : isa::with_rows<cpu::rv64, showing> {};

constexpr const auto &verdict = theory::verdict_on<1, extended>;
static_assert(verdict.offender_count == 1 && verdict.offenders[0] == theory::find_unit<extended>("peekmode"));
static_assert(theory::classes<extended>[verdict.offenders[0]].mode_sensitive());
} // namespace
