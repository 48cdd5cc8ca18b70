// SPDX-License-Identifier: BSL-1.0
// Every page-table entry at every level, for every access: what a plain reading of the manual says, the bare machine
// and every VMM do the same, cause and A and D bits included. 256 flags x 3 levels x {S,U} x {load, store, fetch} x SUM
// x MXR x {Svade, Svadu} are 36,864 cases. Source: The RISC-V Instruction Set Manual, Volume II, "Virtual Address
// Translation Process" and "Addressing and Memory Protection".
#include <boost/test/unit_test.hpp>

#include <array>
#include <sstream>

#include <hvkit/hardware/bare_machine.hpp>

#include "support/single_steps.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

using namespace cpu::riscv;

constexpr u64 ram = 0x80000000;

// The program sits at `home` and is mapped by an entry of its own, so that it can always be fetched. The entry under
// test maps `target`, by way of two, one or no tables, to the start of memory. Read as a pointer it leads there, too,
// where entries wait for `target`'s lower indices.
//
//   root ---[2]---> middle ---[1]---> last ---[0]---> page       where the entry under test is, by level
//     `----[256]--> code page
constexpr u64 root = ram + 0x100000, middle = ram + 0x101000, last = ram + 0x102000;
constexpr u64 code_middle = ram + 0x103000, code_last = ram + 0x104000, home = ram + 0x110000;
constexpr u64 home_page = ~u64{0} << 38; // the first address of the upper half: index 256 of the root
constexpr u64 middle_index = 3, last_index = 5, offset = 0x80;
constexpr u64 target = u64{7} << 30 | middle_index << 21 | last_index << 12 | offset;
constexpr u64 open_flags = 0x0f | 0xc0; // V, R, W, X, A, D

struct page_case {
  u64 flags;
  unsigned level;
  bool user;
  hvkit::access kind;
  bool sum, mxr;
};

/// What became of an access: its cause, or none; the entry afterwards; whether it reached memory.
struct outcome {
  maybe<u64> cause;
  u64 entry = 0;
  friend bool operator==(const outcome &, const outcome &) = default;
};

std::string in_words(const page_case &c) {
  std::ostringstream text;
  text << "entry flags 0x" << std::hex << c.flags << " at level " << c.level << (c.user ? ", U, " : ", S, ")
       << (c.kind == hvkit::access::fetch  ? "fetch"
           : c.kind == hvkit::access::load ? "load"
                                           : "store")
       << (c.sum ? ", SUM" : "") << (c.mxr ? ", MXR" : "");
  return text.str();
}
std::string in_words(const outcome &o) {
  return (o.cause ? "cause " + std::to_string(*o.cause) : std::string("no trap")) + ", entry " +
         std::to_string(o.entry & 0x3ff);
}

/// The entry under test: the only one of the case's flags.
constexpr u64 entry_of(const page_case &c) {
  return (c.level == 0 ? (ram >> 12) + last_index : ram >> 12) << 10 | c.flags;
}
constexpr u64 place_of(unsigned level) {
  return level == 2 ? root + 8 * 7 : level == 1 ? middle + 8 * middle_index : last + 8 * last_index;
}
/// Entries that wait at the start of memory, where the one under test leads if it is a pointer.
u64 waiting(const page_case &c) { return (ram >> 12) << 10 | open_flags | (c.user ? 0x10U : 0U); }

/// The manual's algorithm, step by step, for the tables above. Knows nothing of hvkit's walker.
outcome by_the_manual(const page_case &c, bool svadu) {
  const u64 page_fault = c.kind == hvkit::access::fetch ? 12 : c.kind == hvkit::access::load ? 13 : 15;
  const u64 under_test = entry_of(c);
  u64 pte = under_test;
  unsigned i = c.level;
  for (;;) {
    const bool V = pte & 1, R = pte >> 1 & 1, W = pte >> 2 & 1, X = pte >> 3 & 1, U = pte >> 4 & 1;
    const bool A = pte >> 6 & 1, D = pte >> 7 & 1;
    if (!V || (!R && W)) // step 3
      return {page_fault, under_test};
    if (!R && !X) { // step 4: a pointer, in which U, A and D are reserved; the next level's entry waits
      if (U || A || D || i == 0)
        return {page_fault, under_test};
      i -= 1;
      pte = i == 1 ? waiting(c) : (waiting(c) | last_index << 10);
      continue;
    }
    const bool allowed = c.kind == hvkit::access::fetch  ? X
                         : c.kind == hvkit::access::load ? R || (X && c.mxr)
                                                         : W; // step 5
    const bool by_mode = c.user ? U : !U || (c.sum && c.kind != hvkit::access::fetch);
    if (!allowed || !by_mode)
      return {page_fault, under_test};
    // Step 6: misaligned superpages there are none. Step 7: A and D.
    const bool store = c.kind == hvkit::access::store;
    if (A && (D || !store))
      return {{}, under_test};
    if (!svadu)
      return {page_fault, under_test};
    const u64 marked = pte | 0x40 | (store ? 0x80 : 0);
    return {{}, i == c.level ? marked : under_test};
  }
}

