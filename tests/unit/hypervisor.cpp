// SPDX-License-Identifier: BSL-1.0
// Tests the H extension's registers, modes, traps and interrupts, but for translation.
// Source: The RISC-V Instruction Set Manual, Volume II, "Hypervisor Extension".
#include <array>
#include <memory>

#include "support/hypervisor.hpp"

using namespace hvkit;
using namespace hvkit::tests::hypervisor;

namespace {

constexpr u64 all = ~u64{0};
/// The cause with which `text` ends in machine mode, run in a mode after `before` ran in machine mode.
u64 cause_of(const std::string &before, const std::string &go, const std::string &text) {
  machine m(to_end + before + "\n" + go + "there: " + text + "\nebreak" + stay);
  m.run();
  BOOST_TEST(m.get(w_mepc) == *m.code.find("there"));
  return m.get(w_mcause);
}
u64 in_vs(const std::string &text, const std::string &before = "") { return cause_of(before, enter_vs("there"), text); }
u64 in_vu(const std::string &text, const std::string &before = "") { return cause_of(before, enter_vu("there"), text); }
u64 in_hs(const std::string &text, const std::string &before = "") { return cause_of(before, enter_hs("there"), text); }
u64 in_u(const std::string &text, const std::string &before = "") {
  return cause_of(before, enter("there", false, privilege::user), text);
}
constexpr u64 illegal = cause::illegal_instruction, virtually = cause::virtual_instruction;

/// What is read back of all ones written to a register in machine mode.
u64 all_ones_to(const char *csr) {
  machine m(std::string("li a1, -1; csrw ") + csr + ", a1; csrr a0, " + csr + stay);
  return m.run().x(10);
}

} // namespace

BOOST_AUTO_TEST_CASE(registers_hold_what_they_can) {
  constexpr std::array<std::pair<const char *, u64>, 22> registers{{
      {"hstatus", bit(6) | bit(7) | bit(8) | bit(9) | bit(20) | bit(21) | bit(22) | u64{2} << 32},
      {"hedeleg", 0xb1ff},
      {"hideleg", 0x444},
      {"hie", 0x444},
      {"hip", 0x4},
      {"hvip", 0x444},
      {"hcounteren", 7},
      {"hgeie", 0},
      {"htval", all},
      {"htinst", all},
      {"htimedelta", all},
      {"henvcfg", 1},
      {"mtval2", all},
      {"mtinst", all},
      {"vsstatus", bit(1) | bit(5) | bit(8) | u64{3} << 13 | bit(18) | bit(19) | u64{2} << 32 | bit(63)},
      {"vstvec", 0},
      {"vsscratch", all},
      {"vsepc", ~u64{1}},
      {"vscause", all},
      {"vstval", all},
      {"mideleg", 0x666},
      {"medeleg", 0xb3ff | bit(10) | bit(20) | bit(21) | bit(22) | bit(23)},
  }};
  for (const auto &[name, value] : registers)
    BOOST_TEST(all_ones_to(name) == value, name);
  const auto written = [](const char *csr, const char *value) {
    machine m(std::string("li a1, ") + value + "; csrw " + csr + ", a1; csrr a0, " + csr + stay);
    return m.run().x(10);
  };
  BOOST_TEST(written("hgatp", "0x8fffffffffffffff") == 0x83fffffffffffffcU); // the root has 16 KiB
  BOOST_TEST(written("hgatp", "0x9000000000000004") == 4U);                  // Sv48x4 is not there
  BOOST_TEST(written("vsatp", "0x8ffff00000080000") == 0x8ffff00000080000U);
  BOOST_TEST(written("vstvec", "0x80000101") == 0x80000101U);
  BOOST_TEST((machine(std::string("csrr a0, misa") + stay).run().x(10) & bit(7)) != 0U);
  BOOST_TEST(cpu_type::isa_name() == "rv64imafdch");
}

