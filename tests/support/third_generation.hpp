// SPDX-License-Identifier: BSL-1.0
// Decides how a third-generation machine is put together for a test, bare or in a VMM alike.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/cpu/third_generation/timer.hpp>
#include <hvkit/device/timer_board.hpp>
#include <hvkit/isa/assembler.hpp>

namespace hvkit::tests {

/// A program and the storage it is loaded to. User programs are assembled at 0, where R puts them.
struct loaded_program {
  u64 storage = 0;
  isa::program text;
};
/// The first one is the supervisor.
using old_system = std::vector<loaded_program>;

/// A machine of 64 KiB with its timer and its programs.
template <class Machine> class old_bench {
public:
  explicit old_bench(const old_system &programs) : old_bench(programs, make<Machine>()) {}
  old_bench(const old_system &programs, std::unique_ptr<Machine> machine)
      : machine_(std::move(machine)), board_(machine_->processor()) {
    machine_->attach(board_);
    for (const auto &[at, program] : programs)
      loaded_ = loaded_ && machine_->write(gpa{at}, program.storage.data(), program.storage.size());
    machine_->reset(gva{programs.front().text.find("start").value_or(0)});
  }
  [[nodiscard]] bool loaded() const { return loaded_; }
  [[nodiscard]] Machine &machine() { return *machine_; }
  /// An M with the memory that programs expect.
  template <class M> [[nodiscard]] static std::unique_ptr<M> make() {
    return std::make_unique<M>(gpa{0}, u64{64} << 10);
  }

private:
  using processor = std::remove_reference_t<decltype(std::declval<Machine &>().processor())>;
  std::unique_ptr<Machine> machine_;
  device::timer_board<processor, cpu::interval_timer<processor>> board_;
  bool loaded_ = true;
};

/// Two of them, to be run in lock-step.
template <class Reference, class Subject> struct old_pair {
  old_bench<Reference> left;
  old_bench<Subject> right;
  Reference &reference = left.machine();
  Subject &subject = right.machine();

  old_pair(const old_system &programs, std::unique_ptr<Subject> machine)
      : left(programs), right(programs, std::move(machine)) {}
  [[nodiscard]] static std::string outside() { return ""; }
};

/// A supervisor that runs two user programs in storage of their own, switches between them when the timer asks, and
/// serves supervisor calls: 1 prints r1, 2 gives way; others and memory traps are noted and skipped. It idles between
/// rounds.
inline constexpr std::string_view supervisor_text = R"(
old:    .word 0, 0, 0, 0
new:    .word 0, handler, 0, 0x10000
turn:   .word 0
faults: .word 0
saved:  .space 160             # two PSWs and two sets of registers: psw, r1 to r15
start:  li   r1, saved
        li   r2, 0x0003        # user mode, interrupts enabled
        st   r2, 0(r1)
        st   r2, 80(r1)
        li   r2, 0x2000        # the first program's storage
        st   r2, 8(r1)
        li   r2, 0x3000
        st   r2, 88(r1)
        li   r2, 0x800
        st   r2, 12(r1)
        st   r2, 92(r1)
        li   r3, 97
        spt  r3
        b    go

handler: st  r1, 0x1f00(r0)
        st   r2, 0x1f04(r0)
        st   r3, 0x1f08(r0)
        l    r2, 0(r0)
        li   r3, 16
        srl  r2, r2, r3
        li   r3, 0x8080        # the timer
        c    r2, r3
        be   switch
        li   r3, 0x0201
        c    r2, r3
        be   print
        li   r3, 0x0202
        c    r2, r3
        be   wait
        l    r3, faults(r0)
        la   r3, 1(r3)
        st   r3, faults(r0)
        l    r3, 4(r0)         # skip what trapped
        la   r3, 4(r3)
        st   r3, 4(r0)
        b    back
print:  l    r1, 0x1f00(r0)
        sio  r1
        l    r3, 4(r0)
        la   r3, 4(r3)
        st   r3, 4(r0)
back:   l    r1, 0x1f00(r0)
        l    r2, 0x1f04(r0)
        l    r3, 0x1f08(r0)
        lpsw 0(r0)
wait:   l    r3, 4(r0)
        la   r3, 4(r3)
        st   r3, 4(r0)
        stpt r3
        idle
        lpsw rest(r0)
switch: li   r3, 97
        spt  r3
        l    r1, turn(r0)
        li   r2, 80
        mul  r1, r1, r2
        li   r2, saved
        add  r1, r1, r2
        l    r2, 0(r0)
        st   r2, 0(r1)
        l    r2, 4(r0)
        st   r2, 4(r1)
        l    r2, 0x1f00(r0)
        st   r2, 16(r1)
        l    r2, 0x1f04(r0)
        st   r2, 20(r1)
        l    r2, 0x1f08(r0)
        st   r2, 24(r1)
        st   r4, 28(r1)
        st   r5, 32(r1)
        l    r2, turn(r0)
        li   r3, 1
        xor  r2, r2, r3
        st   r2, turn(r0)
go:     l    r1, turn(r0)
        li   r2, 80
        mul  r1, r1, r2
        li   r2, saved
        add  r1, r1, r2
        l    r2, 0(r1)
        li   r3, 0xff          # without the interruption code
        and  r2, r2, r3
        st   r2, 0(r0)
        l    r2, 4(r1)
        st   r2, 4(r0)
        l    r2, 8(r1)
        st   r2, 8(r0)
        l    r2, 12(r1)
        st   r2, 12(r0)
        l    r2, 20(r1)
        l    r3, 24(r1)
        l    r4, 28(r1)
        l    r5, 32(r1)
        l    r1, 16(r1)
        lpsw 0(r0)
rest:   .word 2, switch, 0, 0x10000
)";

} // namespace hvkit::tests
