// SPDX-License-Identifier: BSL-1.0
// Random user and privileged programs on the reference engine against QEMU, state by state.
//
// QEMU's log has one state for each instruction that it begins to execute: none for a fetch that faults, none for an
// interrupt that is taken. Where the manual lets both sides differ there is a waiver; it ends the program.
#include <array>
#include <iostream>

#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/hardware/engine/step.hpp>
#include <hvkit/isa/disassembler.hpp>

#include "support/gate.hpp"
#include "support/qemu.hpp"
#include "support/torture/bench.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

using namespace cpu::riscv;
using torture::cpu_type;

constexpr u64 memory_size = u64{4} << 20;

/// A register of the log: what is compared of it, and why not all of it.
struct compared {
  const char *name;
  u64 mask;
  u64 (*ours)(const cpu_type::system_state &);
};
template <u16 Word> u64 word_of(const cpu_type::system_state &s) { return s.get(Word); }
constexpr compared registers[] = {
    {"mstatus", csrs::mstatus_fields, &word_of<w_mstatus>},
    {"mip", irq::supervisor, &word_of<w_mip>}, // the timer's bit is set in QEMU until the program sets the deadline
    {"mie", irq::supervisor, &word_of<w_mie>},
    {"mideleg", irq::supervisor, &word_of<w_mideleg>},
    {"medeleg", csrs::delegable, &word_of<w_medeleg>},
    {"mtvec", ~u64{0}, &word_of<w_mtvec>},
    {"stvec", ~u64{0}, &word_of<w_stvec>},
    {"mepc", ~u64{0}, &word_of<w_mepc>},
    {"sepc", ~u64{0}, &word_of<w_sepc>},
    {"mcause", ~u64{0}, &word_of<w_mcause>},
    {"scause", ~u64{0}, &word_of<w_scause>},
    {"mtval", ~u64{0}, &word_of<w_mtval>},
    {"stval", ~u64{0}, &word_of<w_stval>},
    {"mscratch", ~u64{0}, &word_of<w_mscratch>},
    {"sscratch", ~u64{0}, &word_of<w_sscratch>},
    {"satp", ~u64{0}, &word_of<w_satp>},
};

using machine_type = hardware::bare_machine<cpu_type, engine::step>;

/// Whether both values of mtval (stval) are right. After a breakpoint it may hold its address, as ours does, or 0, as
/// QEMU's. For a misaligned access it is the address of the portion that faulted; QEMU takes the aligned word around it
/// (Volume II, "Machine Trap Value Register").
bool both_right(std::string_view name, const cpu_type::system_state &s, u64 ours, u64 theirs) {
  if (name != "mtval" && name != "stval")
    return false;
  const u64 cause = s.get(name == "mtval" ? w_mcause : w_scause);
  const bool access = cause == cause::load_access || cause == cause::store_access;
  return (cause == cause::breakpoint && theirs == 0) || (access && (ours & ~u64{7}) == (theirs & ~u64{7}));
}

/// The first difference, in words.
struct snapshot {
  cpu_type::user_state user;
  cpu_type::system_state system;
};
std::string difference_from(const qemu_state &theirs, const snapshot &m) {
  const auto say = [](std::string_view what, u64 ours, u64 value) {
    std::ostringstream text;
    text << what << std::hex << ": ours 0x" << ours << ", QEMU's 0x" << value;
    return text.str();
  };
  if (m.user.pc != theirs.pc)
    return say("pc", m.user.pc, theirs.pc);
  for (unsigned i = 1; i < 32; ++i)
    if (m.user.x[i] != theirs.x[i])
      return say("x" + std::to_string(i), m.user.x[i], theirs.x[i]);
  for (const compared &c : registers) {
    const u64 ours = c.ours(m.system) & c.mask;
    const u64 value = theirs.csr(c.name).value_or(ours) & c.mask;
    if (ours != value && !both_right(c.name, m.system, ours, value))
      return say(c.name, ours, value);
  }
  return "";
}

/// What was executed last on our side.
struct last_step {
  u64 pc = 0;
  u32 word = 0;
  isa::decoded<cpu_type> what{};
  [[nodiscard]] std::string_view name() const { return what ? isa::facts<cpu_type>[what.row].name : ""; }
};