BOOST_AUTO_TEST_CASE(supervisor_registers_are_those_of_vs_in_vs) {
  for (const char *pair : {"stvec vstvec 0x80000100", "sscratch vsscratch 5", "sepc vsepc 0x80000002",
                           "scause vscause 7", "stval vstval 9", "satp vsatp 0x1000"}) {
    std::string s = pair;
    const std::string own = s.substr(0, s.find(' ')), rest = s.substr(s.find(' ') + 1);
    const std::string twin = rest.substr(0, rest.find(' ')), value = rest.substr(rest.find(' ') + 1);
    machine m(to_end + enter_vs("there") + "there: li a0, " + value + "; csrw " + own + ", a0; csrr a1, " + own +
              "; ebreak" + stay);
    m.run();
    machine back(to_end + std::string("li a0, ") + value + "; csrw " + twin + ", a0; csrr a2, " + own + "; csrr a1, " +
                 twin + "; j end" + stay);
    back.run();
    BOOST_TEST(m.x(11) == m.x(10), own);
    BOOST_TEST(back.x(11) == m.x(10), own);
    BOOST_TEST(back.x(12) == 0U, own); // HS mode's own is another register
  }
  machine m(to_end + enter_vs("there") + "there: li a0, 1 << 18 | 1 << 1; csrs sstatus, a0; csrr a1, sstatus; ebreak" +
            stay);
  m.run();
  BOOST_TEST(m.get(w_vsstatus) == (bit(18) | bit(1)));
  BOOST_TEST(m.get(fields::status::sum) == 0U);
  BOOST_TEST(m.x(11) == (bit(18) | bit(1) | u64{2} << 32));
}

BOOST_AUTO_TEST_CASE(what_a_hypervisor_could_do_is_a_virtual_instruction) {
  for (const char *text :
       {"csrr a0, hstatus", "csrw hgatp, a0", "csrr a0, vsatp", "csrr a0, hgeip", "hfence.vvma zero, zero",
        "hfence.gvma zero, zero", "hlv.d a0, (a1)", "hlvx.wu a0, (a1)", "hsv.b a0, (a1)"}) {
    BOOST_TEST(in_vs(text) == virtually, text);
    BOOST_TEST(in_vu(text) == virtually, text);
    BOOST_TEST(in_u(text) == illegal, text);
  }
  for (const char *text : {"csrr a0, sstatus", "csrw satp, a0", "sret", "sfence.vma", "wfi"}) {
    BOOST_TEST(in_vu(text) == virtually, text);
    BOOST_TEST(in_u(text) == illegal, text);
  }
  for (const char *text : {"csrr a0, mstatus", "mret", "csrw hgeip, a0", "csrr a0, 0x6ff", "csrw mtval2, a0"}) {
    BOOST_TEST(in_vs(text) == illegal, text);
    BOOST_TEST(in_vu(text) == illegal, text);
    BOOST_TEST(in_hs(text) == illegal, text);
  }
  BOOST_TEST(in_vs("wfi", "li t0, 1 << 21; csrs mstatus, t0") == illegal); // TW is machine mode's
  BOOST_TEST(in_vu("wfi", "li t0, 1 << 21; csrs mstatus, t0") == illegal);
  BOOST_TEST(in_vs("csrr a0, fcsr", "li t0, 3 << 13; csrs mstatus, t0") == illegal);
  BOOST_TEST(in_vs("csrr a0, fcsr", "li t0, 3 << 13; csrs vsstatus, t0") == illegal);
}

BOOST_AUTO_TEST_CASE(hypervisors_trap_what_their_guests_do) {
  const auto with = [](const char *field) { return std::string("li t0, 1 << ") + field + "; csrs hstatus, t0"; };
  BOOST_TEST(in_vs("csrr a0, satp", with("20")) == virtually);
  BOOST_TEST(in_vs("csrw satp, a0", with("20")) == virtually);
  BOOST_TEST(in_vs("sfence.vma", with("20")) == virtually);
  BOOST_TEST(in_vs("wfi", with("21")) == virtually);
  BOOST_TEST(in_vs("sret", with("22")) == virtually);
  for (const char *field : {"20", "21", "22"}) // and these are of no account to HS mode and to machine mode's guards
    BOOST_TEST(in_vs("ebreak", with(field)) == cause::breakpoint);
  const std::string guards = "li t0, 1 << 20 | 1 << 22; csrs mstatus, t0";
  BOOST_TEST(in_hs("csrr a0, hgatp", guards) == illegal);
  BOOST_TEST(in_hs("hfence.gvma zero, zero", guards) == illegal);
  for (const char *text : {"csrr a0, satp; ebreak", "sfence.vma; ebreak"}) {
    machine m(to_end + guards + "\n" + enter_vs("there") + "there: " + text + stay);
    BOOST_TEST(m.run().get(w_mcause) == cause::breakpoint, text);
  }
}

