// SPDX-License-Identifier: BSL-1.0
// Decides which guests attack by the bytes that the host takes apart for them: executables full of lies.
#pragma once

#include <cstring>
#include <functional>
#include <string_view>
#include <vector>

#include <hvkit/host/image.hpp>

#include "support/hostile/program.hpp"

namespace hvkit::tests::hostile {

struct parsed_file {
  std::string_view name;
  bool refused; ///< by the host; else the guest is run
  std::vector<u8> bytes;
};

/// An executable with two segments: a program that counts in s11 at the beginning of memory, and a page of data.
struct executable {
  Elf64_Ehdr head{};
  std::array<Elf64_Phdr, 2> segments{};
  isa::program code = torture::assembled(torture::ram, "li s11, 0; again: addi s11, s11, 1; j again");

  executable() {
    std::memcpy(head.e_ident, ELFMAG, SELFMAG);
    head.e_ident[EI_CLASS] = ELFCLASS64;
    head.e_ident[EI_DATA] = ELFDATA2LSB;
    head.e_ident[EI_VERSION] = EV_CURRENT;
    head.e_type = ET_EXEC;
    head.e_machine = EM_RISCV;
    head.e_version = EV_CURRENT;
    head.e_entry = torture::ram;
    head.e_phoff = head.e_ehsize = sizeof head;
    head.e_phentsize = sizeof segments[0];
    head.e_phnum = 2;
    for (std::size_t n = 0; n < 2; ++n) {
      segments[n].p_type = PT_LOAD;
      segments[n].p_offset = sizeof head + sizeof segments;
      segments[n].p_paddr = segments[n].p_vaddr = torture::ram + n * frame_size;
      segments[n].p_filesz = segments[n].p_memsz = code.bytes().size();
    }
  }
  [[nodiscard]] std::vector<u8> bytes() const {
    std::vector<u8> all(sizeof head + sizeof segments + code.bytes().size());
    std::memcpy(all.data(), &head, sizeof head);
    std::memcpy(all.data() + sizeof head, segments.data(), sizeof segments);
    std::copy(code.bytes().begin(), code.bytes().end(), all.begin() + sizeof head + sizeof segments);
    return all;
  }
};

[[nodiscard]] inline std::vector<parsed_file> parsed_files() {
  const auto lying = [](std::string_view name, bool refused, const std::function<void(executable &)> &lie) {
    executable e;
    lie(e);
    return parsed_file{name, refused, e.bytes()};
  };
  return {
      lying("an executable without a lie", false, [](executable &) {}),
      lying("a segment as large as all addresses", true, [](executable &e) { e.segments[1].p_memsz = ~u64{0}; }),
      lying("a segment that wraps into memory", true,
            [](executable &e) {
              e.segments[1].p_paddr = ~u64{0} - 7;
              e.segments[1].p_memsz = torture::ram + 16;
            }),
      lying("a segment one byte over the end of memory", true,
            [](executable &e) { e.segments[1].p_paddr = memory_end - e.segments[1].p_memsz + 1; }),
      lying("a segment whose bytes lie behind the file", true,
            [](executable &e) { e.segments[1].p_offset = ~u64{0} - 4; }),
      lying("segments over each other", true, [](executable &e) { e.segments[1].p_paddr = torture::ram + 2; }),
      lying("more segments than the file has", true, [](executable &e) { e.head.e_phnum = 0xfffe; }),
      lying("segments described beyond the file", true, [](executable &e) { e.head.e_phoff = ~u64{0} - 55; }),
      lying("sections that are not there", false,
            [](executable &e) {
              e.head.e_shoff = ~u64{0} - 63;
              e.head.e_shnum = 0xffff;
              e.head.e_shstrndx = 0xfffe;
              e.head.e_shentsize = 64;
            }),
      lying("an entry outside memory", false, [](executable &e) { e.head.e_entry = ~u64{0} - 1; }),
  };
}

/// What such a guest's memory holds when it starts, or why it does not.
[[nodiscard]] inline host::result<torture::program> loaded(const parsed_file &file) {
  const u64 size = torture::frames * frame_size;
  const auto made = host::elf_image(file.name, file.bytes, host::elf_rv64, {torture::ram, size});
  if (!made)
    return host::failure{made.reason()};
  torture::program p{std::vector<u8>(size), made->entry};
  for (const auto &s : made->segments)
    std::memcpy(&p.image[s.address - torture::ram], made->bytes(s).data(), s.size);
  return p;
}

} // namespace hvkit::tests::hostile