/// A difference that the manual permits.
struct waiver {
  const char *why;
  bool (*applies)(const last_step &, const snapshot &ours, const qemu_state &theirs);
};
constexpr waiver waivers[] = {
    {"SC may fail for any reason: QEMU's does after a store of its own (Volume I, \"Load-Reserved/Store-Conditional "
     "Instructions\")",
     [](const last_step &s, const snapshot &, const qemu_state &theirs) {
       return s.name().starts_with("sc.") && theirs.x[s.what.operands.rd % 32] == 1;
     }},
    {"QEMU 7.2 leaves MPRV set when xRET leaves machine mode (Volume II, \"Privilege and Global Interrupt-Enable "
     "Stack\" "
     "says it is cleared)",
     [](const last_step &s, const snapshot &ours, const qemu_state &theirs) {
       return s.name().ends_with("ret") && ours.user.pc == theirs.pc &&
              ((ours.system.get(w_mstatus) ^ theirs.csr("mstatus").value_or(0)) & csrs::mstatus_fields) ==
                  fields::status::mprv.mask;
     }},
    {"QEMU 7.2 leaves FS as it is when a floating-point instruction raises a flag and writes no floating-point "
     "register "
     "(Volume II, \"Extension Context Status in mstatus Register\" says that it becomes Dirty)",
     [](const last_step &s, const snapshot &ours, const qemu_state &theirs) {
       return s.what && isa::facts<cpu_type>[s.what.row].needs == isa::capability::fp && ours.user.pc == theirs.pc &&
              isa::facts<cpu_type>[s.what.row].syntax.starts_with("rd") &&
              ours.system.get(fields::status::fs) == extension_status::dirty &&
              ((ours.system.get(w_mstatus) ^ theirs.csr("mstatus").value_or(0)) & csrs::mstatus_fields &
               ~fields::status::fs.mask) == 0;
     }},
    {"QEMU 7.2 lets S mode execute a U page that it accessed under SUM (Volume II, \"Supervisor Memory Privilege: "
     "SUM\" "
     "says that it never may)",
     [](const last_step &, const snapshot &ours, const qemu_state &theirs) {
       const auto &s = ours.system;
       const bool by_machine = s.get(fields::mode) == privilege::machine;
       const u64 from = by_machine ? s.get(fields::status::mpp) : s.get(fields::status::spp);
       return ours.user.pc != theirs.pc && s.get(by_machine ? w_mcause : w_scause) == cause::fetch_page &&
              from == privilege::supervisor && s.get(fields::status::sum) != 0;
     }},
    {"of a misaligned access to two pages of which both fault, either fault may be reported: we translate both pages "
     "first, QEMU begins with the first word (Volume I, \"Load and Store Instructions\")",
     [](const last_step &s, const snapshot &ours, const qemu_state &theirs) {
       const bool by_machine = ours.system.get(fields::mode) == privilege::machine;
       const u64 our_cause = ours.system.get(by_machine ? w_mcause : w_scause);
       const u64 their_cause = theirs.csr(by_machine ? "mcause" : "scause").value_or(0);
       return s.what && isa::facts<cpu_type>[s.what.row].syntax.ends_with("imm(rs1)") &&
              frame_offset(ours.user.x[s.what.operands.rs1] + s.what.operands.immediate()) > frame_size - sizeof(u64) &&
              ((our_cause == cause::load_page && their_cause == cause::load_access) ||
               (our_cause == cause::store_page && their_cause == cause::store_access));
     }},
    {"mtval may differ, as said above, and was read, or the cause that excuses it was written (Volume II, \"Machine "
     "Trap "
     "Value Register\")",
     [](const last_step &s, const snapshot &, const qemu_state &) {
       const u16 number = s.name().starts_with("csr") ? s.what.operands.csr() : u16{0};
       return number == 0x343 || number == 0x143 || number == 0x342 || number == 0x142;
     }},
};

/// QEMU's board has something there that ours has not: its ROM, PCI, the device tree at the end of memory.
bool on_another_board(u64 address) {
  constexpr u64 devices = 0x1000 - 8, pci = u64{16} << 30, tree = torture::ram + memory_size / 2 - 8;
  const bool deadline = address == device::virt_map::clint.value + device::clint::mtimecmp; // both have this one
  return (address >= devices && address < torture::ram && !deadline) || (address >= pci && address < 2 * pci) ||
         (address >= tree && address < torture::ram + memory_size);
}

bool holds_reservation(const last_step &sc, const snapshot &state) {
  return state.user.reservation == (state.user.x[sc.what.operands.rs1] | (sc.name() == "sc.d" ? 2 : 1));
}

bool is_translated(const snapshot &state) {
  const bool machine_mode = state.system.get(fields::mode) == privilege::machine;
  return machine_mode ? state.system.get(fields::status::mprv) != 0 : state.system.get(w_satp) >> 60 != 0;
}

/// A jump into the middle of something can make a program touch registers, or write values, of which the manual leaves
/// the outcome open (WARL fields; counters), or reach an SC without its LR: it may fail for any reason, a misaligned
/// one may fail or trap, and QEMU's own reservation outlives traps (Volume I, "Load-Reserved/Store-Conditional
/// Instructions"). An AMO where nothing is makes QEMU 7.2 report a load. There it ends.
bool leaves_common_ground(const last_step &now, const snapshot &state) {
  if (now.what && isa::facts<cpu_type>[now.what.row].syntax.ends_with("(rs1)")) {
    const bool atomic = now.name().starts_with("amo");
    const u64 at = state.user.x[now.what.operands.rs1] + (atomic ? 0 : now.what.operands.immediate());
    return on_another_board(at) || (now.name().starts_with("sc.") && !holds_reservation(now, state)) ||
           (atomic && !is_translated(state) && at - torture::ram >= memory_size);
  }
  if (!now.name().starts_with("csr"))
    return false;
  const u16 number = now.what.operands.csr();
  const u8 source = now.what.operands.rs1;
  const u64 operand = now.name().ends_with('i') ? source : state.user.x[source];
  const bool replaces = now.name().starts_with("csrrw");
  const u64 open = torture::foreign_value(number, operand) ^ operand;
  return torture::is_foreign(number) || (replaces ? open != 0 : source != 0 && (open & ~csrs::uxl) != 0);
}

