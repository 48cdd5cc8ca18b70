// SPDX-License-Identifier: BSL-1.0
// What holds for devices of the hardware that are given to guests: one owner at a time, directly only where that is
// safe; then accesses take no exit, and the guest does what it does with the same device on a bare machine.
#include <tuple>

#include <boost/test/unit_test.hpp>

#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/device/ata/platform.hpp>
#include <hvkit/device/virt_guest.hpp>
#include <hvkit/device/virtio/block.hpp>
#include <hvkit/device/virtio/mmio.hpp>
#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/policy/paging/relocation.hpp>
#include <hvkit/policy/technique/hybrid.hpp>
#include <hvkit/policy/technique/interpretation.hpp>
#include <hvkit/vmm/vmm.hpp>

#include "support/torture/bench.hpp"

using namespace hvkit;
using namespace hvkit::tests;
using hardware::passage;
using refused = hardware::refusal;

namespace {

using device::virt_map::ata;
using torture::cpu_type;
constexpr u64 memory_size = torture::frames * frame_size;
constexpr hpa in_hardware{0x4000200000};

/// Reads 64 sectors word by word, told by the drive's interrupt of each, and counts them in s2; a0 is the sum of words.
/// An access that faults is counted in s9, and made once more.
constexpr auto reading = R"(
    la t0, trap; csrw mtvec, t0
    li s3, 0xc000000; li t0, 1; sw t0, 48(s3); li t0, 0x1000; li s4, 0xc002000; sw t0, 0(s4); li s5, 0xc200000; sw zero, 0(s5)
    li t0, 0x800; csrw mie, t0; csrsi mstatus, 8
    li s0, 0x10200000; li s1, 0x80020000; li s7, 64
  again: mv s8, s6
    li t0, 1; sb t0, 8(s0); andi t0, s2, 7; sb t0, 12(s0); sb zero, 16(s0); sb zero, 20(s0); li t0, 0x40; sb t0, 24(s0)
    li t0, 0x20; sb t0, 28(s0)
  told: beq s8, s6, told
    li t1, 128
  word: lw t2, 0(s0); sw t2, 0(s1); add a0, a0, t2; addi t1, t1, -1; bnez t1, word
    addi s2, s2, 1; bne s2, s7, again
    csrw mie, zero
  end: j end
    .align 2
  trap: csrw mscratch, t0; csrr t0, mcause; bgez t0, fault
    addi s6, s6, 1; lbu t0, 28(s0); lw t0, 4(s5); sw t0, 4(s5); csrr t0, mscratch; mret
  fault: addi s9, s9, 1; csrr t0, mscratch; mret
)";

device::memory_disk numbered() {
  std::vector<u8> bytes(8 * 512);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<u8>(i * 7 + i / 512);
  return device::memory_disk(std::move(bytes));
}
device::virt_board_options small(device::disk *storage = nullptr) {
  device::virt_board_options o;
  o.memory_size = memory_size;
  o.storage = storage;
  o.storage_form = form::emulated;
  return o;
}

/// A VMM with a drive on its hardware.
template <class Vmm> struct machine_room {
  Vmm vmm{{.memory = 8_MiB}};
  device::memory_disk disk = numbered();
  hardware::wire &out = vmm.devices().new_wire();
  device::ata::platform drive{disk, {out, 0}};
  typename Vmm::device_id id = *vmm.devices().add(
      {"drive", &drive, in_hardware, device::ata::platform::window, false, &out, [this] { drive.inner.state = {}; }});
  using guest_type = device::virt_guest<Vmm>;

  [[nodiscard]] refused give(guest_type &to, passage how, gpa at = ata) {
    return vmm.assign(id, to.vm(), {to.board().devices(), at, to.board().line(device::virt_map::ata_source), how});
  }
};
/// A guest that reads.
template <class Vmm> struct reader : device::virt_guest<Vmm> {
  explicit reader(Vmm &vmm) : device::virt_guest<Vmm>(vmm, small()) {
    BOOST_REQUIRE(this->start(torture::assembled(torture::ram, reading)));
  }
};

template <class Guest> void check_against_bare(Guest &guest) {
  device::memory_disk disk = numbered();
  device::collected_bytes output;
  device::queued_bytes input;
  hardware::bare_machine<cpu_type, engine::step> bare(gpa{torture::ram}, memory_size);
  device::virt_board board(small(&disk), bare.processor(), bare.processor(), output, input);
  bare.attach(board);
  const auto code = torture::assembled(torture::ram, reading);
  BOOST_REQUIRE(bare.write(gpa{torture::ram}, code.bytes().data(), code.bytes().size()));
  bare.reset(gva{torture::ram});
  static_cast<void>(bare.run(guest.vm().steps()));
  BOOST_TEST((bare.user() == guest.vm().vcpu().user()));
  BOOST_TEST((bare.system() == guest.vm().vcpu().system()));
  BOOST_TEST(bare.user().x[18] > 0U);
}

} // namespace

using all_direct =
    std::tuple<vmm<cpu_type, engine::step>, vmm<cpu_type, engine::blocks>, vmm<cpu_type, technique::hybrid>>;
