// SPDX-License-Identifier: BSL-1.0
// Tests what the knobs of RV64 change that software can find out: which extensions there are, and how wide satp.ASID
// is. Source: The RISC-V Instruction Set Manual, Volume II, "Machine ISA Register (misa)", "Supervisor Address
// Translation and Protection (satp) Register".
#include <boost/test/unit_test.hpp>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/hardware/engine/step.hpp>
#include <hvkit/hardware/hart.hpp>
#include <hvkit/isa/assembler.hpp>

using namespace hvkit;

namespace {

/// a0 after `text` in machine mode; the cause where it traps, above bit 32.
template <cpu::rv64_knobs Knobs> u64 result_of(std::string_view text) {
  using cpu_type = cpu::basic_rv64<Knobs>;
  hardware::physical_memory memory(hpa{0x80000000}, frame_size);
  hardware::hart<cpu_type, engine::step::over> hart(memory);
  const auto code = isa::assemble_text<cpu_type>(0x80000000, text);
  BOOST_TEST_REQUIRE(code.error == "");
  BOOST_TEST_REQUIRE(memory.write(hpa{0x80000000}, code.bytes().data(), code.bytes().size()));
  hart.reset(gva{0x80000000});
  hart.set_hosted(true);
  while (hart.user().pc != 0x80000000 + code.bytes().size())
    if (const exit_record exit = hart.run(1); exit.reason == exit_reason::trap)
      return exit.what.cause << 32;
  return hart.user().x[10];
}

constexpr cpu::rv64_knobs defaults, integers{.floating_point = false};
constexpr cpu::rv64_knobs narrow{.asid_bits = 9}, none{.asid_bits = 0};
constexpr u64 illegal = u64{2} << 32, fs = u64{3} << 13;
constexpr const char *probe = "li a0, 0x8ffff00000080000; csrw satp, a0; csrr a0, satp";

} // namespace

BOOST_AUTO_TEST_CASE(misa_names_the_extensions) {
  constexpr u64 d = bit(3), f = bit(5);
  BOOST_TEST((result_of<defaults>("csrr a0, misa") & (d | f)) == (d | f));
  BOOST_TEST((result_of<integers>("csrr a0, misa") & (d | f)) == 0U);
}
BOOST_AUTO_TEST_CASE(device_trees_are_told_what_misa_says) {
  BOOST_TEST(cpu::rv64::isa_name() == "rv64imafdc");
  BOOST_TEST((cpu::basic_rv64<cpu::rv64_knobs{.floating_point = false}>::isa_name()) == "rv64imac");
  BOOST_TEST((cpu::basic_rv64<cpu::rv64_knobs{.supervisor_timer = true}>::isa_name()) == "rv64imafdc_sstc");
}
BOOST_AUTO_TEST_CASE(without_floating_point_everything_of_it_is_illegal) {
  constexpr const char *status = "li a0, -1; csrw mstatus, a0; csrr a0, mstatus";
  BOOST_TEST((result_of<defaults>(status) & (fs | bit(63))) == (fs | bit(63)));
  BOOST_TEST((result_of<integers>(status) & (fs | bit(63))) == 0U);
  BOOST_TEST((result_of<integers>("li a0, -1; csrw sstatus, a0; csrr a0, sstatus") & fs) == 0U);
  for (const char *text : {".word 0x00c5f553", ".half 0x2108", "csrr a0, fcsr", "csrwi fflags, 1"}) { // fadd.s, c.fld
    BOOST_TEST(result_of<integers>((std::string("li a0, -1; csrw mstatus, a0\n") + text).c_str()) == illegal, text);
  }
}
BOOST_AUTO_TEST_CASE(without_the_supervisor_timer_its_registers_are_illegal) {
  for (const char *text : {"csrr a0, 0x14d", "csrr a0, 0x30a", "csrr a0, 0x10a", "csrwi 0x14d, 1"})
    BOOST_TEST(result_of<defaults>(text) == illegal, text);
}
BOOST_AUTO_TEST_CASE(asid_is_as_wide_as_it_is_said_to_be) {
  BOOST_TEST(result_of<defaults>(probe) == 0x8ffff00000080000U);
  BOOST_TEST(result_of<narrow>(probe) == 0x801ff00000080000U);
  BOOST_TEST(result_of<none>(probe) == 0x8000000000080000U);
}
