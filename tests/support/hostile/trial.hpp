// SPDX-License-Identifier: BSL-1.0
// Decides what must hold while a hostile guest runs beside a neighbour, and afterwards: the host comes back when the
// budget says so, nothing outside the guest changes, and both guests see what they would see on the bare machine.
#pragma once

#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/hardware/engine/step.hpp>
#include <hvkit/vmm/comparison.hpp>

#include "support/hostile/arena.hpp"

namespace hvkit::tests::hostile {

/// What is put to the trial: an image, and what stands around it.
struct guest_image {
  torture::program code;
  u64 memory = torture::frames * frame_size;
  device::form devices = device::form::paravirtual;
  bool kernel = false;
  u64 tree = 0; ///< where the device tree is, if there is one
};

/// Puts the guest's CPU at the program's start. `Processor` is a bare hart or a virtual CPU.
template <class Machine, class Processor> void start(Machine &machine, Processor &cpu, const guest_image &g) {
  static_cast<void>(machine.write(gpa{torture::ram}, g.code.image.data(), g.code.image.size()));
  if constexpr (requires { cpu.reset(gva{}); })
    cpu.reset(gva{g.code.entry});
  else
    machine.reset(gva{g.code.entry});
  cpu.user().x[11] = g.tree;
  if (!g.kernel)
    return;
  cpu_type::enter_kernel(cpu.system());
  cpu.changed(effect::context | effect::interrupts | effect::protection);
}

template <class Machine> [[nodiscard]] std::vector<u8> memory_of(const Machine &machine) {
  std::vector<u8> all(machine.memory_size());
  static_cast<void>(machine.read(machine.memory_base(), all.data(), all.size()));
  return all;
}

/// What a guest has come to. Two of them are equal if the guests cannot have noticed a difference.
struct outcome {
  exit_reason reason{};
  u64 steps = 0;
  typename cpu_type::user_state user;
  typename cpu_type::system_state system;
  std::vector<u8> memory, disk;
  device::virt_board::state_type board;
  u64 printed = 0, printed_sum = 0;

