// SPDX-License-Identifier: BSL-1.0
// Both stages of translation against a plain reading of the manual, in every state of an entry in either stage.
//
// The reference below knows nothing of the walker: it is the steps of "Virtual Address Translation Process" with those
// of "Two-Stage Address Translation" put in, over a copy of the tables.
#include <map>
#include <sstream>

#include <hvkit/vmm/lockstep.hpp>

#include "support/gate.hpp"
#include "support/hypervisor.hpp"

using namespace hvkit;
using namespace hvkit::tests;
using namespace hvkit::tests::hypervisor;

namespace {

// Where the tables are: of the second stage by hardware addresses, of the first by the guest's, which are 0x40000000
// more than the hardware's as long as the second stage maps pages by its last level.
constexpr u64 guest_ram = 0xc0000000;
constexpr u64 g_root = ram + 0x10000, g_middle = ram + 0x14000, g_last = ram + 0x15000;
constexpr u64 v_root = 0x20000, v_middle = 0x21000, v_last = 0x22000, page = 0x30000; // from the start of memory
constexpr u64 at = 0x0000002a'40030128;                                               // slots 0xa9, 0x000, 0x030
enum flag : u64 { V = 1, R = 2, W = 4, X = 8, U = 16, G = 32, A = 64, D = 128 };
enum class kind { fetch, load, store, code_load };

/// One state of both stages, and one access.
struct trial {
  kind how = kind::load;
  bool supervisor = true, sum = false, guest_mxr = false, mxr = false, borrowed = false;
  bool first_on = true, second_on = true;
  unsigned first_level = 0, second_level = 0;    ///< of the leaf for the page
  u64 first_entry = 0, second_entry = 0;         ///< flags of these leaves, and bits above the PPN
  u64 second_for_tables = V | R | W | U | A | D; ///< of the leaves for the first stage's tables
  u64 address = at;
  u64 guarded = 0; ///< a page of the hardware's that PMP forbids to all but machine mode
};

struct answer_of {
  bool found = false;
  u64 address = 0, cause = 0, guest_address = ~u64{0}, instruction = 0;
  unsigned references = 0;
  friend bool operator==(const answer_of &, const answer_of &) = default;
};
std::ostream &operator<<(std::ostream &out, const answer_of &a) {
  return out << std::hex << (a.found ? "to 0x" : "cause 0x") << (a.found ? a.address : a.cause) << ", guest address 0x"
             << a.guest_address << ", instruction 0x" << a.instruction << ", references " << a.references;
}

/// The reference.
class reference {
public:
  reference(const trial &t, const hardware::physical_memory &memory) : t_(t), memory_(memory) {}
  std::map<u64, u64> words; ///< what was written, by hardware address

