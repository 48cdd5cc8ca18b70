// SPDX-License-Identifier: BSL-1.0
// Decides what of a program's file goes where in a guest's memory. Knows no CPU but by the number ELF gives it.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <hvkit/core/access.hpp>
#include <hvkit/host/elf.hpp>
#include <hvkit/host/file.hpp>

namespace hvkit::host {

/// Memory that a guest has, [base, base + size).
struct memory_range {
  u64 base = 0;
  u64 size = 0;
  [[nodiscard]] constexpr bool contains(u64 at, u64 count) const noexcept {
    return at - base <= size && count <= size - (at - base);
  }
};

/// A program as it lies in a file. Addresses are physical.
class image {
public:
  struct segment {
    u64 address = 0;
    u64 offset = 0; ///< of its bytes in the file
    u64 size = 0;   ///< how many there are
    u64 memory = 0; ///< how many it takes in memory; the rest are 0
  };
  std::vector<segment> segments; ///< by rising address, disjoint
  u64 entry = 0;
  elf_symbols symbols; ///< all absent in a raw image
  std::vector<u8> file;

  [[nodiscard]] std::span<const u8> bytes(const segment &s) const {
    return std::span<const u8>(file).subspan(s.offset, s.size);
  }
};

namespace detail {

/// Physical addresses out of an ELF program: segments go to their load addresses, entry and symbols follow them.
class placement {
public:
  placement(const elf_program &program, const memory_range &within) : program_(program), within_(within) {}

  /// Nothing, or what is wrong with a segment.
  [[nodiscard]] maybe<std::string> take_segments(u64 file_size, image &into) {
    for (elf_segment s : program_.segments) {
      if (s.memory == 0)
        continue;
      if (s.size > s.memory)
        return fmt::format("has a segment at {:#x} with more bytes in the file than in memory", s.load);
      if (s.offset > file_size || s.size > file_size - s.offset)
        return fmt::format("is cut off: its segment at {:#x} lies beyond the end of the file", s.load);
      leave_out_headers(s);
      if (!within_.contains(s.load, s.memory))
        return fmt::format("does not fit: {:#x} bytes at {:#x}, memory is {:#x} bytes at {:#x}", s.memory, s.load,
                           within_.size, within_.base);
      into.segments.push_back({s.load, s.offset, s.size, s.memory});
    }
    if (into.segments.empty())
      return "has nothing to load";
    return check_overlap(into);
  }
  /// The load address of what is linked at virtual address `at`; `at` itself if no segment holds it.
  [[nodiscard]] u64 load_address(u64 at) const noexcept {
    for (const elf_segment &s : program_.segments)
      if (at - s.linked < s.memory)
        return s.load + (at - s.linked);
    return at;
  }

private:
  /// The file's own headers, in front of a program that starts where memory does, are of no use to a guest.
  void leave_out_headers(elf_segment &s) const noexcept {
    const u64 below = s.load < within_.base ? within_.base - s.load : 0;
    if (below > std::min(s.lead, s.size))
      return;
    s.load += below;
    s.offset += below;
    s.size -= below;
    s.memory -= below;
  }
  [[nodiscard]] static maybe<std::string> check_overlap(image &into) {
    std::ranges::sort(into.segments, {}, &image::segment::address);
    for (std::size_t i = 1; i < into.segments.size(); ++i)
      if (const image::segment &before = into.segments[i - 1];
          into.segments[i].address - before.address < before.memory)
        return fmt::format("has segments that overlap at {:#x}", into.segments[i].address);
    return {};
  }

  const elf_program &program_;
  memory_range within_;
};

} // namespace detail

/// The ELF executable in `file` (called `name` in messages), which must be of `machine` and fit `within`.
[[nodiscard]] inline result<image> elf_image(std::string_view name, std::vector<u8> file, const elf_machine &machine,
                                             memory_range within) {
  const auto because = [&](std::string_view what) { return failure{fmt::format("{}: {}", name, what)}; };
  const result<elf_program> program = read_elf(file, machine);
  if (!program)
    return because(program.reason());

  image i;
  detail::placement places(*program, within);
  if (const auto wrong = places.take_segments(file.size(), i))
    return because(*wrong);
  i.entry = places.load_address(program->entry);
  i.symbols = program->symbols;
  for (maybe<u64> *symbol :
       {&i.symbols.tohost, &i.symbols.fromhost, &i.symbols.begin_signature, &i.symbols.end_signature})
    if (*symbol)
      *symbol = places.load_address(**symbol);
  i.file = std::move(file);
  return i;
}

/// `file` as it is, at `address`, which is also the entry.
[[nodiscard]] inline result<image> raw_image(std::string_view name, std::vector<u8> file, u64 address,
                                             memory_range within) {
  if (!within.contains(address, file.size()))
    return failure{fmt::format("{}: does not fit: {:#x} bytes at {:#x}, memory is {:#x} bytes at {:#x}", name,
                               file.size(), address, within.size, within.base)};
  image i;
  i.segments.push_back({address, 0, file.size(), file.size()});
  i.entry = address;
  i.file = std::move(file);
  return i;
}

/// The file at `path`: an ELF executable of `machine` if it starts like one, else raw bytes for `raw_address`.
[[nodiscard]] inline result<image> load_image(const std::string &path, const elf_machine &machine, u64 raw_address,
                                              memory_range within) {
  // An ELF file may hold much that is not loaded; what a raw file holds is.
  constexpr u64 largest_file = u64{1} << 30;
  result<std::vector<u8>> file = read_file(path, largest_file);
  if (!file)
    return failure{file.reason()};
  if (starts_like_elf(*file))
    return elf_image(path, std::move(*file), machine, within);
  return raw_image(path, std::move(*file), raw_address, within);
}

/// Copies `i` into a guest: `write(address, bytes)` stores a span of bytes and says whether it could. Bytes that the
/// file does not hold are written as 0. False if one write was refused; those before it are done.
template <class Write> [[nodiscard]] bool place(const image &i, Write write) {
  static constexpr std::array<u8, 4096> zeros{};
  for (const image::segment &s : i.segments) {
    if (s.size != 0 && !write(s.address, i.bytes(s)))
      return false;
    for (u64 done = s.size; done < s.memory;) {
      const u64 n = std::min<u64>(s.memory - done, zeros.size());
      if (!write(s.address + done, std::span<const u8>(zeros).first(n)))
        return false;
      done += n;
    }
  }
  return true;
}

} // namespace hvkit::host