BOOST_AUTO_TEST_CASE(counters_are_enabled_by_each_level) {
  const auto enabled = [](u64 machine_mode, u64 hypervisor, u64 supervisor) {
    return "li t0, " + std::to_string(machine_mode) + "; csrw mcounteren, t0; li t0, " + std::to_string(hypervisor) +
           "; csrw hcounteren, t0; li t0, " + std::to_string(supervisor) + "; csrw scounteren, t0";
  };
  for (const auto &[name, which] : {std::pair{"cycle", 1}, {"time", 2}, {"instret", 4}}) {
    const auto w = static_cast<u64>(which);
    const std::string read = std::string("csrr a0, ") + name;
    BOOST_TEST(in_vs(read, enabled(7 & ~w, 7, 7)) == illegal);
    BOOST_TEST(in_vs(read, enabled(7, 7 & ~w, 7)) == virtually);
    BOOST_TEST(in_vu(read, enabled(7, 7 & ~w, 7)) == virtually);
    BOOST_TEST(in_vu(read, enabled(7, 7, 7 & ~w)) == virtually);
    BOOST_TEST(in_vu(read, enabled(7 & ~w, 7, 7)) == illegal);
    machine m(to_end + enabled(7, 7, 0) + "\n" + enter_vs("there") + "there: " + read + "; ebreak" + stay);
    BOOST_TEST(m.run().get(w_mcause) == cause::breakpoint);
  }
  machine m(to_end + enabled(7, 7, 0) + "\nli t0, 1000000; csrw htimedelta, t0\n" + enter_vs("there") +
            "there: rdtime a0; ebreak" + stay);
  BOOST_TEST(m.run().x(10) > 1000000U);
  BOOST_TEST(m.x(10) < 1000100U);
}

BOOST_AUTO_TEST_CASE(traps_go_where_they_are_delegated) {
  const std::string handlers = R"(
    la t0, end; csrw mtvec, t0; la t0, hs; csrw stvec, t0; la t0, vs; csrw vstvec, t0
  )";
  const auto run = [&](u64 medeleg, u64 hedeleg, const std::string &text, bool user) {
    auto m = std::make_unique<machine<>>(
        handlers + "li t0, " + std::to_string(medeleg) + "; csrw medeleg, t0; li t0, " + std::to_string(hedeleg) +
        "; csrw hedeleg, t0\n" + (user ? enter_vu("there") : enter_vs("there")) + "there: " + text +
        "\n.align 2\nhs: li s2, 1; j end\n.align 2\nvs: li s2, 2; j end" + stay);
    m->run();
    return m;
  };
  for (const bool user : {false, true}) {
    auto to_machine = run(0, all, "ebreak", user);
    BOOST_TEST(to_machine->x(18) == 0U);
    BOOST_TEST(to_machine->get(fields::v) == 0U);
    BOOST_TEST(to_machine->get(fields::status::mpv) == 1U);
    BOOST_TEST(to_machine->get(fields::status::mpp) == (user ? 0U : 1U));
    BOOST_TEST(to_machine->get(fields::status::gva) == 1U);
    auto to_hypervisor = run(bit(3), 0, "ebreak", user);
    BOOST_TEST(to_hypervisor->x(18) == 1U);
    BOOST_TEST(to_hypervisor->get(fields::v) == 0U);
    BOOST_TEST(to_hypervisor->get(fields::hypervisor::spv) == 1U);
    BOOST_TEST(to_hypervisor->get(fields::hypervisor::spvp) == (user ? 0U : 1U));
    BOOST_TEST(to_hypervisor->get(fields::status::spp) == (user ? 0U : 1U));
    BOOST_TEST(to_hypervisor->get(fields::hypervisor::gva) == 1U);
    BOOST_TEST(to_hypervisor->get(w_scause) == cause::breakpoint);
    auto inside = run(bit(3), bit(3), "ebreak", user);
    BOOST_TEST(inside->x(18) == 2U);
    BOOST_TEST(inside->get(fields::v) == 1U);
    BOOST_TEST(inside->get(fields::mode) == privilege::supervisor);
    BOOST_TEST(inside->get(w_vscause) == cause::breakpoint);
    BOOST_TEST(inside->get(w_vsepc) == *inside->code.find("there"));
    BOOST_TEST(inside->get(fields::in_vsstatus(fields::status::spp)) == (user ? 0U : 1U));
    BOOST_TEST(inside->get(w_scause) == 0U);
    BOOST_TEST(inside->get(fields::hypervisor::spv) == 0U);
  }
  BOOST_TEST(run(0, 0, "ecall", false)->get(w_mcause) == cause::ecall_from_vs);
  BOOST_TEST(run(0, 0, "ecall", true)->get(w_mcause) == cause::ecall_from_u);
  BOOST_TEST(run(all, all, "ecall", false)->get(w_scause) == cause::ecall_from_vs); // hedeleg cannot have that bit
  BOOST_TEST(run(all, all, "ecall", true)->get(w_vscause) == cause::ecall_from_u);
  BOOST_TEST(run(all, all, "csrr a0, hstatus", false)->get(w_scause) == virtually);
  BOOST_TEST(run(0, 0, "csrr a0, hstatus", false)->get(w_mtval) == 0x60002573U);
  BOOST_TEST(run(0, 0, "ecall", false)->get(fields::status::gva) == 0U);
  BOOST_TEST(run(0, 0, "li a0, 1; lr.w a1, (a0)", false)->get(fields::status::gva) == 1U);
}

