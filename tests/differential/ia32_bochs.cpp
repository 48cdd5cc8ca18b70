// SPDX-License-Identifier: BSL-1.0
// IA-32's modes, segments, gates, pages and exceptions: a guest that provokes each check once says the same here as in
// Bochs. Where Bochs is not installed, what it said once stands in a file.
#include <iostream>

#include "support/ia32_guest.hpp"

using namespace hvkit::tests;

namespace {
const std::filesystem::path guests = std::filesystem::path(HVKIT_TESTS_FOLDER) / "guests" / "ia32";
} // namespace

BOOST_AUTO_TEST_CASE(each_protection_check_is_made_as_in_bochs) {
  if (!ia32::has_assembler()) {
    std::cout << "skipped: no assembler for i386 (package binutils)\n";
    return;
  }
  const std::string code = ia32::assembled(guests / "protection.s", ia32::guest_at);
  const std::string ours = ia32::run_here(code);
  BOOST_TEST(ours == ia32::contents(guests / "protection.txt"));
  if (!ia32::has_bochs()) {
    std::cout << "skipped: Bochs is not installed (packages bochs, bochs-term, bochsbios, vgabios)\n";
    return;
  }
  BOOST_TEST(ours == ia32::run_in_bochs(code, guests / "boot.s"));
}
