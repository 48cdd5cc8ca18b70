// SPDX-License-Identifier: BSL-1.0
// The failure museum: VMMs that leave one thing out, each run beside the bare machine to the first step at which the
// guest can tell. What is left out is a line of the bugs that hvkit's tests are measured by (tests/support/seeded).
#include <iostream>
#include <memory>

#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/policy/classification/assume.hpp>
#include <hvkit/vmm/single.hpp>

#include "support/seeded/exits.hpp"
#include "support/seeded/interrupts.hpp"
#include "support/seeded/paging.hpp"
#include "support/seeded/programs.hpp"
#include "support/torture/bench.hpp"
using namespace hvkit;
using namespace hvkit::tests;

/// On this hardware `wfi` is a no-op in user mode, as the manual allows: it is sensitive, and does not trap.
using lazy_wfi = cpu::basic_rv64<cpu::rv64_knobs{.user_wfi_completes = true}>;
static_assert(!legal<lazy_wfi>);
using assuming = single_guest<composition<lazy_wfi, classification::assume<"wfi">>>;
template <class Paging> using flawed =
    single_guest<composition<cpu::rv64, seeded::flawed_technique, seeded::flawed_dispatch, Paging,
                             seeded::flawed_interrupt, seeded::flawed_clock>>;

constexpr auto waits =
    "li t0, 0x80; csrw mie, t0; li t1, 0x2004000; li t0, 50; sd t0, 0(t1); wfi; rdtime a0; end: j end";
constexpr auto is_critical = R"(
        la t0, handler; csrw mtvec, t0; li t0, 8; csrw mie, t0      # software interrupts are enabled,
        csrci mstatus, 8                                            # but now masked
        li t1, 0x2000000; li t0, 1; sw t0, 0(t1)                    # one comes
critical: addi a0, a0, 1; csrr t0, mip; j critical
        .align 2
handler: addi a1, a1, 1; j handler)";
constexpr auto reserves = R"(
        la t0, handler; csrw mtvec, t0; la s0, word
        lr.d t0, (s0); ecall
        .align 2
handler: sc.d a0, t1, (s0)                                          # must fail: there was a trap between
end:    j end
        .align 3
word:   .dword 0)";

/// Runs both machines with the same program and shows where they part.
template <class Machine> bool exhibit(const char *title, const torture::program &p) {
  using reference = hardware::bare_machine<typename Machine::cpu, engine::step>;
  const auto apart = lockstep_exactly({.steps = 5000, .longest = 50, .memory_interval = 1},
                                      [&] { return std::make_unique<torture::bench_pair<reference, Machine>>(p); });
  std::cout << "== " << title << "\n" << (apart ? describe(*apart) : "they agree\n") << '\n';
  return apart.has_value();
}
torture::program of_text(const char *text) {
  const auto code = torture::assembled(torture::ram, text);
  return {{code.bytes().begin(), code.bytes().end()}, torture::ram};
}
/// A bug by its name, and the guest that meets it; the text of tests/support/seeded/programs.hpp where `text` names
/// one.
template <class Paging = seeded::flawed_paging> bool exhibit_bug(std::string_view name, const char *text) {
  const seeded::bug &b = *seeded::find(name);
  const seeded::plant planted(b);
  for (const auto &d : seeded::directed)
    if (d.name == std::string_view(text))
      return exhibit<flawed<Paging>>(b.what.data(), seeded::program_of(d));
  return exhibit<flawed<Paging>>(b.what.data(), of_text(text));
}

int main() {
  std::cout << "reference: the bare machine, subject: the VM\n\n";
  bool all = exhibit<assuming>("wfi is assumed to be innocuous where it does not trap in user mode", of_text(waits));
  all = exhibit_bug<seeded::flawed_lazy_paging>("fence_of_page_skipped", "fences a page") && all;
  all = exhibit_bug("last_table_untracked", "fences everything") && all;
  all = exhibit_bug("interrupt_masked", is_critical) && all;
  all = exhibit_bug("reservation_survives", reserves) && all;
  return all ? 0 : 1;
}
