// SPDX-License-Identifier: BSL-1.0
// Decides how an ELF executable is taken apart, whatever garbage it holds. Does not know where its parts will lie.
#pragma once

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include <elf.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>

#include <hvkit/core/access.hpp>
#include <hvkit/host/result.hpp>

namespace hvkit::host {

/// Which executables a CPU takes. Source: System V ABI, "ELF Header" (e_machine, EI_CLASS).
struct elf_machine {
  unsigned number;
  unsigned width; ///< 32 or 64 bits
  std::string_view name;
};
inline constexpr elf_machine elf_rv64{EM_RISCV, 64, "64-bit RISC-V"};
inline constexpr elf_machine elf_ia32{EM_386, 32, "32-bit x86"};

/// What is to be loaded: `size` bytes of the file at `offset`, then zeros up to `memory` bytes.
struct elf_segment {
  u64 load = 0;   ///< where in physical memory (p_paddr)
  u64 linked = 0; ///< what the program calls that place (p_vaddr)
  u64 offset = 0;
  u64 size = 0;
  u64 memory = 0;
  u64 lead = 0; ///< bytes at its start that are the file's own headers and padding, as its sections tell
};

/// Symbols by which conformance suites talk to whoever runs them (RISC-V: HTIF and the signature's bounds).
struct elf_symbols {
  maybe<u64> tohost, fromhost, begin_signature, end_signature;
};

/// An executable as its file says it, unchecked but for what `read_elf` says. Addresses are as linked.
struct elf_program {
  u64 entry = 0;
  std::vector<elf_segment> segments;
  elf_symbols symbols;
};

/// Whether `file` has ELF's magic number.
[[nodiscard]] inline bool starts_like_elf(const std::vector<u8> &file) noexcept {
  constexpr std::string_view magic = ELFMAG;
  return file.size() >= magic.size() && std::equal(magic.begin(), magic.end(), file.begin());
}

namespace detail {

struct elf_closer {
  void operator()(::Elf *e) const noexcept { elf_end(e); }
};
using elf_handle = std::unique_ptr<::Elf, elf_closer>;

/// What is wrong with the header, or nothing.
inline maybe<std::string> check_header(::Elf *e, const GElf_Ehdr &header, const elf_machine &machine) {
  const unsigned width = gelf_getclass(e) == ELFCLASS64 ? 64 : 32;
  if (header.e_machine != machine.number || width != machine.width)
    return fmt::format("is for another machine ({} bits, number {}), not {}", width, header.e_machine, machine.name);
  if (header.e_ident[EI_DATA] != ELFDATA2LSB)
    return "is big-endian";
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
    return "is not an executable";
  if (header.e_phnum != 0 && header.e_phentsize != gelf_fsize(e, ELF_T_PHDR, 1, EV_CURRENT))
    return "has a broken ELF header: its segments are described in no known size";
  return {};
}

/// False if the table of segments is not wholly in the file.
inline bool read_segments(::Elf *e, std::vector<elf_segment> &into) {
  std::size_t count = 0;
  if (elf_getphdrnum(e, &count) != 0)
    return false;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr p;
    if (gelf_getphdr(e, static_cast<int>(i), &p) == nullptr)
      return false;
    if (p.p_type == PT_LOAD)
      into.push_back({p.p_paddr, p.p_vaddr, p.p_offset, p.p_filesz, p.p_memsz});
  }
  return true;
}

/// Notes how much of the segment that holds the file's own headers no section takes. Linkers load them where a page has
/// room for them, also in front of code that was told where to lie.
inline void read_lead(::Elf *e, std::vector<elf_segment> &segments) {
  const auto holds = std::ranges::find_if(segments, [](const elf_segment &s) { return s.offset == 0 && s.size != 0; });
  if (holds == segments.end())
    return;
  u64 first = ~u64{0};
  for (Elf_Scn *section = nullptr; (section = elf_nextscn(e, section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || (header.sh_flags & SHF_ALLOC) == 0)
      continue;
    if (const u64 at = header.sh_addr - holds->linked; header.sh_size != 0 && at < holds->memory)
      first = std::min(first, at);
  }
  holds->lead = first == ~u64{0} ? 0 : first;
}

inline void note_symbol(std::string_view name, u64 value, elf_symbols &into) {
  if (name == "tohost")
    into.tohost = value;
  else if (name == "fromhost")
    into.fromhost = value;
  else if (name == "begin_signature")
    into.begin_signature = value;
  else if (name == "end_signature")
    into.end_signature = value;
}

/// Reads the first symbol table. A file without one, or with a broken one, has no symbols.
inline void read_symbols(::Elf *e, elf_symbols &into) {
  for (Elf_Scn *section = nullptr; (section = elf_nextscn(e, section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_SYMTAB)
      continue;
    Elf_Data *data = elf_getdata(section, nullptr);
    GElf_Sym symbol;
    for (int i = 0; data != nullptr && gelf_getsym(data, i, &symbol) != nullptr; ++i)
      if (symbol.st_shndx != SHN_UNDEF)
        if (const char *name = elf_strptr(e, header.sh_link, symbol.st_name))
          note_symbol(name, symbol.st_value, into);
    return;
  }
}

} // namespace detail

/// Takes apart the ELF executable in `file`. Fails, with a reason that lacks the subject, if its header is cut off or
/// says that it is not an executable of `machine`, or if its table of segments is cut off. Segments are not checked.
[[nodiscard]] inline result<elf_program> read_elf(const std::vector<u8> &file, const elf_machine &machine) {
  if (!starts_like_elf(file))
    return failure{"is not an ELF file"};
  elf_version(EV_CURRENT);
  std::vector<u8> copy(file); // libelf wants to be allowed to write
  const detail::elf_handle e(elf_memory(reinterpret_cast<char *>(copy.data()), copy.size()));
  GElf_Ehdr header;
  if (!e || elf_kind(e.get()) != ELF_K_ELF || gelf_getehdr(e.get(), &header) == nullptr)
    return failure{"has a broken or cut off ELF header"};
  if (const auto wrong = detail::check_header(e.get(), header, machine))
    return failure{*wrong};

  elf_program program;
  program.entry = header.e_entry;
  if (!detail::read_segments(e.get(), program.segments))
    return failure{"has a broken or cut off table of segments"};
  detail::read_lead(e.get(), program.segments);
  detail::read_symbols(e.get(), program.symbols);
  return program;
}

} // namespace hvkit::host
