// SPDX-License-Identifier: BSL-1.0
// A device of your own: a stopwatch, with registers, an interrupt and a deadline. It stands on the board beside the
// others; the VM and the bare machine have the same one.
#include <iostream>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/device/virt_guest.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/vmm/vmm.hpp>
using namespace hvkit;

/// 0x0 start: instruction times until the line goes up; writing 0 lowers it. 0x8 laps: how often it went up.
class stopwatch final : public hardware::device {
public:
  stopwatch(const hardware::instruction_clock &clock, hardware::interrupt_line line) : clock_(clock), line_(line) {}
  maybe<u64> read(u64 offset, unsigned size) override {
    if (size != 8) // an access fault for the guest
      return {};
    return offset == 8 ? laps_ : 0;
  }
  bool write(u64 offset, unsigned size, u64 value) override {
    if (size != 8 || offset != 0)
      return false;
    due_ = value == 0 || value > limit ? hardware::never : clock_.now() + value;
    line_.set(false);
    return true;
  }
  u64 next_event() const override { return due_; }
  void advance(u64 now) override {
    if (now < due_)
      return;
    due_ = hardware::never;
    ++laps_;
    line_.set(true);
  }

private:
  static constexpr u64 limit = u64{1} << 40;
  const hardware::instruction_clock &clock_;
  hardware::interrupt_line line_;
  u64 due_ = hardware::never;
  u64 laps_ = 0;
};

constexpr gpa place{0x11000000};
constexpr unsigned wire = 20; // to the PLIC
constexpr auto program = isa::assemble<cpu::rv64, 0x80000000, R"(
        la t0, handler; csrw mtvec, t0
        li s0, 0x0c000000                           # the PLIC: priority and enable of source 20, machine mode
        li t1, 1; sw t1, 80(s0)
        li t0, 0x0c002000; li t1, 1 << 20; sw t1, 0(t0)
        li t1, 1 << 11; csrw mie, t1; csrsi mstatus, 8
        li s1, 0x11000000; li s2, 5
        li t1, 1000; sd t1, 0(s1)
rest:   wfi; bnez s2, rest
        ld a0, 8(s1)
        li t0, 0x100000; li t1, 0x5555; sw t1, 0(t0)
        .align 2
handler: li t0, 0x0c200004; lw t1, 0(t0); sd x0, 0(s1); sw t1, 0(t0)
        addi s2, s2, -1; li t1, 1000; sd t1, 0(s1)
        mret)">();

int main() {
  vmm<cpu::rv64> hypervisor({.memory = 32_MiB});
  device::virt_guest guest(hypervisor, {.memory_size = 16_MiB});
  stopwatch watch(guest.vm().vcpu(), guest.board().line(wire));
  if (!guest.board().devices().attach(place, 16, watch) || !guest.start(program))
    return 1;
  guest.run(100'000);
  std::cout << guest.user().x[10] << " laps, " << guest.user().retired << " instructions, " << guest.vm().now()
            << " instruction times, " << guest.vm().interrupt_count().delivered << " interrupts delivered\n";
}
