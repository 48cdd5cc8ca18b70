// SPDX-License-Identifier: BSL-1.0
// Decides how tests run small programs on a hart with the H extension. Knows no test.
#pragma once

#include <string>

#include <boost/test/unit_test.hpp>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/hardware/engine/step.hpp>
#include <hvkit/hardware/hart.hpp>
#include <hvkit/isa/assembler.hpp>

namespace hvkit::tests::hypervisor {

using namespace cpu::riscv;
using cpu_type = cpu::basic_rv64<cpu::rv64_knobs{.hypervisor = true}>;

inline constexpr u64 ram = 0x80000000, memory_size = u64{1} << 20;

/// A bare hart with a megabyte of memory, all of it open by PMP, and the program at the start of it.
template <class Engine = engine::step> struct machine {
  hardware::physical_memory memory{hpa{ram}, memory_size};
  hardware::hart<cpu_type, Engine::template over> hart{memory};
  isa::program code;

  explicit machine(const std::string &text) : code(isa::assemble_text<cpu_type>(ram, text)) {
    BOOST_TEST_REQUIRE(code.error == "", text);
    BOOST_TEST_REQUIRE(memory.write(hpa{ram}, code.bytes().data(), code.bytes().size()));
    hart.reset(gva{ram});
    pmp::open(hart.system());
    hart.changed(effect::protection);
  }
  /// Runs to the label `end`, where the program has to stay.
  machine &run(u64 steps = 500) {
    static_cast<void>(hart.run(steps));
    BOOST_TEST(hart.user().pc == *code.find("end"), "stopped at " << std::hex << hart.user().pc - ram);
    return *this;
  }
  [[nodiscard]] u64 x(unsigned n) { return hart.user().x[n]; }
  [[nodiscard]] u64 get(u16 word) { return hart.system().get(word); }
  [[nodiscard]] u64 get(const isa::field &f) { return hart.system().get(f); }
  void put(u64 at, u64 value) { BOOST_TEST_REQUIRE(memory.store<u64>(hpa{at}, value)); }
};

/// Ends at the first trap to machine mode, which is left in mcause and so on.
inline constexpr const char *to_end = "la t0, end; csrw mtvec, t0\n";
inline constexpr const char *stay = "\n.align 2\nend: j end\n";

/// Goes to `label` in a mode: bit 39 of mstatus is MPV, bits 12:11 are MPP.
[[nodiscard]] inline std::string enter(const char *label, bool is_virtual, u64 mode) {
  return "li t0, 3 << 11 | 1 << 39; csrc mstatus, t0; li t0, " +
         std::to_string((is_virtual ? u64{1} << 39 : 0) | mode << 11) + "; csrs mstatus, t0; la t0, " + label +
         "; csrw mepc, t0; mret\n";
}
[[nodiscard]] inline std::string enter_hs(const char *label) { return enter(label, false, privilege::supervisor); }
[[nodiscard]] inline std::string enter_vs(const char *label) { return enter(label, true, privilege::supervisor); }
[[nodiscard]] inline std::string enter_vu(const char *label) { return enter(label, true, privilege::user); }

} // namespace hvkit::tests::hypervisor