  answer_of run() {
    u64 guest = t_.address;
    if (t_.first_on && !first(guest))
      return a_;
    u64 real = guest;
    if (t_.second_on && !second(guest, t_.how, 0, real))
      return a_;
    const bool reached = t_.borrowed || t_.how == kind::code_load; // not only translated
    if (forbidden(real) || (reached && (real < ram || real >= ram + memory_size)))
      return failed(access_cause()), a_;
    a_.found = true;
    a_.address = real;
    return a_;
  }

private:
  bool first(u64 &to) {
    const u64 va = t_.address;
    const i64 top = static_cast<i64>(va) >> 38;
    if (top != 0 && top != -1)
      return failed(page_cause());
    u64 table = (t_.second_on ? guest_ram : ram) + v_root;
    for (int i = 2; i >= 0; --i) {
      const u64 pte_at = table + 8 * (va >> (12 + 9 * i) & 511);
      u64 real = pte_at, pte = 0;
      if (t_.second_on && !second(pte_at, kind::load, 0x3000, real))
        return false;
      if (!read(real, pte))
        return false;
      if ((pte & V) == 0 || ((pte & R) == 0 && (pte & W) != 0) || pte >> 54 != 0)
        return failed(page_cause());
      const u64 ppn = pte >> 10 & ((u64{1} << 44) - 1);
      if ((pte & (R | W | X)) == 0) {
        if (i == 0 || (pte & (A | D | U)) != 0)
          return failed(page_cause());
        table = ppn << 12;
        continue;
      }
      const bool user_page = (pte & U) != 0;
      if (!t_.supervisor && !user_page)
        return failed(page_cause());
      if (t_.supervisor && user_page && (t_.how == kind::fetch || !t_.sum))
        return failed(page_cause());
      if (!granted(pte, t_.how, t_.guest_mxr || t_.mxr))
        return failed(page_cause());
      const u64 size = u64{1} << (12 + 9 * i);
      if (((ppn << 12) & (size - 1)) != 0)
        return failed(page_cause());
      if (!mark(pte, t_.how == kind::store, [&](u64 &where) {
            where = pte_at;
            return !t_.second_on || second(pte_at, kind::store, 0x3020, where);
          }))
        return false;
      to = (ppn << 12) | (va & (size - 1));
      return true;
    }
    return false;
  }
  bool second(u64 guest, kind how, u64 instruction, u64 &real) {
    const auto missing = [&] {
      failed(t_.how == kind::fetch ? 20 : t_.how == kind::store ? 23 : 21);
      a_.guest_address = guest;
      a_.instruction = instruction;
      return false;
    };
    if (guest >> 41 != 0)
      return missing();
    u64 table = g_root;
    for (int i = 2; i >= 0; --i) {
      const u64 pte_at = table + 8 * (guest >> (12 + 9 * i) & (i == 2 ? 2047 : 511));
      u64 pte = 0;
      if (!read(pte_at, pte))
        return false;
      if ((pte & V) == 0 || ((pte & R) == 0 && (pte & W) != 0) || pte >> 54 != 0)
        return missing();
      const u64 ppn = pte >> 10 & ((u64{1} << 44) - 1);
      if ((pte & (R | W | X)) == 0) {
        if (i == 0 || (pte & (A | D | U)) != 0)
          return missing();
        table = ppn << 12;
        continue;
      }
      const u64 size = u64{1} << (12 + 9 * i);
      if ((pte & U) == 0 || !granted(pte, how, t_.mxr) || ((ppn << 12) & (size - 1)) != 0)
        return missing();
      if (!mark(pte, how == kind::store, [&](u64 &where) {
            where = pte_at;
            return true;
          }))
        return false;
      real = (ppn << 12) | (guest & (size - 1));
      return true;
    }
    return false;
  }
  static bool granted(u64 pte, kind how, bool executable_is_readable) {
    switch (how) {
    case kind::fetch:
    case kind::code_load:
      return (pte & X) != 0;
    case kind::store:
      return (pte & W) != 0;
    default:
      return (pte & R) != 0 || (executable_is_readable && (pte & X) != 0);
    }
  }
  template <class F> bool mark(u64 pte, bool dirty, F place) {
    const u64 marks = A | (dirty ? u64{D} : 0);
    if ((pte & marks) == marks)
      return true;
    u64 where = 0;
    if (!place(where))
      return false;
    if (forbidden(where))
      return failed(access_cause());
    words[where] = pte | marks;
    return true;
  }
  bool read(u64 where, u64 &pte) {
    if (forbidden(where) || where < ram || where >= ram + memory_size)
      return failed(access_cause());
    ++a_.references;
    const auto known = words.find(where);
    pte = known == words.end() ? *memory_.load<u64>(hpa{where}) : known->second;
    return true;
  }
  [[nodiscard]] bool forbidden(u64 where) const { return t_.guarded != 0 && where >> 12 == t_.guarded >> 12; }
  [[nodiscard]] u64 page_cause() const { return t_.how == kind::fetch ? 12 : t_.how == kind::store ? 15 : 13; }
  [[nodiscard]] u64 access_cause() const { return t_.how == kind::fetch ? 1 : t_.how == kind::store ? 7 : 5; }
  bool failed(u64 cause) {
    a_.cause = cause;
    return false;
  }

