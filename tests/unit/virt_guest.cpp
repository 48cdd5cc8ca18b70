// SPDX-License-Identifier: BSL-1.0
// Tests what a guest with the `virt` board is as one object: the form of its devices, its calls, and turns given up.
#include <boost/test/unit_test.hpp>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/device/virt_guest.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/policy/io/paravirtual.hpp>
#include <hvkit/policy/technique/paravirtual.hpp>
#include <hvkit/vmm/vmm.hpp>

using namespace hvkit;

namespace {

using called = vmm<cpu::rv64, technique::paravirtual>;

/// Prints through hvkit's own call, in supervisor mode; an address that is a device's is an error.
constexpr auto prints = isa::assemble<cpu::rv64, 0x80000000, R"(
      li a7, 0x0868766b; li a6, 2
      la a0, text; li a1, 6; ecall; add s0, s0, a0; mv s1, a1
      li a0, 0x10000000; li a1, 1; ecall; mv s2, a0
      li a6, 4; li a0, 9; ecall
end:  j end
text: .ascii "hello\n")">();

/// Counts in s0, and yields after each.
constexpr auto yields = isa::assemble<cpu::rv64, 0x80000000, R"(
      li a7, 0x0868766b; li a6, 3
loop: addi s0, s0, 1; ecall; j loop)">();

device::virt_board_options make_small(bool hypercalls) {
  device::virt_board_options o;
  o.memory_size = 1_MiB;
  o.hypercalls = hypercalls;
  return o;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_io_policy_names_the_form_of_devices) {
  const auto forms = []<class Io>(Io) {
    vmm<cpu::rv64, Io> hypervisor({.memory = 8_MiB});
    device::virt_guest guest(hypervisor, make_small(false));
    const auto &o = guest.board().options();
    BOOST_TEST((o.storage_form == Io::devices && o.console_form == Io::devices));
    // The registers of virtio's console are there, or nothing is.
    const auto magic = guest.board().devices().read(device::virt_map::virtio + 0x1000, 4);
    BOOST_TEST(magic.has_value() == (Io::devices == form::paravirtual));
    return o.random;
  };
  BOOST_TEST(!forms(io::emulated{}));
  BOOST_TEST(forms(io::paravirtual{}));
}

BOOST_AUTO_TEST_CASE(a_kernel_calls_without_firmware) {
  called hypervisor({.memory = 8_MiB});
  device::virt_guest guest(hypervisor, make_small(true));
  BOOST_REQUIRE(guest.start(prints));
  BOOST_TEST((guest.run(1000).reason == exit_reason::host));
  BOOST_TEST(guest.screen() == "hello\n");
  BOOST_TEST(guest.user().x[8] == 0U);
  BOOST_TEST(guest.user().x[9] == 6U);
  BOOST_TEST(static_cast<i64>(guest.user().x[18]) == -5);
  BOOST_TEST((guest.board().verdict() == device::shutdown{device::shutdown::kind::fail, 9}));
  BOOST_TEST(guest.count().add_up());
}

BOOST_AUTO_TEST_CASE(a_turn_can_be_given_up) {
  called hypervisor({.memory = 8_MiB});
  device::virt_guest first(hypervisor, make_small(true)), second(hypervisor, make_small(true));
  BOOST_REQUIRE((first.start(yields) && second.start(yields)));
  BOOST_TEST((hypervisor.run(3000).reason == exit_reason::budget));
  const u64 one = first.user().x[8], other = second.vm().vcpu().user().x[8];
  BOOST_TEST(one + other > 900U); // three steps each
  BOOST_TEST((one == other || one == other + 1));
  // Alone, an exact number of steps is made all the same.
  const u64 before = first.vm().steps();
  BOOST_TEST((first.run(1000).reason == exit_reason::budget));
  BOOST_TEST(first.vm().steps() == before + 1000);
}
