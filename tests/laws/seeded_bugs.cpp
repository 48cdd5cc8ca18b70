// SPDX-License-Identifier: BSL-1.0
// How good the tests are: VMMs that are broken on purpose, one line each, must be caught by the random programs and the
// directed ones that every composition is put to. Without a bug the same VMM must pass them.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <new>
#include <utility>

#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/report/table.hpp>
#include <hvkit/vmm/single.hpp>

#include "support/gate.hpp"
#include "support/hostile/every_program.hpp"
#include "support/hostile/trial.hpp"
#include "support/paging_guest.hpp"
#include "support/seeded/devices.hpp"
#include "support/seeded/exits.hpp"
#include "support/seeded/interrupts.hpp"
#include "support/seeded/paging.hpp"
#include "support/seeded/programs.hpp"
#include "support/torture/bench.hpp"

using namespace hvkit;
using namespace hvkit::tests;

u64 hvkit::tests::hostile::allocations = 0;

[[gnu::noinline]] void *operator new(std::size_t size) {
  ++hostile::allocations;
  if (void *p = std::malloc(size != 0 ? size : 1))
    return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void *p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void *p, std::size_t) noexcept { std::free(p); }

namespace {

using hostile::allocations;
using flawed = composition<cpu::rv64, seeded::flawed_technique, seeded::flawed_dispatch, seeded::flawed_paging,
                           seeded::flawed_interrupt, seeded::flawed_clock, engine::blocks>;
using flawed_lazily =
    composition<cpu::rv64, seeded::flawed_technique, seeded::flawed_dispatch, seeded::flawed_lazy_paging,
                seeded::flawed_interrupt, seeded::flawed_clock, engine::blocks>;
using subject = single_guest<flawed>;
using pair_type = torture::bench_pair<torture::reference_machine, subject::any>;
using seeded::manner;

[[nodiscard]] std::unique_ptr<subject::any> make_subject(u64 memory) {
  constexpr gpa base{torture::ram};
  if (seeded::acts(manner::lazy))
    return std::make_unique<single_guest<flawed_lazily>>(base, memory);
  return std::make_unique<subject>(base, memory);
}

/// Ends what would go on for ever: so many exits without a step are too many.
class watchdog final : public exit_observer {
public:
  explicit watchdog(subject::any &machine) : machine_(machine) { machine.guest().observe(this); }
  void seen(const exit_seen &) override {
    if (std::exchange(steps_, machine_.steps()) != machine_.steps())
      exits_ = 0;
    else if (++exits_ == limit)
      throw std::runtime_error(std::to_string(limit) + " exits without a step");
  }

private:
  static constexpr u64 limit = 10'000;
  subject::any &machine_;
  u64 steps_ = 0, exits_ = 0;
};

/// What a bug was caught by.
struct catcher {
  std::string program;
  u64 steps = 0;
  std::string how;
};

maybe<catcher> parts(const std::string &name, const torture::program &p, const lockstep_options &options,
                     u64 memory = torture::frames * frame_size) {
  pair_type pair(p, std::make_unique<torture::reference_machine>(gpa{torture::ram}, memory), make_subject(memory));
  const watchdog dog(pair.subject);
  try {
    if (const auto apart = lockstep(pair.reference, pair.subject, options, [&] { return pair.outside(); }))
      return catcher{name, apart->seen, apart->what};
  } catch (const std::exception &e) {
    return catcher{name, pair.reference.steps(), e.what()};
  }
  return {};
}

/// Runs the VMM alone, and counts what the host allocates once it is warm.
maybe<catcher> allocates(const std::string &name, const torture::program &p) {
  torture::bench<subject::any> alone(p, make_subject(torture::frames * frame_size));
  static_cast<void>(alone.machine().run(1000));
  const u64 before = allocations;
  static_cast<void>(alone.machine().run(20'000));
  if (allocations == before)
    return {};
  return catcher{name, alone.machine().steps(), std::to_string(allocations - before) + " allocations"};
}

/// In the manner `lazy` a guest must fence as the manual asks.
maybe<catcher> directed_program_parts(manner how) {
  for (const auto &d : seeded::directed) {
    if (how == manner::lazy && !d.fences)
      continue;
    const auto p = seeded::program_of(d);
    if (auto by = parts(d.name, p, {seed(), 5000, 200, 1}))
      return by;
    if (auto by = allocates(d.name, p))
      return by;
  }
  return {};
}
using vm = subject::any;
/// A hostile guest on both machines, with all devices; those of the VM see its memory by `flawed_access`.
struct hostile_pair {
  torture::reference_machine reference;
  std::unique_ptr<vm> made;
  vm &subject = *made;
  hostile::surroundings<torture::reference_machine> left;
  hostile::surroundings<vm, seeded::flawed_access<vm>> right;

  explicit hostile_pair(const hostile::guest_image &g)
      : reference(gpa{torture::ram}, g.memory),
        made(std::make_unique<single_guest<flawed>>(gpa{torture::ram}, g.memory)),
        left(reference, reference.processor(), reference.processor(), g.memory, g.devices, g.kernel),
        right(subject, subject.processor(), subject.processor(), g.memory, g.devices, g.kernel) {
    reference.attach(left.board);
    subject.attach(right.board);
    hostile::start(reference, reference.processor(), g);
    hostile::start(subject, subject.processor(), g);
  }
  [[nodiscard]] std::string outside() const {
    if (left.disk() != right.disk())
      return "the disk";
    if (left.output.count != right.output.count || left.output.sum != right.output.sum)
      return "console output";
    return left.board.state() == right.board.state() ? "" : "the boards' devices";
  }
};

/// Hostile guests do not fence.
maybe<catcher> hostile_program_parts(manner how) {
  static const std::vector<hostile::program> all = hostile::every_program();
  for (const hostile::program &p : all) {
    if (how == manner::lazy)
      break;
    hostile_pair pair(hostile::image_of_guest(p));
    const watchdog dog(pair.subject);
    try {
      if (const auto apart =
              lockstep(pair.reference, pair.subject, {seed(), 4000, 300, 4}, [&] { return pair.outside(); }))
        return catcher{std::string(p.name), apart->seen, apart->what};
    } catch (const std::exception &e) {
      return catcher{std::string(p.name), pair.reference.steps(), e.what()};
    }
  }
  return {};
}
maybe<catcher> random_program_parts(manner how, u64 programs) {
  const u64 first = seed() * 1'000'000;
  for (u64 n = first; n < first + programs; ++n) {
    random_numbers random(n);
    const bool fences = how == manner::lazy;
    const lockstep_options options{n, 3000, random.between(1, 4) == 1 ? 8U : 400U, 4};
    if (auto by = parts("random " + std::to_string(n), torture::make_program(n, {.foreign = fences}), options))
      return by;
    if (n % 8 != 0)
      continue;
    if (auto by = parts("paging " + std::to_string(n), paging_guest::make(n, fences), options, paging_guest::memory))
      return by;
  }
  return {};
}

} // namespace

BOOST_AUTO_TEST_CASE(no_false_alarm) {
  for (const manner how : {manner::plain, manner::lazy, manner::copying}) {
    const seeded::plant none(how);
    auto by = directed_program_parts(how);
    if (!by)
      by = hostile_program_parts(how);
    if (!by)
      by = random_program_parts(how, amount(300, 10'000, 300'000));
    BOOST_TEST(!by, (by ? by->program + ": " + by->how : ""));
  }
}

BOOST_AUTO_TEST_CASE(bugs_are_caught) {
  report::table shown;
  u64 caught = 0;
  for (const seeded::bug &b : seeded::bugs) {
    const seeded::plant planted(b);
    auto by = directed_program_parts(b.in);
    if (!by)
      by = hostile_program_parts(b.in);
    if (!by)
      by = random_program_parts(b.in, amount(1000, 20'000, 600'000));
    caught += by ? 1 : 0;
    shown.row({std::to_string(static_cast<int>(b.of)), std::string(b.name), by ? by->program : "NOT CAUGHT",
               by ? std::to_string(by->steps) : "", by ? by->how.substr(0, 60) : std::string(b.what)});
  }
  std::cout << shown.text() << caught << " of " << std::size(seeded::bugs) << " caught\n";
  BOOST_TEST(caught == std::size(seeded::bugs));
}

/// Two for each class but the last: what of the host takes guests apart before they run is no policy's.
BOOST_AUTO_TEST_CASE(each_class_has_two) {
  for (std::size_t c = 0; c + 1 < bug_classes; ++c) {
    const auto of = [&](const seeded::bug &b) { return b.of == static_cast<bug_class>(c); };
    BOOST_TEST(std::count_if(std::begin(seeded::bugs), std::end(seeded::bugs), of) >= 2,
               name(static_cast<bug_class>(c)));
  }
}