BOOST_AUTO_TEST_CASE(returns_go_back_to_the_guest) {
  machine m(to_end + enter_hs("hs") + R"(
    hs: la t0, vu; csrw sepc, t0; li t0, 1 << 8; csrc sstatus, t0; li t0, 1 << 7; csrs hstatus, t0; sret
    vu: li a0, 5; ecall
  )" + stay);
  m.run();
  BOOST_TEST(m.x(10) == 5U);
  BOOST_TEST(m.get(w_mcause) == cause::ecall_from_u);
  BOOST_TEST(m.get(fields::status::mpv) == 1U);
  BOOST_TEST(m.get(fields::hypervisor::spv) == 0U);
  // VS returns to VU by its own registers, HS's stay.
  machine vs(to_end + std::string("csrw sepc, zero\n") + enter_vs("vs") + R"(
    vs: la t0, vu; csrw sepc, t0; li t0, 1 << 5; csrs sstatus, t0; sret
    vu: ecall
  )" + stay);
  vs.run();
  BOOST_TEST(vs.get(w_mcause) == cause::ecall_from_u);
  BOOST_TEST(vs.get(fields::status::mpv) == 1U);
  BOOST_TEST(vs.get(w_sepc) == 0U);
  BOOST_TEST(vs.get(w_vsstatus) == (bit(1) | bit(5)));
  // A return to machine mode leaves the guest whatever MPV says.
  machine to_m(to_end + enter("there", true, privilege::machine) + "there: ecall" + stay);
  BOOST_TEST(to_m.run().get(w_mcause) == cause::ecall_from_u + privilege::machine);
}

BOOST_AUTO_TEST_CASE(interrupts_of_vs_are_handed_on) {
  const auto run = [](u64 hideleg, u64 hvip, u64 hie, const std::string &go, bool vs_unmasked = true) {
    auto m = std::make_unique<machine<>>(
        "la t0, end; csrw mtvec, t0; la t0, hs; csrw stvec, t0; la t0, vs + 1; csrw vstvec, t0; li t0, " +
        std::to_string(hideleg) + "; csrw hideleg, t0; li t0, " + std::to_string(hie) + "; csrw hie, t0; li t0, " +
        std::to_string(hvip) + "; csrw hvip, t0; " + (vs_unmasked ? "csrwi vsstatus, 2\n" : "\n") + go +
        "there: li s2, 9; ebreak\n.align 2\nhs: li s2, 1; j end\n.align 7\nvs: .word 0x10500073" +
        "\nli s2, 2; j end\n.align 4\nj end\n.align 2\nsti: j end" + stay);
    m->run();
    return m;
  };
  for (const std::string &go : {enter_vs("there"), enter_vu("there")}) {
    auto to_hs = run(0, 0x40, 0x40, go);
    BOOST_TEST(to_hs->x(18) == 1U);
    BOOST_TEST(to_hs->get(w_scause) == (cause::interrupt | 6));
    auto to_vs = run(0x444, 0x44, 0x444, go); // software goes before the timer; vectored
    BOOST_TEST(to_vs->get(w_vscause) == (cause::interrupt | 1));
    BOOST_TEST(to_vs->x(18) == 2U);
    BOOST_TEST(run(0x444, 0x444, 0x444, go)->get(w_vscause) == (cause::interrupt | 9));
    BOOST_TEST(run(0x444, 0x444, 0x40, go)->get(w_vscause) == (cause::interrupt | 5));
    BOOST_TEST(run(0x400, 0x444, 0x444, go)->x(18) == 1U); // HS goes before VS
    BOOST_TEST(run(0x444, 0x444, 0, go)->x(18) == 9U);
  }
  BOOST_TEST(run(0x444, 0x444, 0x444, enter_vs("there"), false)->x(18) == 9U); // masked
  BOOST_TEST(run(0x444, 0x444, 0x444, enter_vu("there"), false)->x(18) != 9U); // lower modes cannot mask
  BOOST_TEST(run(0x444, 0x444, 0x444, enter_hs("there"))->x(18) == 9U);        // not while HS runs
}