  const trial &t_;
  const hardware::physical_memory &memory_;
  answer_of a_{};
};

/// The tables of a trial.
std::map<u64, u64> tables_of(const trial &t) {
  std::map<u64, u64> words;
  const auto pointer = [](u64 to) { return to >> 12 << 10 | V; };
  const auto leaf = [](u64 to, unsigned level, u64 flags) {
    const u64 aligned = to & ~((u64{1} << (12 + 9 * level)) - 1);
    return (aligned >> 12 << 10) ^ flags; // so that flags can spoil the alignment, too
  };
  // Second stage: guest_ram is in slot 3 of the root, in slot 0 of the table in the middle.
  words[g_root + 8 * 3] = t.second_level == 2 ? leaf(ram, 2, t.second_entry) : pointer(g_middle);
  words[g_middle] = t.second_level == 1 ? leaf(ram, 1, t.second_entry) : pointer(g_last);
  for (const u64 table : {v_root, v_middle, v_last})
    words[g_last + 8 * (table >> 12)] = leaf(ram + table, 0, t.second_for_tables);
  words[g_last + 8 * (page >> 12)] = leaf(ram + page, 0, t.second_entry);
  // First stage, by hardware addresses: its tables lie as the last level of the second stage maps them.
  const u64 base = t.second_on ? guest_ram : 0;
  const u64 to = t.second_on ? guest_ram + page : ram + page;
  const u64 tables = t.second_on ? base : ram;
  words[ram + v_root + 8 * 0xa9] = t.first_level == 2 ? leaf(to, 2, t.first_entry) : pointer(tables + v_middle);
  words[ram + v_middle + 8 * 0] = t.first_level == 1 ? leaf(to, 1, t.first_entry) : pointer(tables + v_last);
  words[ram + v_last + 8 * 0x30] = leaf(to, 0, t.first_entry);
  return words;
}

/// The hart under test.
class subject {
public:
  subject() : m_("end: j end") {}
  void fill(const std::map<u64, u64> &words) {
    for (const auto &[where, value] : words)
      m_.put(where, value);
  }
  [[nodiscard]] const hardware::physical_memory &memory() { return m_.memory; }
  [[nodiscard]] u64 word(u64 where) { return *m_.memory.load<u64>(hpa{where}); }
  answer_of run(const trial &t) {
    auto &s = m_.hart.system();
    s = {};
    const bool borrowed = t.borrowed || t.how == kind::code_load;
    s.set(fields::mode, borrowed ? privilege::machine : t.supervisor ? privilege::supervisor : privilege::user);
    s.set(fields::v, borrowed ? 0 : 1);
    s.set(fields::hypervisor::spvp, t.supervisor ? 1 : 0);
    s.set(fields::status::mxr, t.mxr ? 1 : 0);
    s.set(fields::in_vsstatus(fields::status::mxr), t.guest_mxr ? 1 : 0);
    s.set(fields::in_vsstatus(fields::status::sum), t.sum ? 1 : 0);
    s.set(w_vsatp, t.first_on ? u64{8} << 60 | ((t.second_on ? guest_ram : ram) + v_root) >> 12 : 0);
    s.set(w_hgatp, t.second_on ? u64{8} << 60 | g_root >> 12 : 0);
    s.set(static_cast<u16>(w_pmpaddr + 1), pmp::address_bits);
    s.set(w_pmpcfg0, 0x1f00 | (t.guarded != 0 ? 0x18 : 0));
    s.set(w_pmpaddr, t.guarded != 0 ? t.guarded >> 2 | 0x1ff : 0);
    m_.hart.changed(effect::context | effect::protection);
    answer_of a;
    const u64 before = m_.hart.walk_references();
    if (borrowed) {
      const gva where{t.address};
      a.found = t.how == kind::store ? m_.hart.guest_store<u8>(where, 0x55)
                                     : m_.hart.guest_load<u8>(where, t.how == kind::code_load).has_value();
      a.references = static_cast<unsigned>(m_.hart.walk_references() - before);
    } else {
      using hvkit::access;
      const access how = t.how == kind::fetch ? access::fetch : t.how == kind::store ? access::store : access::load;
      const auto to = m_.hart.translate(gva{t.address}, how, 1, [&](unsigned, gpa, u64) { ++a.references; });
      a.found = to.has_value();
      a.address = to ? to->address.value : 0;
    }
    if (!a.found) {
      a.cause = m_.hart.raised().cause;
      const trap_details &d = m_.hart.details();
      BOOST_TEST(d.of_guest);
      BOOST_TEST(m_.hart.raised().value == t.address);
      a.guest_address = d.guest_address ? d.guest_address->value : ~u64{0};
      a.instruction = d.instruction;
    }
    return a;
  }

private:
  machine<> m_;
};

class comparison {
public:
  void run(const trial &t) {
    const auto words = tables_of(t);
    subject_.fill(words);
    reference r(t, subject_.memory());
    answer_of expected = r.run();
    const answer_of got = subject_.run(t);
    if (t.borrowed || t.how == kind::code_load)
      expected.address = 0; // which place was read is not told
    ++count_;
    found_ += got.found ? 1 : 0;
    bool same = got == expected;
    std::map<u64, u64> after = words;
    for (const auto &[where, value] : r.words)
      after[where] = value;
    for (const auto &[where, value] : after)
      same = same && subject_.word(where) == value;
    if (same)
      return;
    std::ostringstream text;
    text << "trial " << count_ << ": access " << static_cast<int>(t.how) << (t.supervisor ? " VS" : " VU") << std::hex
         << ", first stage " << t.first_on << " level " << t.first_level << " entry 0x" << t.first_entry
         << ", second stage " << t.second_on << " level " << t.second_level << " entry 0x" << t.second_entry
         << ", for tables 0x" << t.second_for_tables << ", sum " << t.sum << " mxr " << t.guest_mxr << t.mxr
         << " guarded 0x" << t.guarded << ": expected " << expected << "; got " << got;
    BOOST_FAIL(text.str());
  }
  [[nodiscard]] u64 count() const { return count_; }
  [[nodiscard]] u64 found() const { return found_; }

private:
  subject subject_;
  u64 count_ = 0, found_ = 0;
};

/// The modes and rights of an access, from six bits and a kind.
trial view(unsigned bits, unsigned how) {
  trial t;
  t.how = static_cast<kind>(how);
  t.supervisor = (bits & 1) != 0;
  t.sum = (bits & 2) != 0;
  t.guest_mxr = (bits & 4) != 0;
  t.mxr = (bits & 8) != 0;
  return t;
}

} // namespace

