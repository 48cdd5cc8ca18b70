// SPDX-License-Identifier: BSL-1.0
// Shows that the device tree tells a guest where the board's devices, memory and wires are.
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <hvkit/host/device_tree.hpp>

#include "support/wires.hpp"

using namespace hvkit;
namespace map = hvkit::device::virt_map;

namespace {

/// A tree as a guest reads it.
struct reader {
  std::vector<u8> blob;
  explicit reader(const device::virt_board_options &options = {}) : blob(host::make_device_tree(options)) {}

  [[nodiscard]] std::vector<u8> bytes(const char *path, const char *name) const {
    int size = 0;
    const int node = fdt_path_offset(blob.data(), path);
    const auto *p = static_cast<const u8 *>(fdt_getprop(blob.data(), node, name, &size));
    return p != nullptr ? std::vector<u8>(p, p + size) : std::vector<u8>{};
  }
  [[nodiscard]] bool has(const char *path, const char *name) const {
    return fdt_getprop(blob.data(), fdt_path_offset(blob.data(), path), name, nullptr) != nullptr;
  }
  [[nodiscard]] std::string text(const char *path, const char *name) const {
    const auto b = bytes(path, name);
    return b.empty() ? "" : std::string(b.begin(), b.end() - 1);
  }
  [[nodiscard]] std::vector<u64> numbers(const char *path, const char *name, unsigned width) const {
    std::vector<u64> all;
    const auto b = bytes(path, name);
    for (std::size_t i = 0; i < b.size(); ++i)
      if (i % width == 0)
        all.push_back(b[i]);
      else
        all.back() = all.back() << 8 | b[i];
    return all;
  }
  [[nodiscard]] std::vector<u64> cells(const char *path, const char *name) const { return numbers(path, name, 4); }
  [[nodiscard]] std::vector<u64> wide(const char *path, const char *name) const { return numbers(path, name, 8); }
};

using list = std::vector<u64>;

} // namespace

BOOST_AUTO_TEST_CASE(it_is_a_device_tree) {
  const reader t;
  BOOST_TEST(fdt_check_full(t.blob.data(), t.blob.size()) == 0);
  BOOST_TEST(fdt_totalsize(t.blob.data()) == t.blob.size());
  BOOST_TEST(t.text("/", "compatible") == "riscv-virtio");
}