BOOST_AUTO_TEST_CASE(vs_sees_its_interrupts_one_place_lower) {
  machine m(to_end +
            std::string("li t0, 0x44; csrw hideleg, t0; li t0, 0x444; csrw hvip, t0; li t0, 0x44; csrw hie, t0\n") +
            enter_vs("there") + R"(
    there: csrr a0, sip; csrr a1, sie; csrwi sie, 2; csrwi sip, 0; csrr a2, sip; csrr a3, sie; ebreak
  )" + stay);
  m.run();
  BOOST_TEST(m.x(10) == 0x22U);
  BOOST_TEST(m.x(11) == 0x22U);
  BOOST_TEST(m.x(12) == 0x20U); // SSIP alone can be written
  BOOST_TEST(m.x(13) == 0x2U);
  BOOST_TEST(m.get(w_hvip) == 0x440U);
  BOOST_TEST(m.get(w_mie) == 0x4U);
  machine h(to_end +
            std::string("li t0, 0x444; csrw hideleg, t0; li a0, 0x222; csrw vsie, a0; csrr a1, hie; csrr a2, sie;"
                        "csrwi vsip, 2; csrr a3, hip; csrr a4, mip; csrwi hip, 0; csrr a5, hvip; j end") +
            stay);
  h.run();
  BOOST_TEST(h.x(11) == 0x444U);
  BOOST_TEST(h.x(12) == 0U);
  BOOST_TEST(h.x(13) == 4U);
  BOOST_TEST(h.x(14) == 4U);
  BOOST_TEST(h.x(15) == 0U);
}

BOOST_AUTO_TEST_CASE(hypervisors_open_guest_accesses_to_user_mode) {
  constexpr const char *open = "li t0, 1 << 9; csrs hstatus, t0";
  machine m(to_end + std::string(open) + "\n" + enter("there", false, privilege::user) +
            "there: la a1, word; hlv.w a0, (a1); hlvx.hu a2, (a1); li a3, 7; hsv.b a3, (a1); ecall\n"
            ".align 2\nword: .word 0x87654321" +
            stay);
  m.run();
  BOOST_TEST(m.get(w_mcause) == cause::ecall_from_u);
  BOOST_TEST(m.x(10) == 0xffffffff87654321U);
  BOOST_TEST(m.x(12) == 0x4321U);
  BOOST_TEST(*m.memory.load<u32>(hpa{*m.code.find("word")}) == 0x87654307U);
}

BOOST_AUTO_TEST_CASE(a_guest_waits_or_traps) {
  machine m(to_end + enter_vs("there") + "there: wfi" + stay);
  const exit_record exit = m.hart.run(100);
  BOOST_TEST((exit.reason == exit_reason::waiting));
}

BOOST_AUTO_TEST_CASE(floating_point_is_on_if_both_say_so) {
  machine m(to_end + std::string("li t0, 1 << 13; csrs mstatus, t0; csrs vsstatus, t0\n") + enter_vs("there") +
            "there: fmv.d.x fa0, a0; ebreak" + stay);
  m.run();
  BOOST_TEST(m.get(w_mcause) == cause::breakpoint);
  BOOST_TEST(m.get(fields::status::fs) == extension_status::dirty);
  BOOST_TEST(m.get(fields::in_vsstatus(fields::status::fs)) == extension_status::dirty);
}
