// SPDX-License-Identifier: BSL-1.0
// Shows that a CPU with a user's rows runs, is assembled and is shown like any other.
#include <boost/test/unit_test.hpp>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/hardware/engine/step.hpp>
#include <hvkit/hardware/hart.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/isa/disassembler.hpp>
#include <hvkit/isa/extend.hpp>

using namespace hvkit;
namespace rv = cpu::riscv;

namespace {

constexpr auto extremes =
    isa::make_group("extremes", //
                    rv::make<rv::register_register>("max", rv::encoding::op37(0x0b, 0, 0),
                                                    [](auto a, auto b) { return rv::select(rv::less(a, b), b, a); }),
                    rv::make<rv::register_register>("min", rv::encoding::op37(0x0b, 1, 0),
                                                    [](auto a, auto b) { return rv::select(rv::less(a, b), a, b); }));
struct my_cpu : isa::with_rows<cpu::rv64, extremes> {};

constexpr auto guest = isa::assemble<my_cpu>(0x80000000, R"(
  li a0, -5
  li a1, 3
  max a2, a0, a1
  min a3, a0, a1
)");

} // namespace

BOOST_AUTO_TEST_CASE(new_rows_run_beside_the_old_ones) {
  hardware::physical_memory memory{hpa{guest.base}, 4096};
  hardware::hart<my_cpu, engine::step::over> hart{memory};
  for (std::size_t i = 0; i < guest.size; ++i)
    BOOST_TEST_REQUIRE(memory.store<u8>(hpa{guest.base + i}, guest.bytes()[i]));
  hart.reset(gva{guest.base});
  hart.run(4);
  BOOST_TEST(hart.user().x[12] == 3U);
  BOOST_TEST(hart.user().x[13] == ~u64{4});
  BOOST_TEST(hart.user().retired == 4U);
}

BOOST_AUTO_TEST_CASE(new_rows_are_text) {
  BOOST_TEST(isa::disassemble<my_cpu>(0x00b5060b).view() == "max a2, a0, a1");
  BOOST_TEST(isa::disassemble<cpu::rv64>(0x00b5060b).view() == ".word 0x00b5060b");
}
