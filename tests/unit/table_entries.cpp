// SPDX-License-Identifier: BSL-1.0
// What is remembered of a page-table entry is kept only if a walk by the new entry gives it, too: every pair of flags,
// as leaf or pointer, in every context.
#include <array>
#include <cstring>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/torture/audit.hpp"

using namespace hvkit;
using namespace hvkit::tests;
using torture::cpu_type;
using torture::sv39;

namespace {

constexpr u64 root = 0x1000, table = 0x80000000; // a leaf of the highest level may lead there, too
constexpr u64 all_flags = 256, nothing = sv39::pointer_to(table) & ~sv39::v;

/// A root with one entry, and a table of leaves.
struct two_tables {
  u64 entry = 0;
  [[nodiscard]] bool read(gpa at, void *to, u64 size) const {
    constexpr u64 below = sv39::pointer_to(0x40000000) | (low_bits(8) & ~sv39::u);
    const u64 value = at.value == root ? entry : at.value - table < frame_size ? below : 0;
    std::memcpy(to, &value, size);
    return true;
  }
};

/// Where page 0 leads by that entry: for each mode below machine mode, SUM and MXR, for each access.
[[nodiscard]] std::vector<maybe<gpa>> walks(u64 entry) {
  const two_tables memory{entry};
  cpu_type::system_state state{};
  cpu::riscv::pmp::open(state);
  std::vector<maybe<gpa>> found;
  for (u64 rights = 0; rights < 16; ++rights) {
    if ((rights & 2) != 0)
      continue;
    torture::fresh_walker walker(memory, state, {u64{8} << 60 | root >> frame_bits, rights});
    for (const auto a : {hvkit::access::fetch, hvkit::access::load, hvkit::access::store})
      found.push_back(walker.page(gva{0}, a));
  }
  return found;
}
[[nodiscard]] bool all_stands(const std::vector<maybe<gpa>> &was, const std::vector<maybe<gpa>> &now) {
  for (std::size_t n = 0; n < was.size(); ++n)
    if (was[n] && was[n] != now[n])
      return false;
  return true;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_kept_is_right) {
  std::vector<std::vector<maybe<gpa>>> found;
  for (u64 flags = 0; flags < all_flags; ++flags)
    found.push_back(walks(nothing | flags));
  u64 kept = 0, dropped = 0;
  for (u64 was = 0; was < all_flags; ++was)
    for (u64 now = 0; now < all_flags; ++now) {
      const bool stands = all_stands(found[was], found[now]);
      const bool keeps = sv39::widens(nothing | was, nothing | now);
      BOOST_REQUIRE_MESSAGE(stands || !keeps, "flags " << was << " and then " << now);
      kept += keeps && was != now && sv39::is_valid(was) ? 1 : 0;
      dropped += !keeps && !stands ? 1 : 0;
    }
  BOOST_TEST(kept > 500U); // marks and rights were added
  BOOST_TEST(dropped > 5000U);
}

BOOST_AUTO_TEST_CASE(another_place_is_another_entry) {
  for (unsigned n = 10; n < 64; ++n) {
    const u64 leaf = sv39::pointer_to(table) | low_bits(8), pointer = sv39::pointer_to(table);
    BOOST_TEST(!sv39::widens(leaf, leaf ^ bit(n)));
    BOOST_TEST(!sv39::widens(pointer, pointer ^ bit(n)));
  }
  BOOST_TEST(sv39::widens(sv39::pointer_to(table), sv39::pointer_to(table) | bit(8) | bit(9)));
}

BOOST_AUTO_TEST_CASE(fences_of_a_space_are_about_its_contexts) {
  const auto key = [](u64 space) { return context_key{u64{8} << 60 | space << 44 | 1, 1}; };
  BOOST_TEST(cpu_type::covers({}, key(5)));
  BOOST_TEST(cpu_type::covers({{}, 5}, key(5)));
  BOOST_TEST(cpu_type::covers({gva{0x1000}, 5}, key(5)));
  BOOST_TEST(!cpu_type::covers({{}, 4}, key(5)));
  BOOST_TEST(cpu_type::covers({{}, u64{1} << 16 | 5}, key(5))); // bits that no ASID has are ignored
  using few = cpu::basic_rv64<cpu::rv64_knobs{.asid_bits = 2}>;
  BOOST_TEST(few::covers({{}, 7}, key(3)));
}
