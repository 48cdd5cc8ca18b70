// SPDX-License-Identifier: BSL-1.0
// Decides the addresses of firmware, kernel, initial RAM disk and what is told to the firmware.
#include "loading.hpp"

#include <array>
#include <cstring>
#include <fstream>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include <hvkit/host/virt_machine.hpp>

#include "machine.hpp"
#include "options.hpp"

namespace run {

namespace {

/// Where fw_jump starts its next stage. Source: OpenSBI, platform/generic (FW_JUMP_ADDR).
constexpr u64 next_stage = device::virt_map::ram.value + (u64{2} << 20);

/// What fw_dynamic is told of its next stage. Source: OpenSBI, include/sbi/fw_dynamic.h.
constexpr std::array<u64, 6> next_stage_info(gpa at) {
  constexpr u64 magic = 0x4942534f, version = 2, supervisor = 1, no_options = 0, boot_hart = 0;
  return {magic, version, at.value, supervisor, no_options, boot_hart};
}

/// Bytes of memory that the host can give.
u64 available_memory() {
  std::ifstream info("/proc/meminfo");
  std::string name;
  for (u64 kibibytes = 0; info >> name >> kibibytes; info.ignore(80, '\n'))
    if (name == "MemAvailable:")
      return kibibytes << 10;
  return static_cast<u64>(::sysconf(_SC_PHYS_PAGES)) * static_cast<u64>(::sysconf(_SC_PAGESIZE));
}

maybe<host::failure> check_memory(u64 size) {
  if (size == 0)
    return host::failure{"--memory: a machine with 0 bytes of memory cannot run"};
  if (frame_offset(size) != 0)
    return host::failure{fmt::format("--memory: {} bytes are not a multiple of 4096", size)};
  if (const u64 most = available_memory(); size > most)
    return host::failure{fmt::format("--memory: {} bytes are more than the {} that the host can give", size, most)};
  return {};
}

host::memory_range memory_of(const options &wanted) { return {device::virt_map::ram.value, wanted.memory}; }

host::result<host::image> read_program(const std::string &path, u64 raw_address, const options &wanted) {
  auto image = host::load_image(path, host::elf_rv64, raw_address, memory_of(wanted));
  if (image && path.ends_with(".elf") && !host::starts_like_elf(image->file))
    return host::failure{path + ": is called .elf, but is not an ELF file"};
  return image;
}

/// Reads the program, if one is named. The machine starts at the first one.
maybe<host::failure> add_program(const std::string &path, u64 raw_address, const options &wanted, loading &into) {
  if (path.empty())
    return {};
  auto image = read_program(path, raw_address, wanted);
  if (!image)
    return host::failure{image.reason()};
  if (into.pieces.empty())
    into.entry = gpa{image->entry};
  if (image->symbols.tohost || image->symbols.begin_signature)
    into.symbols = image->symbols;
  into.pieces.push_back({path, *std::move(image)});
  return {};
}

/// High in memory: below the device tree, whose size does not depend on where the disk lies, and where there is much
/// memory below what firmware takes that moves itself to the end.
maybe<host::failure> add_initial_disk(const options &wanted, loading &into) {
  if (wanted.initrd.empty())
    return {};
  auto file = host::read_file(wanted.initrd, wanted.memory);
  if (!file)
    return host::failure{file.reason()};
  into.board.initrd_end = gpa{1};
  const gpa tree = host::tree_address(wanted.memory, host::make_device_tree(into.board).size());
  const u64 spared = wanted.memory >= u64{64} << 20 ? u64{16} << 20 : 0;
  const u64 size = file->size();
  const u64 base = device::virt_map::ram.value;
  const u64 room = tree - gpa{base} - spared;
  const u64 at = size <= room ? frame_base(base + room - size) : base - frame_size;
  auto image = host::raw_image(wanted.initrd, *std::move(file), at, memory_of(wanted));
  if (!image)
    return host::failure{image.reason()};
  into.board.initrd_start = gpa{at};
  into.board.initrd_end = gpa{at + size};
  into.pieces.push_back({wanted.initrd, *std::move(image)});
  return {};
}

maybe<host::failure> check_overlap(const std::vector<loading::piece> &pieces) {
  for (std::size_t i = 0; i < pieces.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      for (const auto &a : pieces[i].image.segments)
        for (const auto &b : pieces[j].image.segments)
          if (a.address < b.address + b.memory && b.address < a.address + a.memory)
            return host::failure{fmt::format("{} and {} overlap in memory at {:#x}", pieces[j].name, pieces[i].name,
                                             std::max(a.address, b.address))};
  return {};
}

/// The device tree, and what firmware is told of its next stage, as a piece like the others: they must not overlap.
maybe<host::failure> reserve_tree(const options &wanted, loading &into) {
  const u64 tree_size = host::make_device_tree(into.board).size();
  const gpa tree = host::tree_address(wanted.memory, tree_size);
  const u64 size = (tree_size + 7) & ~u64{7};
  constexpr u64 info_size = sizeof(next_stage_info({}));
  const bool informed = !wanted.bios.empty() && !wanted.kernel.empty();
  const u64 end = device::virt_map::ram.value + wanted.memory;
  if (tree_size > wanted.memory)
    return host::failure{fmt::format("--memory: {} bytes do not hold the device tree", wanted.memory)};
  if (informed && tree.value + size + info_size <= end)
    into.next = tree + size;
  host::image place;
  place.segments.push_back({tree.value, 0, 0, std::min(size + info_size, end - tree.value)});
  into.pieces.push_back({"the device tree", place});
  const auto overlap = check_overlap(into.pieces);
  into.pieces.pop_back();
  return overlap;
}

} // namespace

host::result<loading> prepare(const options &wanted) {
  if (wanted.bios.empty() && wanted.kernel.empty())
    return host::failure{"there is nothing to run: name a --bios, a --kernel, or both (--help has examples)"};
  if (const auto wrong = check_memory(wanted.memory))
    return *wrong;
  loading l;
  l.board.memory_size = wanted.memory;
  l.board.bootargs = wanted.append;
  const u64 base = device::virt_map::ram.value;
  if (const auto wrong = add_program(wanted.bios, base, wanted, l))
    return *wrong;
  if (const auto wrong = add_program(wanted.kernel, wanted.bios.empty() ? base : next_stage, wanted, l))
    return *wrong;
  if (const auto wrong = add_initial_disk(wanted, l))
    return *wrong;
  if (const auto wrong = reserve_tree(wanted, l))
    return *wrong;
  return l;
}

bool load(const loading &what, machine &into) {
  const auto write = [&](u64 at, std::span<const u8> bytes) { return into.write(gpa{at}, bytes); };
  for (const loading::piece &p : what.pieces)
    if (!host::place(p.image, write))
      return false;
  if (what.next != gpa{}) {
    std::array<u8, sizeof(next_stage_info({}))> bytes{};
    std::memcpy(bytes.data(), next_stage_info(gpa{what.pieces[1].image.entry}).data(), bytes.size());
    if (!into.write(what.next, bytes))
      return false;
  }
  return into.boot(what.entry, what.next);
}

} // namespace run
