// SPDX-License-Identifier: BSL-1.0
// What composing costs: one guest of the 1974 machine in a VMM composed of policies, and in one whose loop is written
// out by hand for just that case. check.py counts the instructions of both.
//
//   benchmark.overhead composed|by_hand ROUNDS TURNS      TURNS of an inner loop in each round
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/hardware/frames.hpp>
#include <hvkit/hardware/hart.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/policy/classification/derived.hpp>
#include <hvkit/policy/paging/relocation.hpp>
#include <hvkit/vmm/single.hpp>

namespace {

using namespace hvkit;

using machine = cpu::third_generation<cpu::rows::honest>;
constexpr u64 storage = u64{64} << 10;

// Each round masks interrupts, computes, and calls the supervisor, which returns: three exits.
constexpr std::string_view program = R"(
old:    .word 0, 0, 0, 0
new:    .word 0, handler, 0, 0x10000
        .space 0x1000 - .       # code is apart from what traps write
start:  li   r1, 0
        li   r4, 1
round:  ssm  r1
        add  r2, r2, r4
        xor  r3, r3, r2
        add  r5, r5, r3
        li   r7, inner
more:   sub  r7, r7, r4
        c    r7, r1
        bne  more
        svc  1
        b    round
handler: l   r6, 4(r0)         # on with the next instruction
        la   r6, 4(r6)
        st   r6, 4(r0)
        lpsw 0(r0)
)";
/// Of one round: each turn of the inner loop retires three instructions, all else ten, and one trap is taken.
[[nodiscard]] constexpr u64 steps_of(u64 inner) { return 3 * inner + 11; }

/// The same VMM without policies: relocation, interrupts held back, every trap emulated.
class by_hand final : vcpu_listener {
  using hart_type = hardware::hart<machine, engine::blocks::over>;

public:
  by_hand()
      : memory_(hpa{0}, u64{1} << 20), frames_(memory_), hart_(memory_),
        storage_(memory_, frames_, gpa{0}, storage, true), cpu_(storage_),
        count_(classification::derived::classes<machine>().data()) {
    machine::deprivilege(hart_.system());
    hart_.set_hosted(true);
    hart_.changed(effect::context);
    cpu_.set_listener(this);
    cpu_.bind(&hart_.user());
  }
  ~by_hand() override { cpu_.set_listener(nullptr); }
  by_hand(const by_hand &) = delete;
  by_hand &operator=(const by_hand &) = delete;

  void reset(gva entry) { cpu_.reset(entry); }
  [[nodiscard]] bool write(gpa at, const void *from, u64 size) { return storage_.write(at, from, size); }
  [[nodiscard]] u64 steps() const { return cpu_.steps(); }
  [[nodiscard]] auto &user() { return cpu_.user(); }

  void run(u64 budget) {
    using hardware::attention;
    const u64 end = cpu_.steps() + budget;
    while (cpu_.steps() < end) {
      if (cpu_.attention() != 0) {
        if (cpu_.settle(attention::host) || cpu_.settle(attention::events) || cpu_.settle(attention::wait))
          continue; // nothing is attached that could ask
        static_cast<void>(cpu_.settle(attention::interrupts));
        if (const auto cause = cpu_.interrupt_due()) {
          cpu_.enter_trap({*cause, 0});
          ++delivered_;
          seen_ |= virtual_cpu<machine>::lines_of(*cause);
          continue;
        }
        const u64 waiting = cpu_.interrupts_waiting();
        held_back_ += static_cast<u64>(std::popcount(waiting & ~seen_));
        seen_ = waiting;
      }
      if (stale_)
        compose();
      const u64 before = cpu_.user().retired;
      const exit_record exit = hart_.run(end - cpu_.steps());
      count_.direct += cpu_.user().retired - before;
      if (exit.reason == exit_reason::trap)
        emulate(exit.what);
      else
        ++count_.event_exits;
    }
  }

private:
  void changed(effect what) override { stale_ = stale_ || has(what, effect::context); }
  void stored(gpa, u64) override {}
  void fence(const fence_scope &) override {}
  void line(unsigned, bool) override {}

  void compose() {
    stale_ = false;
    machine::set_relocation(hart_.system(), machine::compose(machine::relocation_of(cpu_.system()),
                                                             {storage_.frame(0).value, storage_.size()}));
    hart_.changed(effect::context);
    ++roots_;
  }
  void emulate(const trap &t) {
    ++count_.exits;
    ++count_.by_cause[t.cause % machine::cause_count];
    const u64 before = cpu_.user().retired;
    if (const auto word = hart_.fetch_word()) {
      const auto d = isa::decode<machine>(*word);
      cpu_.emulate(*word, d);
      count_.emulation(d, cpu_.user().retired != before, false);
    } else {
      cpu_.emulate();
      count_.emulation({}, cpu_.user().retired != before, false);
    }
  }

  hardware::physical_memory memory_;
  hardware::frame_allocator frames_;
  hart_type hart_;
  guest_memory storage_;
  virtual_cpu<machine> cpu_;
  vm_accounting<machine> count_;
  bool stale_ = true;
  u64 seen_ = 0, delivered_ = 0, held_back_ = 0, roots_ = 0;
};

template <class Vmm> int run(Vmm &vmm, u64 rounds, u64 inner) {
  const isa::program text =
      isa::assemble_text<machine>(0, ".equ inner, " + std::to_string(inner) + "\n" + std::string(program));
  if (!text || !vmm.write(gpa{0}, text.storage.data(), text.storage.size()))
    return 2;
  vmm.reset(gva{*text.find("start")});
  vmm.run(2 + rounds * steps_of(inner));
  std::printf("{\"steps\": %llu, \"r5\": %llu}\n", static_cast<unsigned long long>(vmm.steps()),
              static_cast<unsigned long long>(vmm.user().r[5]));
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  const std::string_view which = argc == 4 ? argv[1] : "";
  const u64 rounds = argc == 4 ? std::strtoull(argv[2], nullptr, 10) : 0;
  const u64 inner = argc == 4 ? std::strtoull(argv[3], nullptr, 10) : 0;
  if (which == "by_hand") {
    by_hand vmm;
    return run(vmm, rounds, inner);
  }
  if (which == "composed") {
    single_guest<composition<machine, engine::blocks, paging::relocation>> vmm(gpa{0}, storage, u64{1} << 20);
    return run(vmm, rounds, inner);
  }
  std::fputs("usage: benchmark.overhead composed|by_hand ROUNDS TURNS\n", stderr);
  return 2;
}