struct tally {
  u64 states = 0;
  u64 left = 0; ///< programs that left common ground
  std::array<u64, std::size(waivers)> waived{};
};

/// Our side: makes steps and says what the state was before each one that QEMU logs.
class our_side {
public:
  explicit our_side(const torture::program &p)
      : machine_(gpa{torture::ram}, memory_size),
        board_({.memory_size = memory_size}, machine_.processor(), machine_.processor(), output_, input_) {
    machine_.attach(board_);
    static_cast<void>(machine_.write(gpa{torture::ram}, p.image.data(), p.image.size()));
    const u64 sleep = qemu::sleep_code;
    static_cast<void>(machine_.write(gpa{torture::ram + memory_size - sizeof sleep}, &sleep, sizeof sleep));
    machine_.reset(gva{p.entry});
  }
  /// False if there is none within many steps: a trap whose handler can't be fetched has no end.
  [[nodiscard]] bool next(snapshot &before, last_step &executed) {
    for (int tries = 0; tries < 1000; ++tries) {
      before = {machine_.user(), machine_.system()};
      if (on_another_board(before.user.pc))
        return false;
      const auto word = machine_.processor().fetch_word();
      executed = {before.user.pc, word ? *word : 0, word ? isa::decode<cpu_type>(*word) : isa::decoded<cpu_type>{}};
      if (machine_.run(1).reason != exit_reason::budget)
        return false;
      if (!silent(before.system.get(w_traps)))
        return true;
    }
    return false;
  }

private:
  /// The step was an interrupt taken, or a fetch that faulted.
  [[nodiscard]] bool silent(u64 traps_before) {
    const auto &s = machine_.system();
    const u64 cause = s.get(s.get(fields::mode) == privilege::machine ? w_mcause : w_scause);
    return s.get(w_traps) != traps_before &&
           ((cause & cause::interrupt) != 0 || cause == cause::fetch_page || cause == cause::fetch_access);
  }

  device::collected_bytes output_;
  device::queued_bytes input_{""};
  machine_type machine_;
  device::virt_board board_;
};

std::string in_words(u64 state, const last_step &after, const std::string &what, const snapshot &ours,
                     const qemu_state &theirs) {
  std::ostringstream text;
  text << "state " << state << ", after 0x" << std::hex << after.pc << ' '
       << isa::disassemble<cpu_type>(after.word, gva{after.pc}) << ": " << what << "; ours in mode "
       << ours.system.get(fields::mode) << " at 0x" << ours.user.pc << ", satp 0x" << ours.system.get(w_satp)
       << ", mcause 0x" << ours.system.get(w_mcause) << ", mtval 0x" << ours.system.get(w_mtval) << "; QEMU's mcause 0x"
       << theirs.csr("mcause").value_or(0) << ", mtval 0x" << theirs.csr("mtval").value_or(0) << ", mepc 0x"
       << theirs.csr("mepc").value_or(0);
  return text.str();
}

/// Runs one program on both sides for `steps` states, or to a difference that is waived. Answers any other.
std::string compare(u64 number, u64 steps, tally &sum) {
  const auto p = torture::make_program(number, {.foreign = true});
  our_side ours(p);
  qemu other(p.image, torture::ram, p.entry, memory_size);
  qemu_state theirs;
  snapshot state;
  last_step last, now;
  for (u64 n = 0; n < steps && ours.next(state, now); ++n, last = now, ++sum.states) {
    if (!other.next(theirs))
      return "QEMU stopped in state " + std::to_string(n);
    const std::string found = difference_from(theirs, state);
    if (found.empty() && leaves_common_ground(now, state)) {
      ++sum.left;
      return "";
    }
    if (found.empty())
      continue;
    for (std::size_t i = 0; i < std::size(waivers); ++i)
      if (waivers[i].applies(last, state, theirs)) {
        ++sum.waived[i];
        return "";
      }
    return in_words(n, last, found, state, theirs);
  }
  return "";
}

} // namespace

BOOST_AUTO_TEST_CASE(step_like_qemu) {
  if (!qemu::installed()) {
    std::cout << "skipped: qemu-system-riscv64 7.2 is not installed (package qemu-system-misc)\n";
    return;
  }
  const u64 first = seed() * 1'000'000;
  const u64 wanted = amount(30'000, 1'000'000, 100'000'000);
  tally sum;
  for (u64 n = first; sum.states < wanted; ++n) {
    const std::string apart = compare(n, 3000, sum);
    BOOST_REQUIRE_MESSAGE(apart.empty(), "program " << n << ": " << apart);
  }
  BOOST_TEST_MESSAGE(sum.left << " programs left common ground");
  for (std::size_t i = 0; i < std::size(waivers); ++i)
    BOOST_TEST_MESSAGE(sum.waived[i] << " programs ended by: " << waivers[i].why);
}
