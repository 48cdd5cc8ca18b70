// SPDX-License-Identifier: BSL-1.0
// Decides what of firmware, kernel, initial RAM disk and assembly text a platform takes, and at which addresses.
#include "loading.hpp"

#include <array>
#include <cstring>
#include <fstream>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include <hvkit/device/snapshot_disk.hpp>
#include <hvkit/host/disk_file.hpp>
#include <hvkit/host/virt_machine.hpp>

#include "combinations.hpp"
#include "machine.hpp"
#include "options.hpp"
#include "platform.hpp"

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

maybe<host::failure> check_memory(u64 size, const platform &around) {
  if (size == 0)
    return host::failure{"--memory: a machine with 0 bytes of memory cannot run"};
  if (frame_offset(size) != 0)
    return host::failure{fmt::format("--memory: {} bytes are not a multiple of 4096", size)};
  if (const u64 most = available_memory(); size > most)
    return host::failure{fmt::format("--memory: {} bytes are more than the {} that the host can give", size, most)};
  if (size > around.largest_memory)
    return host::failure{
        fmt::format("--memory: {} bytes are more than the {} that this CPU can reach", size, around.largest_memory)};
  return {};
}

/// There is no firmware between the kernel and what serves its calls.
bool serves_calls(const options &wanted, const combination &chosen) {
  return wanted.sbi || chosen.policies[static_cast<unsigned>(slot::technique)] == technique::paravirtual::name;
}

/// What only the `virt` board has contradicts every other one.
maybe<host::failure> check_board(const options &wanted, const combination &chosen) {
  const std::tuple<std::string_view, bool, std::string_view> only_virt[] = {
      {"--bios", !wanted.bios.empty(), "its machine has no firmware: name a --kernel"},
      {"--sbi", wanted.sbi, "its kernels make no such calls"},
      {"--initrd", !wanted.initrd.empty(), "its machine takes a --kernel and nothing else"},
      {"--disk", !wanted.disk.empty(), "its machine has no disk"},
      {"--append", !wanted.append.empty(), "its machine has no device tree that could say it"},
      {"--input", wanted.scripted, "its console only prints"},
      {"--signature", !wanted.signature.empty(), "its machine has no way to end by itself"}};
  for (const auto &[option, given, why] : only_virt)
    if (given && !chosen.around->virt)
      return host::failure{fmt::format("{} and --cpu {} contradict each other: {}", option, chosen.cpu, why)};
  if (serves_calls(wanted, chosen) && !wanted.bios.empty())
    return host::failure{fmt::format("{} and --bios contradict each other: firmware needs M mode for itself, and the "
                                     "calls that it would serve are served without it. Name the --kernel alone",
                                     wanted.sbi ? "--sbi" : "--technique paravirtual")};
  return {};
}

/// Where the files lie that a command line names.
class reader {
public:
  reader(const options &wanted, const platform &around) : around_(around), memory_{around.memory_base, wanted.memory} {}

  [[nodiscard]] host::result<host::image> program(const std::string &path, u64 raw_address) const {
    if (path.ends_with(".s"))
      return assembled(path, raw_address);
    auto file = host::read_file(path, largest_file);
    if (!file)
      return host::failure{file.reason()};
    const bool elf = host::starts_like_elf(*file);
    if (elf && around_.programs == nullptr)
      return host::failure{path + ": is an ELF file; this CPU takes raw images and assembly text"};
    if (elf)
      return host::elf_image(path, *std::move(file), *around_.programs, memory_);
    if (path.ends_with(".elf"))
      return host::failure{path + ": is called .elf, but is not an ELF file"};
    return host::raw_image(path, *std::move(file), raw_address, memory_);
  }

private:
  // An ELF file may hold much that is not loaded; what a raw file holds is.
  static constexpr u64 largest_file = u64{1} << 30;
  static constexpr u64 largest_text = u64{4} << 20;

  /// Assembly text, which starts at `start` or `_start`, if it has such a label, else at its first byte.
  [[nodiscard]] host::result<host::image> assembled(const std::string &path, u64 address) const {
    const auto file = host::read_file(path, largest_text);
    if (!file)
      return host::failure{file.reason()};
    const std::string_view text(reinterpret_cast<const char *>(file->data()), file->size());
    const isa::program made = around_.assemble(address, text);
    if (!made)
      return host::failure{fmt::format("{}: {}", path, made.error)};
    if (made.bytes().empty())
      return host::failure{path + ": has nothing to load"};
    auto image = host::raw_image(path, {made.bytes().begin(), made.bytes().end()}, address, memory_);
    if (!image)
      return image;
    image->entry = made.find("start").value_or(made.find("_start").value_or(address));
    image->symbols = {made.find("tohost"), made.find("fromhost"), made.find("begin_signature"),
                      made.find("end_signature")};
    return image;
  }

  const platform &around_;
  host::memory_range memory_;
};

/// Reads the program, if one is named. The machine starts at the first one.
maybe<host::failure> add_program(const std::string &path, u64 raw_address, const reader &from, loading &into) {
  if (path.empty())
    return {};
  auto image = from.program(path, raw_address);
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
  auto image = host::raw_image(wanted.initrd, *std::move(file), at, {base, wanted.memory});
  if (!image)
    return host::failure{image.reason()};
  into.board.initrd_start = gpa{at};
  into.board.initrd_end = gpa{at + size};
  into.pieces.push_back({wanted.initrd, *std::move(image)});
  return {};
}

maybe<host::failure> add_disk(const options &wanted, loading &into) {
  if (wanted.disk.empty())
    return {};
  using mode = host::disk_mode;
  auto file = host::disk_file::open(wanted.disk, wanted.snapshot ? mode::read_only : mode::read_write);
  if (!file)
    return host::failure{file.reason()};
  into.image = std::make_shared<host::disk_file>(*std::move(file));
  into.disk = wanted.snapshot ? std::make_shared<device::snapshot_disk>(*into.image) : into.image;
  into.board.storage = into.disk.get();
  into.board.storage_form = wanted.disk_form.value_or(into.board.storage_form);
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

host::result<loading> prepare(const options &wanted, const combination &chosen) {
  const platform &around = *chosen.around;
  if (wanted.board && *wanted.board != around.board)
    return host::failure{fmt::format("--board {} and --cpu {} contradict each other: its board is {}", *wanted.board,
                                     chosen.cpu, around.board)};
  if (const auto wrong = check_board(wanted, chosen))
    return *wrong;
  if (wanted.bios.empty() && wanted.kernel.empty())
    return host::failure{around.virt
                             ? "there is nothing to run: name a --bios, a --kernel, or both (--help has examples)"
                             : "there is nothing to run: name a --kernel (--help has examples)"};
  if (const auto wrong = check_memory(wanted.memory, around))
    return *wrong;
  loading l;
  l.board = l.board.in_form(chosen.devices);
  l.board.memory_size = wanted.memory;
  l.share = wanted.share;
  l.board.bootargs = wanted.append;
  l.board.isa = around.isa;
  l.board.hypercalls = serves_calls(wanted, chosen);
  const reader files(wanted, around);
  if (const auto wrong = add_program(wanted.bios, around.memory_base, files, l))
    return *wrong;
  if (const auto wrong = add_program(wanted.kernel, wanted.bios.empty() ? around.memory_base : next_stage, files, l))
    return *wrong;
  if (!around.virt)
    return l;
  if (const auto wrong = add_disk(wanted, l))
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