  /// What is not the same; "" if all is.
  [[nodiscard]] std::string unlike(const outcome &other) const {
    if (reason != other.reason)
      return "how the run ended: " + std::string(name(reason)) + " and " + std::string(name(other.reason));
    if (steps != other.steps)
      return "steps: " + std::to_string(steps) + " and " + std::to_string(other.steps);
    if (!(user == other.user))
      return cpu_type::user_difference(user, other.user);
    if (!(system == other.system))
      return "system state " + hvkit::detail::system_difference<cpu_type>(system, other.system);
    if (memory != other.memory)
      return "memory";
    if (disk != other.disk)
      return "the disk";
    if (printed != other.printed || printed_sum != other.printed_sum)
      return "console output";
    return board == other.board ? "" : "the boards' devices";
  }
};
template <class Machine, class Processor, class Around>
[[nodiscard]] outcome outcome_of(exit_reason why, Machine &machine, Processor &cpu, const Around &around) {
  return {why,           machine.steps(),      cpu.user(),          cpu.system(),     memory_of(machine),
          around.disk(), around.board.state(), around.output.count, around.output.sum};
}

/// The slices in which all machines run it: what is set up once, and two halves.
[[nodiscard]] inline std::array<u64, 3> slices(u64 steps) { return {100, steps / 2, steps - steps / 2 - 100}; }

/// What it comes to on the bare machine.
[[nodiscard]] inline outcome bare_outcome(const guest_image &g, u64 steps) {
  using machine_type = hardware::bare_machine<cpu_type, engine::step>;
  machine_type machine(gpa{torture::ram}, g.memory);
  surroundings<machine_type> around(machine, machine.processor(), machine.processor(), g.memory, g.devices, g.kernel);
  machine.attach(around.board);
  start(machine, machine.processor(), g);
  exit_record why;
  for (const u64 slice : slices(steps))
    why = machine.run(slice);
  return outcome_of(why.reason, machine, machine.processor(), around);
}

/// The neighbour's own program, which minds its own business by page tables, traps and interrupts.
inline constexpr u64 neighbour_steps = 500;
[[nodiscard]] inline guest_image neighbour_image() {
  constexpr u64 with_paging_and_traps = 3;
  return {torture::make_program(with_paging_and_traps)};
}
[[nodiscard]] inline const outcome &neighbour_outcome() {
  static const outcome alone = bare_outcome(neighbour_image(), 3 * neighbour_steps);
  return alone;
}

/// Host memory taken since the program began; the test program counts it.
extern u64 allocations;

/// A guest and its neighbour in one arena, and what is looked at while the guest runs.
template <class Hart> class trial {
  using core = typename arena<Hart>::core;
  using around_type = surroundings<core>;

public:
  trial(arena<Hart> &in, const guest_image &g)
      : in_(in), image_(g),
        around_(*in.attacker, in.attacker->vcpu(), in.attacker->vcpu(), g.memory, g.devices, g.kernel),
        beside_(*in.neighbour, in.neighbour->vcpu(), in.neighbour->vcpu(), torture::frames * frame_size,
                device::form::paravirtual, false),
        frames_(in.memory()) {
    in.attach(*in.attacker, around_.board);
    in.attach(*in.neighbour, beside_.board);
    start(*in.attacker, in.attacker->vcpu(), g);
    start(*in.neighbour, in.neighbour->vcpu(), neighbour_image());
  }

  /// Runs the guest for so many steps, and the neighbour in between. `wanted` is what it must come to, if that is
  /// known.
  void run(u64 steps, const outcome *wanted) {
    const auto hardware_before = in_.hart().system(); // of the hardware's CPU, which can have more than the guest's
    exit_record why;
    for (const u64 slice : slices(steps)) {
      why = attack(slice, slice != slices(steps)[0]);
      neighbour_why_ = in_.run(*in_.neighbour, neighbour_steps);
    }
    BOOST_TEST((why.reason != exit_reason::host || around_.board.finished()));
    // An instruction has at most two pages of its own and two of data, and a trap of its own.
    BOOST_TEST(in_.attacker->count().exits <= 8 * in_.attacker->steps() + 100);
    if (wanted != nullptr)
      is_alike("the guest", outcome_of(why.reason, *in_.attacker, in_.attacker->vcpu(), around_), *wanted);
    if (in_.exact)
      is_alike("the neighbour", outcome_of(neighbour_why_.reason, *in_.neighbour, in_.neighbour->vcpu(), beside_),
               neighbour_outcome());
    is_deprivileged(hardware_before);
  }

private:
  /// While the guest runs, nothing changes but its own memory and the VMM's tables.
  exit_record attack(u64 steps, bool warm) {
    frames_.look();
    const auto system = in_.neighbour->vcpu().system();
    const auto user = in_.neighbour->vcpu().user();
    const auto board = beside_.board.state();
    const u64 before = allocations;
    const u64 steps_before = in_.attacker->steps();
    const exit_record why = in_.run(*in_.attacker, steps);
    const u64 made = in_.attacker->steps() - steps_before;
    BOOST_TEST((why.reason == exit_reason::budget ? made == steps : made <= steps));
    if (warm)
      BOOST_TEST(allocations == before, allocations - before << " allocations of the host's memory");
    u64 strange = 0;
    for (u64 i = 0; i < in_.neighbour->memory().frame_count(); ++i)
      strange += frames_.same(in_.neighbour->memory().frame(i)) ? 0 : 1;
    BOOST_TEST(strange == 0U, strange << " frames of the neighbour's changed");
    u64 own = 0;
    for (u64 i = 0; i < in_.attacker->memory().frame_count(); ++i)
      own += frames_.same(in_.attacker->memory().frame(i)) ? 0 : 1;
    BOOST_TEST(frames_.changed() - own <= in_.most_tables);
    BOOST_TEST((in_.neighbour->vcpu().system() == system && beside_.board.state() == board));
    BOOST_TEST((in_.neighbour->vcpu().user() == user));
    return why;
  }
  static void is_alike(const char *who, const outcome &is, const outcome &wanted) {
    const std::string unlike = wanted.unlike(is);
    BOOST_TEST(unlike.empty(), who << ", on the bare machine and here: " << unlike);
  }
  /// The hardware's own state is what the VMM made it, but for its root and the floating-point unit that it lends.
  /// Where it runs the guest in modes of its own, those are in force, and what is above them is the VMM's.
  void is_deprivileged(const typename Hart::system_state &before) {
    if constexpr (!std::is_same_v<typename Hart::cpu, cpu_type>) {
      using namespace cpu::riscv;
      const auto &now = in_.hart().system();
      BOOST_TEST(now.get(fields::v) == 1U);
      BOOST_TEST(now.get(fields::mode) != privilege::machine);
      BOOST_TEST(now.get(w_hgatp) >> 60 == csrs::hgatp_sv39x4);
      for (const auto &f : Hart::cpu::state_fields)
        if (f.word >= w_pmpcfg0 && f.word < w_idle)
          BOOST_TEST(now.get(f) == before.get(f), "the hardware's " << f.name << " changed");
      for (const u16 word : {w_mtvec, w_mepc, w_mideleg, w_mip, w_stvec, w_sepc, w_satp})
        BOOST_TEST(now.get(word) == before.get(word), "the hardware's word " << word << " changed");
      return;
    }
    for (const auto &f : cpu_type::state_fields)
      if (!f.name.starts_with("satp") && !f.name.starts_with("mstatus.FS") && !f.name.starts_with("fcsr"))
        BOOST_TEST(in_.hart().system().get(f) == before.get(f), "the hardware's " << f.name << " changed");
  }

  arena<Hart> &in_;
  const guest_image &image_;
  around_type around_, beside_;
  canaries frames_;
  exit_record neighbour_why_;
};

} // namespace hvkit::tests::hostile
