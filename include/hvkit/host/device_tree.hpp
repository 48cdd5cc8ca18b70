// SPDX-License-Identifier: BSL-1.0
// Decides what a guest is told of the board it runs on, as a flattened device tree. Knows the board by its options.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <libfdt.h>

#include <hvkit/device/virt_board.hpp>

namespace hvkit::host {

/// Writes a flattened device tree from front to back. After a failure all further calls do nothing.
class tree_writer {
public:
  /// `capacity`: most bytes that the tree may take.
  explicit tree_writer(std::size_t capacity) : blob_(capacity) {
    note(fdt_create(blob_.data(), static_cast<int>(capacity)));
    note(fdt_finish_reservemap(blob_.data()));
  }

  /// A node with what `content()` writes inside.
  template <class F> void node(const std::string &name, F content) {
    note(fdt_begin_node(blob_.data(), name.c_str()));
    content();
    note(fdt_end_node(blob_.data()));
  }
  void flag(const char *name) { property(name, "", 0); }
  void text(const char *name, const std::string &value) { property(name, value.c_str(), value.size() + 1); }
  /// Several strings, one after the other, each with its end.
  void texts(const char *name, std::initializer_list<std::string_view> values) {
    std::string all;
    for (const std::string_view v : values)
      all.append(v).push_back('\0');
    property(name, all.data(), all.size());
  }
  void cells(const char *name, std::initializer_list<u32> values) {
    std::vector<fdt32_t> all;
    for (const u32 v : values)
      all.push_back(cpu_to_fdt32(v));
    property(name, all.data(), all.size() * sizeof(fdt32_t));
  }
  /// Numbers of two cells each: addresses and sizes.
  void wide_cells(const char *name, std::initializer_list<u64> values) {
    std::vector<fdt64_t> all;
    for (const u64 v : values)
      all.push_back(cpu_to_fdt64(v));
    property(name, all.data(), all.size() * sizeof(fdt64_t));
  }

  /// The tree, or nothing if it was larger than the capacity.
  [[nodiscard]] maybe<std::vector<u8>> finish() && {
    note(fdt_finish(blob_.data()));
    if (failed_)
      return {};
    blob_.resize(fdt_totalsize(blob_.data()));
    return std::move(blob_);
  }

private:
  void property(const char *name, const void *bytes, std::size_t size) {
    note(fdt_property(blob_.data(), name, bytes, static_cast<int>(size)));
  }
  void note(int result) noexcept { failed_ = failed_ || result != 0; }