BOOST_AUTO_TEST_CASE(every_pair_of_leaves) {
  comparison c;
  const u64 stride = amount(61, 1, 1), first = seed() % stride;
  u64 n = 0;
  for (u64 pair = 0; pair < 0x10000; ++pair)
    for (unsigned bits = 0; bits < 16; ++bits)
      for (unsigned how = 0; how < 4; ++how)
        if (n++ % stride == first) {
          trial t = view(bits, how);
          t.first_entry = pair & 0xff;
          t.second_entry = pair >> 8;
          c.run(t);
        }
  BOOST_TEST(c.found() > 0U);
  BOOST_TEST_MESSAGE(c.count() << " trials, of which " << c.found() << " found a page");
}

BOOST_AUTO_TEST_CASE(every_leaf_under_the_tables) {
  comparison c;
  const u64 stride = amount(17, 1, 1), first = seed() % stride;
  u64 n = 0;
  for (u64 pair = 0; pair < 0x10000; ++pair)
    for (unsigned bits = 0; bits < 16; bits += 5)
      for (unsigned how = 0; how < 4; ++how)
        if (n++ % stride == first) {
          trial t = view(bits, how);
          t.second_for_tables = pair & 0xff;
          t.first_entry = pair >> 8;
          t.second_entry = V | R | W | X | U;
          c.run(t);
        }
  BOOST_TEST(c.found() > 0U);
}

BOOST_AUTO_TEST_CASE(anything_at_random) {
  comparison c;
  random_numbers random(seed());
  const auto mostly = [&](u64 flags) { return random.between(0, 3) == 0 ? random.between(0, 255) : flags; };
  const auto spoiled = [&](u64 flags) {
    const u64 kind = random.between(0, 15);
    return kind == 0   ? flags | u64{1} << 54
           : kind == 1 ? flags ^ u64 { 1 } << 10
           : kind == 2 ? flags | u64{1} << 63
                       : flags;
  };
  constexpr u64 guards[] = {g_root, g_middle, g_last, ram + v_root, ram + v_middle, ram + v_last, ram + page};
  for (u64 n = amount(20'000, 1'000'000, 20'000'000); n != 0; --n) {
    trial t = view(static_cast<unsigned>(random.between(0, 15)), static_cast<unsigned>(random.between(0, 3)));
    t.borrowed = t.how != kind::fetch && random.between(0, 3) == 0;
    t.first_on = random.between(0, 7) != 0;
    t.second_on = random.between(0, 7) != 0;
    t.first_level = static_cast<unsigned>(random.between(0, 2));
    t.second_level = static_cast<unsigned>(random.between(0, 2));
    const u64 open = V | R | W | X | A | D;
    t.first_entry = spoiled(mostly(open | (t.supervisor ? 0 : u64{U})));
    t.second_entry = spoiled(mostly(open | U));
    t.second_for_tables = spoiled(mostly(open | U));
    if (random.between(0, 5) == 0)
      t.guarded = guards[random.between(0, std::size(guards) - 1)];
    if (!t.first_on)
      t.address = t.second_on ? guest_ram + page : ram + page;
    if (random.between(0, 15) == 0)
      t.address ^= u64{1} << random.between(12, t.first_on || t.second_on ? 63 : 55); // physical addresses have 56
    c.run(t);
  }
  BOOST_TEST(c.found() > 0U);
  BOOST_TEST_MESSAGE(c.count() << " trials, of which " << c.found() << " found a page");
}

BOOST_AUTO_TEST_CASE(fifteen_references) {
  subject s;
  trial t;
  t.first_entry = V | R | A | D;
  t.second_entry = V | R | U | A | D;
  s.fill(tables_of(t));
  BOOST_TEST(s.run(t).references == 3U * 3U + 3U + 3U);
  t.second_on = false;
  s.fill(tables_of(t));
  BOOST_TEST(s.run(t).references == 3U);
  t.second_on = true;
  t.first_on = false;
  t.address = guest_ram + page;
  BOOST_TEST(s.run(t).references == 3U);
}
