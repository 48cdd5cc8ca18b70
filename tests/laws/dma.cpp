// SPDX-License-Identifier: BSL-1.0
// What a device writes to memory by itself counts like a store: decoded code and translations follow it at once, on the
// bare machine and in every VM, without a fence of the guest's. Both do the same at every instruction.
#include <array>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <hvkit/vmm/lockstep.hpp>

#include "support/compositions.hpp"
#include "support/firmware.hpp"
#include "support/gate.hpp"
#include "support/torture/bench.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

/// A supervisor whose disk reads go now over the function it calls, in the page it runs from, and now over its page
/// table. What it gets from both is added up in s5, with what the device said of each request.
constexpr const char *guest_text = R"(
    li t0, -1; csrw pmpaddr0, t0; li t0, 0x1f; csrw pmpcfg0, t0
    li s1, 0x80110000                 # the root: devices and memory to themselves, 0xc0000000 by a table
    li t0, 0xcf; sd t0, 0(s1)
    li t0, 0x200000cf; sd t0, 16(s1)
    li t0, 0x20044401; sd t0, 24(s1)
    li s1, 0x80111000; li t0, 0x20044801; sd t0, 0(s1)
    li t0, 0x80120000; li t1, 3; sd t1, 0(t0)
    li t0, 0x80121000; li t1, 50; sd t1, 0(t0)
    li t0, 0x8000000000080110; csrw satp, t0
    la t0, inner; csrw mepc, t0; li t0, 1 << 11; csrs mstatus, t0; mret

  .align 2
  inner:
    li s0, 0x10001000
    li t0, 3; sw t0, 0x70(s0)
    li t0, 1; sw t0, 0x24(s0); sw t0, 0x20(s0)
    li t0, 11; sw t0, 0x70(s0)
    li t0, 8; sw t0, 0x38(s0)
    li s1, 0x80100000; sw s1, 0x80(s0)
    li s4, 0x80101000; sw s4, 0x90(s0)
    li t0, 0x80102000; sw t0, 0xa0(s0)
    li t0, 1; sw t0, 0x44(s0)
    li t0, 15; sw t0, 0x70(s0)
    li s6, 0x80103000                 # header, and status behind it
    sd s6, 0(s1); li t0, 16; sw t0, 8(s1); li t0, 0x10001; sw t0, 12(s1)
    li t0, 512; sw t0, 24(s1); li t0, 0x20003; sw t0, 28(s1)
    addi t0, s6, 16; sd t0, 32(s1); li t0, 1; sw t0, 40(s1); li t0, 2; sw t0, 44(s1)
    li s2, 200; li s5, 0
  again:
    andi a1, s2, 1; li a2, 0x80000800; call get
    li t0, 0x80000800; jalr t0
    andi a1, s2, 1; addi a1, a1, 2; li a2, 0x80112000; call get
    li t0, 0xc0000000; ld t0, 0(t0); add s5, s5, t0
    addi s2, s2, -1; bnez s2, again
    li t0, 0x100000; li t1, 0x5555; sw t1, 0(t0)
  end: j end

  get:
    sd a1, 8(s6); sd a2, 16(s1)
    lhu t0, 2(s4); addi t0, t0, 1; sh t0, 2(s4)
    sw zero, 0x50(s0)
    lw t0, 0x60(s0); sw t0, 0x64(s0); add s5, s5, t0
    lbu t0, 16(s6); slli t0, t0, 32; add s5, s5, t0
    ret
)";
/// A round adds 2 for two interrupts, 3 or 50 by the page table, 7 or 1000 by the function.
constexpr u64 wanted = 100 * (2 + 3 + 7) + 100 * (2 + 50 + 1000);

std::vector<u8> bytes_of_text(const std::string &text) {
  const auto made = torture::assembled(torture::ram, text);
  return {made.bytes().begin(), made.bytes().end()};
}

device::memory_disk make_disk() {
  std::vector<u8> bytes(4 * 512);
  const auto put = [&](std::size_t sector, const auto &what) {
    std::memcpy(&bytes[sector * 512], what.data(), what.size() * sizeof what[0]);
  };
  put(0, bytes_of_text("addi s5, s5, 7; ret"));
  put(1, bytes_of_text("addi s5, s5, 1000; ret"));
  put(2, std::array<u64, 1>{0x200480cf}); // 0xc0000000 is 0x80120000
  put(3, std::array<u64, 1>{0x200484cf});
  return device::memory_disk(std::move(bytes));
}

struct setting {
  device::memory_disk disk = make_disk();
  std::vector<u8> code = bytes_of_text(guest_text);
  [[nodiscard]] device::virt_board_options options() {
    device::virt_board_options o;
    o.memory_size = u64{8} << 20;
    o.storage = &disk;
    return o;
  }
};

/// Does what the bare machine does; `make(size)` is a machine with so much memory.
template <class Any> void follows_a_device(const std::function<std::unique_ptr<Any>(u64)> &make) {
  setting s;
  for (const u64 longest : {u64{1}, u64{50}, u64{5000}}) {
    const auto options = s.options();
    bench_pair<hardware::bare_machine<cpu::rv64, engine::step>, Any> pair(make(options.memory_size), options);
    BOOST_REQUIRE((pair.load(device::virt_map::ram, s.code) && pair.boot(device::virt_map::ram)));
    const auto parted =
        lockstep(pair.reference, pair.subject, {seed(), 100'000, longest}, [&] { return pair.outside(); });
    BOOST_TEST(!parted, (parted ? parted->what : ""));
    BOOST_TEST(pair.right.around.board().finished());
    BOOST_TEST(pair.subject.user().x[21] == wanted);
  }
}

} // namespace

BOOST_AUTO_TEST_CASE(the_bare_machine_follows_a_device) {
  const auto runs = [](auto &&b, const std::vector<u8> &code) {
    BOOST_REQUIRE((b.around.load(device::virt_map::ram, code) && b.around.boot(device::virt_map::ram)));
    static_cast<void>(b.machine().run(100'000));
    BOOST_TEST(b.around.board().finished());
    BOOST_TEST(b.machine().user().x[21] == wanted);
  };
  setting s;
  runs(bench<hardware::bare_machine<cpu::rv64, engine::step>>(s.options()), s.code);
  runs(bench<hardware::bare_machine<cpu::rv64, engine::blocks>>(s.options()), s.code);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(every_vm_follows_a_device, Guest, every_guest<cpu::rv64>) {
  BOOST_TEST_CONTEXT(name_of<Guest>()) {
    follows_a_device<typename Guest::any>([](u64 size) { return make_any<Guest>(device::virt_map::ram, size); });
  }
}