BOOST_AUTO_TEST_CASE(memory_and_cpu_are_as_chosen) {
  device::virt_board_options o;
  o.memory_size = 0x1'2345'6000;
  o.isa = "rv64imac_zicsr";
  o.timebase_frequency = 1'234'567;
  const reader t(o);
  BOOST_TEST((t.wide("/memory@80000000", "reg") == list{0x8000'0000, 0x1'2345'6000}));
  BOOST_TEST(t.text("/memory@80000000", "device_type") == "memory");
  BOOST_TEST(t.text("/cpus/cpu@0", "riscv,isa") == "rv64imac_zicsr");
  BOOST_TEST(t.text("/cpus/cpu@0", "mmu-type") == "riscv,sv39");
  BOOST_TEST((t.cells("/cpus", "timebase-frequency") == list{1'234'567}));
  o.timebase_frequency = u64{1} << 33;
  BOOST_TEST((reader(o).wide("/cpus", "timebase-frequency") == list{u64{1} << 33}));
}

BOOST_AUTO_TEST_CASE(the_console_is_where_stdout_points) {
  const reader t;
  const std::string console = t.text("/chosen", "stdout-path");
  BOOST_TEST(t.text(console.c_str(), "compatible") == "ns16550a");
  BOOST_TEST((t.cells(console.c_str(), "clock-frequency") == list{3'686'400}));
  BOOST_TEST((t.wide(console.c_str(), "reg") == list{0x1000'0000, 0x100}));
  BOOST_TEST((t.cells(console.c_str(), "interrupts") == list{10}));
}

BOOST_AUTO_TEST_CASE(wires_end_where_the_tree_says) {
  const reader t;
  const list cpu = t.cells("/cpus/cpu@0/interrupt-controller", "phandle");
  BOOST_REQUIRE(cpu.size() == 1u);
  BOOST_TEST((t.cells("/soc/clint@2000000", "interrupts-extended") == list{cpu[0], 3, cpu[0], 7}));
  BOOST_TEST((t.cells("/soc/plic@c000000", "interrupts-extended") == list{cpu[0], 11, cpu[0], 9}));
  BOOST_TEST((t.cells("/soc/plic@c000000", "phandle") == t.cells("/soc/serial@10000000", "interrupt-parent")));
  BOOST_TEST((t.cells("/soc/plic@c000000", "riscv,ndev") == list{95}));
  BOOST_TEST((t.cells("/soc/test@100000", "phandle") == t.cells("/poweroff", "regmap")));
  BOOST_TEST((t.cells("/soc/test@100000", "phandle") == t.cells("/reboot", "regmap")));
  BOOST_TEST((t.cells("/poweroff", "value") == list{0x5555}));
  BOOST_TEST((t.cells("/reboot", "value") == list{0x7777}));
}

/// Whatever the tree announces below /soc answers on the board's bus from its first to its last byte.
BOOST_AUTO_TEST_CASE(every_device_announced_is_on_the_bus) {
  tests::manual_clock clock;
  tests::lines cpu;
  device::collected_bytes output;
  device::queued_bytes input;
  device::virt_board board({}, clock, cpu, output, input);
  const reader t;
  const int soc = fdt_path_offset(t.blob.data(), "/soc");
  int devices = 0, node = 0;
  fdt_for_each_subnode(node, t.blob.data(), soc) {
    const std::string path = "/soc/" + std::string(fdt_get_name(t.blob.data(), node, nullptr));
    const list reg = t.wide(path.c_str(), "reg");
    BOOST_REQUIRE(reg.size() == 2u);
    device::zero_window other;
    BOOST_TEST(!board.devices().attach(gpa{reg[0]}, 1, other));
    BOOST_TEST(!board.devices().attach(gpa{reg[0] + reg[1] - 1}, 1, other));
    ++devices;
  }
  BOOST_TEST(devices == 4);
}

BOOST_AUTO_TEST_CASE(devices_that_were_chosen_are_announced) {
  device::memory_disk disk(8);
  device::virt_board_options o;
  o.storage = &disk;
  o.console_form = device::form::paravirtual;
  o.random = true;
  const reader t(o);
  const list plic = t.cells("/soc/plic@c000000", "phandle");
  for (unsigned n = 0; n < 3; ++n) {
    const std::string path = "/soc/virtio_mmio@1000" + std::to_string(n + 1) + "000";
    BOOST_TEST(t.text(path.c_str(), "compatible") == "virtio,mmio");
    BOOST_TEST((t.wide(path.c_str(), "reg") == list{0x1000'1000 + 0x1000 * n, 0x200}));
    BOOST_TEST((t.cells(path.c_str(), "interrupt-parent") == plic));
    BOOST_TEST((t.cells(path.c_str(), "interrupts") == list{n + 1}));
  }
  BOOST_TEST(!t.has("/soc/virtio_mmio@10004000", "reg"));
  o.random = false;
  o.storage = nullptr;
  BOOST_TEST(!reader(o).has("/soc/virtio_mmio@10001000", "reg"));
  BOOST_TEST(reader(o).has("/soc/virtio_mmio@10002000", "reg"));
}

BOOST_AUTO_TEST_CASE(a_drive_is_announced_with_both_its_ranges) {
  device::memory_disk disk(8);
  device::virt_board_options o;
  o.storage = &disk;
  o.storage_form = device::form::emulated;
  const reader t(o);
  BOOST_TEST(!t.has("/soc/virtio_mmio@10001000", "reg"));
  BOOST_TEST(t.text("/soc/ata@10200000", "compatible") == "ata-generic");
  BOOST_TEST((t.wide("/soc/ata@10200000", "reg") == list{0x1020'0000, 0x20, 0x1020'0100, 4}));
  BOOST_TEST((t.cells("/soc/ata@10200000", "reg-shift") == list{2}));
  BOOST_TEST((t.cells("/soc/ata@10200000", "pio-mode") == list{4}));
  BOOST_TEST((t.cells("/soc/ata@10200000", "interrupts") == list{12}));
  BOOST_TEST((t.cells("/soc/ata@10200000", "interrupt-parent") == t.cells("/soc/plic@c000000", "phandle")));
}

BOOST_AUTO_TEST_CASE(chosen_has_what_was_chosen) {
  const reader plain;
  BOOST_TEST(!plain.has("/chosen", "bootargs"));
  BOOST_TEST(!plain.has("/chosen", "linux,initrd-start"));
  device::virt_board_options o;
  o.bootargs = "console=ttyS0 quiet";
  o.initrd_start = gpa{0x8400'0000};
  o.initrd_end = gpa{0x8412'3456};
  const reader t(o);
  BOOST_TEST(t.text("/chosen", "bootargs") == "console=ttyS0 quiet");
  BOOST_TEST((t.wide("/chosen", "linux,initrd-start") == list{0x8400'0000}));
  BOOST_TEST((t.wide("/chosen", "linux,initrd-end") == list{0x8412'3456}));
}

BOOST_AUTO_TEST_CASE(long_strings_find_room) {
  device::virt_board_options o;
  o.bootargs = std::string(100'000, 'x');
  o.isa = std::string(1'000, 'y');
  const reader t(o);
  BOOST_TEST(t.text("/chosen", "bootargs") == o.bootargs);
  BOOST_TEST(t.text("/cpus/cpu@0", "riscv,isa") == o.isa);
}

BOOST_AUTO_TEST_CASE(a_tree_that_does_not_fit_is_not_there) {
  host::tree_writer small(100);
  small.node("", [&] { small.text("name", std::string(200, 'x')); });
  BOOST_TEST(!std::move(small).finish());
  host::tree_writer fits(200);
  fits.node("", [&] { fits.text("name", "x"); });
  BOOST_TEST(std::move(fits).finish().has_value());
}