/// A machine with the tables in its memory; each case writes the entry under test and makes one step.
template <class Any> class walker {
public:
  explicit walker(single_stepper<Any> &machine) : machine_(machine) {
    machine_.put(home, u32{0x0005b503});     // ld a0, 0(a1)
    machine_.put(home + 4, u32{0x00c5b023}); // sd a2, 0(a1)
    machine_.put(code_middle, (code_last >> 12) << 10 | 1);
    machine_.put(root + 8 * 256, (code_middle >> 12) << 10 | 1);
  }
  /// What becomes of the access. Everything else that it leaves behind is checked here.
  [[nodiscard]] outcome run(const page_case &c) {
    write_tables(c);
    const bool store = c.kind == hvkit::access::store;
    const u64 pc = c.kind == hvkit::access::fetch ? target : home_page + (store ? 4 : 0);
    const bool trapped = machine_.step([&](auto &user, auto &system) {
      user.pc = pc;
      user.x[11] = target;
      user.x[12] = value;
      system.set(fields::mode, c.user ? privilege::user : privilege::supervisor);
      system.set(fields::status::sum, c.sum);
      system.set(fields::status::mxr, c.mxr);
      system.set(w_satp, u64{8} << 60 | root >> frame_bits);
    });
    auto &s = machine_.system();
    BOOST_TEST_REQUIRE(machine_.user().pc == (trapped ? machine_.handler : pc + 4), in_words(c));
    BOOST_TEST_REQUIRE((!trapped || (s.get(w_mtval) == target && s.get(w_mepc) == pc)), in_words(c));
    for (const u64 at : pages)
      BOOST_TEST_REQUIRE(machine_.get(at) == (!trapped && store && at == reached(c) ? value : nop), in_words(c));
    BOOST_TEST_REQUIRE(machine_.user().x[10] == (!trapped && c.kind == hvkit::access::load ? nop : 0), in_words(c));
    return {trapped ? maybe<u64>(s.get(w_mcause)) : maybe<u64>(), machine_.get(place_of(c.level))};
  }

private:
  static constexpr u64 value = 0x123456789abcdef0, nop = 0x13;
  /// Where `target` is by a leaf of level 2, and by one of level 1 or 0.
  static constexpr u64 low = ram + last_index * frame_size + offset;
  static constexpr std::array<u64, 2> pages{low + (middle_index << 21), low};

  [[nodiscard]] static u64 reached(const page_case &c) { return pages[c.level == 2 && (c.flags & 0xe) != 0 ? 0 : 1]; }
  void write_tables(const page_case &c) {
    for (const u64 at : pages)
      machine_.put(at, nop);
    machine_.put(ram + 8 * middle_index, waiting(c));
    machine_.put(ram + 8 * last_index, waiting(c) | last_index << 10);
    machine_.put(code_last, (home >> 12) << 10 | open_flags | (c.user ? 0x10U : 0U));
    for (const unsigned level : {2U, 1U})
      if (level != c.level)
        machine_.put(place_of(level), ((level == 2 ? middle : last) >> 12) << 10 | 1);
    machine_.put(place_of(c.level), entry_of(c));
  }

  single_stepper<Any> &machine_;
};

/// Calls `f` with each case of one choice of who sets A and D.
template <class F> void each_case(F f) {
  for (unsigned level = 0; level < 3; ++level)
    for (u64 flags = 0; flags < 256; ++flags)
      for (unsigned rest = 0; rest < 8; ++rest)
        for (const hvkit::access kind : {hvkit::access::fetch, hvkit::access::load, hvkit::access::store})
          f(page_case{flags, level, (rest & 1) != 0, kind, (rest & 2) != 0, (rest & 4) != 0});
}

template <class Machine> void walks_by_the_manual() {
  constexpr bool svadu = std::is_same_v<typename Machine::cpu, cpu::rv64>;
  auto stepper = single_stepper<typename Machine::any>::template of<Machine>();
  walker machine(stepper);
  u64 cases = 0, faults = 0, marked = 0;
  each_case([&](const page_case &c) {
    const outcome wanted = by_the_manual(c, svadu), found = machine.run(c);
    BOOST_REQUIRE_MESSAGE(found == wanted, in_words(c) << ": " << in_words(found) << ", and not " << in_words(wanted));
    ++cases, faults += wanted.cause ? 1 : 0, marked += wanted.entry != entry_of(c) ? 1 : 0;
  });
  BOOST_TEST(cases == 36'864U / 2);
  BOOST_TEST((faults > cases / 2 && faults < cases));
  BOOST_TEST((marked != 0) == svadu);
}

using svade = cpu::basic_rv64<cpu::rv64_knobs{.hardware_access_dirty = false}>;

} // namespace

BOOST_AUTO_TEST_CASE(of_the_bare_machine) {
  walks_by_the_manual<hardware::bare_machine<cpu::rv64, engine::step>>();
  walks_by_the_manual<hardware::bare_machine<cpu::rv64, engine::blocks>>();
}
BOOST_AUTO_TEST_CASE_TEMPLATE(of_every_vm, Guest, rv64_guests) {
  BOOST_TEST_CONTEXT(name_of<Guest>()) { walks_by_the_manual<Guest>(); }
}
BOOST_AUTO_TEST_CASE(of_the_bare_machine_where_software_marks_entries) {
  walks_by_the_manual<hardware::bare_machine<svade, engine::step>>();
}
BOOST_AUTO_TEST_CASE(of_a_vm_where_software_marks_entries) { walks_by_the_manual<single_guest<composition<svade>>>(); }