  std::vector<u8> blob_;
  bool failed_ = false;
};

namespace detail {

/// Numbers by which nodes of the tree refer to each other.
enum handle : u32 { cpu_handle = 1, cpu_interrupts_handle, plic_handle, finisher_handle };

inline std::string unit(std::string_view name, gpa at) { return fmt::format("{}@{:x}", name, at.value); }

inline void describe_cpu(tree_writer &t, const device::virt_board_options &options) {
  t.node("cpus", [&] {
    t.cells("#address-cells", {1});
    t.cells("#size-cells", {0});
    if (options.timebase_frequency <= low_bits(32))
      t.cells("timebase-frequency", {static_cast<u32>(options.timebase_frequency)});
    else
      t.wide_cells("timebase-frequency", {options.timebase_frequency});
    t.node("cpu@0", [&] {
      t.cells("phandle", {cpu_handle});
      t.text("device_type", "cpu");
      t.cells("reg", {0});
      t.text("status", "okay");
      t.text("compatible", "riscv");
      t.text("riscv,isa", options.isa);
      t.text("mmu-type", "riscv,sv39");
      t.node("interrupt-controller", [&] {
        t.cells("#interrupt-cells", {1});
        t.flag("interrupt-controller");
        t.text("compatible", "riscv,cpu-intc");
        t.cells("phandle", {cpu_interrupts_handle});
      });
    });
    t.node("cpu-map", [&] { t.node("cluster0", [&] { t.node("core0", [&] { t.cells("cpu", {cpu_handle}); }); }); });
  });
}

inline void describe_memory(tree_writer &t, const device::virt_board_options &options) {
  t.node(unit("memory", device::virt_map::ram), [&] {
    t.text("device_type", "memory");
    t.wide_cells("reg", {device::virt_map::ram.value, options.memory_size});
  });
}

inline void describe_chosen(tree_writer &t, const device::virt_board_options &options) {
  t.node("chosen", [&] {
    t.text("stdout-path", "/soc/" + unit("serial", device::virt_map::uart));
    if (!options.bootargs.empty())
      t.text("bootargs", options.bootargs);
    if (options.initrd_start != options.initrd_end) {
      t.wide_cells("linux,initrd-start", {options.initrd_start.value});
      t.wide_cells("linux,initrd-end", {options.initrd_end.value});
    }
  });
}

inline void describe_power(tree_writer &t) {
  const auto by_finisher = [&](const char *name, const char *kind, u64 value) {
    t.node(name, [&] {
      t.text("compatible", kind);
      t.cells("regmap", {finisher_handle});
      t.cells("offset", {0});
      t.cells("value", {static_cast<u32>(value)});
    });
  };
  by_finisher("poweroff", "syscon-poweroff", device::finisher::pass);
  by_finisher("reboot", "syscon-reboot", device::finisher::reset);
}

inline void describe_interrupt_controllers(tree_writer &t, const device::virt_board_options &options) {
  namespace map = device::virt_map;
  t.node(unit("plic", map::plic), [&] {
    t.cells("phandle", {plic_handle});
    t.texts("compatible", {"sifive,plic-1.0.0", "riscv,plic0"});
    t.wide_cells("reg", {map::plic.value, device::plic::window});
    t.cells("interrupts-extended",
            {cpu_interrupts_handle, map::machine_external, cpu_interrupts_handle, map::supervisor_external});
    t.cells("riscv,ndev", {device::plic::source_limit - 1});
    t.flag("interrupt-controller");
    t.cells("#address-cells", {0});
    t.cells("#interrupt-cells", {1});
  });
  if (options.hypercalls)
    return; // the timer is set by a call
  t.node(unit("clint", map::clint), [&] {
    t.texts("compatible", {"sifive,clint0", "riscv,clint0"});
    t.wide_cells("reg", {map::clint.value, device::clint::window});
    t.cells("interrupts-extended",
            {cpu_interrupts_handle, map::machine_software, cpu_interrupts_handle, map::machine_timer});
  });
}

inline void describe_drive(tree_writer &t) {
  namespace map = device::virt_map;
  using drive = device::ata::platform;
  t.node(unit("ata", map::ata), [&] {
    t.text("compatible", "ata-generic");
    t.wide_cells("reg", {map::ata.value, drive::command_size, map::ata.value + drive::control, drive::control_size});
    t.cells("reg-shift", {drive::shift});
    t.cells("pio-mode", {4});
    t.cells("interrupt-parent", {plic_handle});
    t.cells("interrupts", {map::ata_source});
  });
}

/// The devices that there are only if the options say so.
inline void describe_chosen_devices(tree_writer &t, const device::virt_board_options &options) {
  namespace map = device::virt_map;
  const auto virtio = [&](unsigned slot) {
    const gpa at = map::virtio + slot * device::virtio::slots<map::virtio_slots>::stride;
    t.node(unit("virtio_mmio", at), [&] {
      t.text("compatible", "virtio,mmio");
      t.wide_cells("reg", {at.value, device::virtio::mmio::window});
      t.cells("interrupt-parent", {plic_handle});
      t.cells("interrupts", {map::virtio_source + slot});
    });
  };
  if (options.storage != nullptr && options.storage_form == device::form::paravirtual)
    virtio(map::disk_slot);
  else if (options.storage != nullptr)
    describe_drive(t);
  if (options.console_form == device::form::paravirtual)
    virtio(map::console_slot);
  if (options.random)
    virtio(map::random_slot);
}

inline void describe_soc(tree_writer &t, const device::virt_board_options &options) {
  namespace map = device::virt_map;
  t.node("soc", [&] {
    t.cells("#address-cells", {2});
    t.cells("#size-cells", {2});
    t.text("compatible", "simple-bus");
    t.flag("ranges");
    t.node(unit("serial", map::uart), [&] {
      t.text("compatible", "ns16550a");
      t.wide_cells("reg", {map::uart.value, device::uart_16550a::window});
      t.cells("clock-frequency", {3'686'400});
      t.cells("interrupt-parent", {plic_handle});
      t.cells("interrupts", {map::uart_source});
    });
    t.node(unit("test", map::finisher), [&] {
      t.cells("phandle", {finisher_handle});
      t.texts("compatible", {"sifive,test1", "sifive,test0", "syscon"});
      t.wide_cells("reg", {map::finisher.value, device::finisher::window});
    });
    describe_interrupt_controllers(t, options);
    describe_chosen_devices(t, options);
  });
}

inline maybe<std::vector<u8>> write_device_tree(const device::virt_board_options &options, std::size_t capacity) {
  tree_writer t(capacity);
  t.node("", [&] {
    t.cells("#address-cells", {2});
    t.cells("#size-cells", {2});
    t.text("compatible", "riscv-virtio");
    t.text("model", "riscv-virtio,hvkit");
    describe_chosen(t, options);
    describe_memory(t, options);
    describe_cpu(t, options);
    if (!options.hypercalls) // else it is switched off by a call
      describe_power(t);
    describe_soc(t, options);
  });
  return std::move(t).finish();
}

} // namespace detail

/// The device tree of a virt_board with these options, as guests expect it in memory (8-byte aligned).
/// Source: Devicetree Specification; QEMU's `virt` for the nodes.
[[nodiscard]] inline std::vector<u8> make_device_tree(const device::virt_board_options &options) {
  // Nothing in the tree but these strings can grow.
  const std::size_t capacity = 4096 + options.bootargs.size() + options.isa.size();
  return detail::write_device_tree(options, capacity).value();
}

} // namespace hvkit::host