BOOST_AUTO_TEST_CASE_TEMPLATE(a_drive_is_read_without_exits, Vmm, all_direct) {
  for (const u64 steps : {u64{1'000}, u64{7'777}, u64{100'000}}) {
    u64 accesses[2] = {}, sectors = 0;
    for (const passage how : {passage::trapped, passage::direct}) {
      machine_room<Vmm> room;
      reader<Vmm> guest(room.vmm);
      BOOST_TEST((room.give(guest, how) == refused::none));
      // By slices, and with somebody beside it: what is mapped stays mapped.
      for (u64 done = 0; done < steps; done += 500)
        static_cast<void>(room.vmm.run(std::min<u64>(500, steps - done)));
      check_against_bare(guest);
      BOOST_TEST(guest.count().add_up());
      accesses[how == passage::direct] = guest.count().memory_accesses;
      sectors = guest.vm().vcpu().user().x[18];
    }
    // What is left is the interrupt controller's: two for each sector, and what sets it up.
    if constexpr (Vmm::composition::technique::runs_privileged_code) {
      BOOST_TEST(accesses[1] <= 2 * (sectors + 1) + 3);
      BOOST_TEST(accesses[0] >= accesses[1] + 134 * sectors);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_device_is_withdrawn_at_run_time_and_has_forgotten_its_owner) {
  using vmm_type = vmm<cpu_type, engine::blocks>;
  machine_room<vmm_type> room;
  reader<vmm_type> first(room.vmm), second(room.vmm);
  BOOST_TEST((room.give(first, passage::direct) == refused::none));
  BOOST_TEST((room.give(second, passage::direct) == refused::taken));
  static_cast<void>(room.vmm.run(first.vm(), 2'000));
  const u64 sectors = first.user().x[18];
  BOOST_TEST(sectors > 0U);
  BOOST_TEST(first.vm().vcpu().user().x[25] == 0U);

  room.vmm.withdraw(room.id);
  BOOST_TEST((room.drive.inner.state == device::ata::drive::state_type{}));
  BOOST_TEST(room.vmm.devices().owner(room.id) == hardware::device_allocator::nobody);
  const u64 exits = first.count().exits;
  static_cast<void>(room.vmm.run(first.vm(), 10'000));
  BOOST_TEST(first.vm().vcpu().user().x[25] > 100U); // there is nothing there any more
  BOOST_TEST(first.count().exits > exits + 100);

  BOOST_TEST((room.give(second, passage::direct) == refused::none));
  static_cast<void>(room.vmm.run(second.vm(), 100'000));
  check_against_bare(second);
  BOOST_TEST(second.vm().vcpu().user().x[18] == 64U);

  // Whoever ends gives back what he has.
  room.vmm.destroy(second.vm());
  BOOST_TEST(room.vmm.devices().owner(room.id) == hardware::device_allocator::nobody);
  BOOST_TEST((room.give(first, passage::trapped) == refused::none));
}

BOOST_AUTO_TEST_CASE(what_is_not_safe_is_refused) {
  using vmm_type = vmm<cpu_type, engine::blocks>;
  machine_room<vmm_type> room;
  reader<vmm_type> guest(room.vmm);
  auto &devices = room.vmm.devices();
  BOOST_TEST((room.vmm.assign(99, guest.vm(), {guest.board().devices(), ata}) == refused::unknown));
  BOOST_TEST((room.give(guest, passage::direct, ata + 4) == refused::unaligned));
  for (const gpa at : {device::virt_map::uart, gpa{torture::ram}, gpa{torture::ram + memory_size - 0x100},
                       gpa{torture::ram - 0x100}, gpa{~u64{0} - 0xff}})
    BOOST_TEST((room.give(guest, passage::trapped, at) == refused::occupied));
  BOOST_TEST(devices.owner(room.id) == hardware::device_allocator::nobody);

  // A device that reaches memory by itself is never given away.
  device::no_guest_access nothing;
  device::virtio::block model(room.disk);
  device::virtio::mmio master(model, nothing, {});
  const auto masters = devices.add({"master", &master, in_hardware + 0x10000, 0x1000, true});
  BOOST_REQUIRE(masters.has_value());
  for (const passage how : {passage::direct, passage::trapped})
    BOOST_TEST((room.vmm.assign(*masters, guest.vm(), {guest.board().devices(), ata, {}, how}) == refused::masters));

  // Another one in the same page keeps both from being mapped.
  device::memory_disk other_disk = numbered();
  device::ata::platform other(other_disk, {});
  const auto shared = devices.add({"other", &other, in_hardware + 0x800, device::ata::platform::window});
  BOOST_REQUIRE(shared.has_value());
  BOOST_TEST((room.give(guest, passage::direct) == refused::shares_a_page));
  BOOST_TEST((room.give(guest, passage::trapped) == refused::none));
  BOOST_TEST(!devices.add({"third", &other, in_hardware + 0x100, 0x10}).has_value());
  BOOST_TEST(!devices.add({"in memory", &other, hpa{0x1000}, 0x10}).has_value());
  BOOST_TEST(!devices.add({"no registers", nullptr, hpa{0x5000000000}, 0x10}).has_value());
}

BOOST_AUTO_TEST_CASE(a_vmm_that_maps_no_pages_makes_each_access_itself) {
  machine_room<vmm<cpu_type, technique::interpretation>> room;
  reader<decltype(room.vmm)> guest(room.vmm);
  BOOST_TEST((room.give(guest, passage::direct) == refused::no_pages));
  BOOST_TEST((room.give(guest, passage::trapped) == refused::none));
  static_cast<void>(room.vmm.run(guest.vm(), 20'000));
  check_against_bare(guest);
  using old = vmm<cpu::third_generation<cpu::rows::honest>, paging::relocation>;
  static_assert(!old::guest::maps_devices);
}
