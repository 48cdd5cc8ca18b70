// SPDX-License-Identifier: BSL-1.0
// Shows that programs are loaded as their files say, and that every bad file gives one sentence instead.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <hvkit/host/image.hpp>

#include "support/gate.hpp"

using namespace hvkit;
using namespace hvkit::host;

namespace {

constexpr memory_range ram{0x8000'0000, 0x10'0000};
using blob = std::vector<u8>;

template <class T> void append(blob &to, const T &value) {
  const auto *p = reinterpret_cast<const u8 *>(&value);
  to.insert(to.end(), p, p + sizeof(T));
}

/// An executable put together by hand, field by field, for either width.
template <class Ehdr, class Phdr, class Shdr, class Sym> struct builder {
  Ehdr header{};
  std::vector<Phdr> segments;
  std::vector<std::pair<std::string, u64>> symbols;
  blob code = blob(32, 0x13);
  std::vector<u64> sections_at; ///< where sections of 4 bytes are loaded

  builder(unsigned char width, u16 machine) {
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = width;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = machine;
    header.e_version = EV_CURRENT;
    header.e_entry = 0x8000'0004;
    header.e_ehsize = sizeof(Ehdr);
    header.e_phentsize = sizeof(Phdr);
    header.e_shentsize = sizeof(Shdr);
    add(0x8000'0000, 0x8000'0000, 32, 64);
  }
  using word = decltype(Phdr::p_paddr);
  void add(u64 load, u64 linked, u64 size, u64 memory) {
    Phdr p{};
    p.p_type = PT_LOAD;
    p.p_offset = sizeof(Ehdr);
    p.p_paddr = static_cast<word>(load);
    p.p_vaddr = static_cast<word>(linked);
    p.p_filesz = static_cast<word>(size);
    p.p_memsz = static_cast<word>(memory);
    segments.push_back(p);
  }

  /// Header, code, program headers, symbols, their names, section headers.
  [[nodiscard]] blob build() const {
    Ehdr h = header;
    blob names(1), table(sizeof(Sym)), out;
    for (const auto &[name, value] : symbols) {
      Sym s{};
      s.st_name = static_cast<u32>(names.size());
      s.st_value = static_cast<word>(value);
      s.st_shndx = 1;
      append(table, s);
      names.insert(names.end(), name.begin(), name.end());
      names.push_back(0);
    }
    const std::size_t at_segments = sizeof(Ehdr) + code.size();
    const std::size_t at_table = at_segments + segments.size() * sizeof(Phdr);
    const std::size_t at_names = at_table + table.size();
    h.e_phoff = static_cast<word>(at_segments);
    h.e_phnum = static_cast<u16>(segments.size());
    h.e_shoff = static_cast<word>(at_names + names.size());
    h.e_shnum = static_cast<u16>(3 + sections_at.size());
    h.e_shstrndx = 2;
    append(out, h);
    out.insert(out.end(), code.begin(), code.end());
    for (const Phdr &p : segments)
      append(out, p);
    out.insert(out.end(), table.begin(), table.end());
    out.insert(out.end(), names.begin(), names.end());
    append(out, Shdr{});
    append(out, section(SHT_SYMTAB, at_table, table.size(), sizeof(Sym)));
    append(out, section(SHT_STRTAB, at_names, names.size(), 0));
    for (const u64 at : sections_at) {
      Shdr loaded = section(SHT_PROGBITS, 0, 4, 0);
      loaded.sh_flags = SHF_ALLOC;
      loaded.sh_addr = static_cast<word>(at);
      append(out, loaded);
    }
    return out;
  }
  [[nodiscard]] static Shdr section(u32 type, std::size_t at, std::size_t size, std::size_t entry) {
    Shdr s{};
    s.sh_type = type;
    s.sh_offset = static_cast<word>(at);
    s.sh_size = static_cast<word>(size);
    s.sh_entsize = static_cast<word>(entry);
    s.sh_link = 2;
    return s;
  }
};
struct rv64_file : builder<Elf64_Ehdr, Elf64_Phdr, Elf64_Shdr, Elf64_Sym> {
  rv64_file() : builder(ELFCLASS64, EM_RISCV) {}
};
struct rv32_file : builder<Elf32_Ehdr, Elf32_Phdr, Elf32_Shdr, Elf32_Sym> {
  rv32_file() : builder(ELFCLASS32, EM_RISCV) {}
};
struct ia32_file : builder<Elf32_Ehdr, Elf32_Phdr, Elf32_Shdr, Elf32_Sym> {
  ia32_file() : builder(ELFCLASS32, EM_386) {}
};

result<image> read(const blob &file, memory_range within = ram) { return elf_image("x", file, elf_rv64, within); }
std::string reason(const blob &file, memory_range within = ram) {
  const auto r = read(file, within);
  return r ? "none" : r.reason();
}
bool says(const std::string &sentence, const char *what) { return sentence.find(what) != std::string::npos; }

/// A file that goes away with the test.
struct temporary {
  std::filesystem::path path;
  explicit temporary(const blob &content)
      : path(std::filesystem::temp_directory_path() / ("hvkit-image-" + std::to_string(::getpid()))) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char *>(content.data()), static_cast<std::streamsize>(content.size()));
  }
  temporary(const temporary &) = delete;
  temporary &operator=(const temporary &) = delete;
  ~temporary() { std::filesystem::remove(path); }
};

} // namespace

BOOST_AUTO_TEST_CASE(an_executable_is_read_as_it_says) {
  rv64_file f;
  f.add(0x8000'1000, 0x8000'1000, 8, 8);
  f.symbols = {{"tohost", 0x8000'0020},
               {"fromhost", 0x8000'0028},
               {"begin_signature", 0x8000'1000},
               {"end_signature", 0x8000'1008},
               {"tohost_not", 7}};
  const auto r = read(f.build());
  BOOST_REQUIRE(static_cast<bool>(r));
  BOOST_TEST(r->entry == 0x8000'0004u);
  BOOST_REQUIRE(r->segments.size() == 2u);
  BOOST_TEST(r->segments[0].address == 0x8000'0000u);
  BOOST_TEST(r->segments[0].memory == 64u);
  BOOST_TEST((r->bytes(r->segments[0]).size() == 32 && r->bytes(r->segments[0])[5] == 0x13));
  BOOST_TEST(r->symbols.tohost.value() == 0x8000'0020u);
  BOOST_TEST(r->symbols.fromhost.value() == 0x8000'0028u);
  BOOST_TEST(r->symbols.begin_signature.value() == 0x8000'1000u);
  BOOST_TEST(r->symbols.end_signature.value() == 0x8000'1008u);
}

BOOST_AUTO_TEST_CASE(entry_and_symbols_follow_their_segment_to_its_load_address) {
  rv64_file f;
  f.segments.clear();
  f.add(0x8000'2000, 0xffff'ffff'8000'0000, 32, 64);
  f.header.e_entry = 0xffff'ffff'8000'0010;
  f.symbols = {{"tohost", 0xffff'ffff'8000'003f}, {"fromhost", 0xffff'ffff'8000'0040}};
  const auto r = read(f.build());
  BOOST_REQUIRE(static_cast<bool>(r));
  BOOST_TEST(r->entry == 0x8000'2010u);
  BOOST_TEST(r->symbols.tohost.value() == 0x8000'203fu);
  BOOST_TEST(r->symbols.fromhost.value() == 0xffff'ffff'8000'0040u);
}

BOOST_AUTO_TEST_CASE(the_other_width_is_read_too) {
  ia32_file f;
  f.symbols = {{"tohost", 0x8000'0008}};
  const auto r = elf_image("x", f.build(), elf_ia32, ram);
  BOOST_REQUIRE(static_cast<bool>(r));
  BOOST_TEST(r->entry == 0x8000'0004u);
  BOOST_TEST(r->symbols.tohost.value() == 0x8000'0008u);
  BOOST_TEST(says(reason(f.build()), "another machine"));
}

BOOST_AUTO_TEST_CASE(headers_that_are_wrong_are_named) {
  const blob good = rv64_file().build();
  for (std::size_t size = 4; size < sizeof(Elf64_Ehdr); ++size)
    BOOST_TEST(says(reason(blob(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))), "ELF header"));
  BOOST_TEST(says(reason({1, 2, 3}), "not an ELF file"));
  BOOST_TEST(says(reason(rv32_file().build()), "another machine (32 bits"));
  rv64_file f;
  f.header.e_machine = EM_X86_64;
  BOOST_TEST(says(reason(f.build()), "another machine (64 bits, number 62), not 64-bit RISC-V"));
  f = {};
  f.header.e_type = ET_REL;
  BOOST_TEST(says(reason(f.build()), "not an executable"));
  f = {};
  f.header.e_type = ET_DYN; // position-independent firmware
  BOOST_TEST(reason(f.build()) == "none");
}

BOOST_AUTO_TEST_CASE(segments_that_are_wrong_are_named) {
  rv64_file f;
  f.segments[0].p_offset = 1 << 20;
  BOOST_TEST(says(reason(f.build()), "cut off"));
  f = {};
  f.segments[0].p_offset = ~u64{0};
  BOOST_TEST(says(reason(f.build()), "cut off"));
  f = {};
  f.segments[0].p_filesz = f.segments[0].p_memsz = 0x1000;
  BOOST_TEST(says(reason(f.build()), "cut off"));
  f = {};
  f.segments[0].p_filesz = 65;
  BOOST_TEST(says(reason(f.build()), "more bytes in the file than in memory"));
  f = {};
  f.segments[0].p_type = PT_NOTE;
  BOOST_TEST(says(reason(f.build()), "nothing to load"));
  f = {};
  f.add(0x8000'003f, 0, 1, 1);
  BOOST_TEST(says(reason(f.build()), "overlap at 0x8000003f"));
  f = {};
  f.add(0x8000'0040, 0, 1, 1);
  BOOST_TEST(reason(f.build()) == "none");
  f = {};
  f.header.e_phentsize = 1;
  BOOST_TEST(says(reason(f.build()), "ELF header"));
}

BOOST_AUTO_TEST_CASE(segments_outside_memory_are_refused) {
  for (const auto &[load, memory] : {std::pair<u64, u64>{0x7fff'ffff, 64},
                                     {0x8010'0000 - 63, 64},
                                     {0, 64},
                                     {~u64{0} - 10, 64},
                                     {0x8000'0000, ~u64{0}},
                                     {0x8000'0000, 0x10'0001}}) {
    rv64_file f;
    f.segments.clear();
    f.add(load, 0, 32, memory);
    BOOST_TEST(says(reason(f.build()), "does not fit"));
  }
  rv64_file f;
  f.segments.clear();
  f.add(0x8010'0000 - 64, 0, 32, 64);
  BOOST_TEST(reason(f.build()) == "none");
}

/// As GNU ld links a program whose code is to lie where memory begins.
BOOST_AUTO_TEST_CASE(headers_in_front_of_memory_are_left_out) {
  const auto program = [](std::vector<u64> sections_at, u64 load = 0x7fff'ffc0, u64 size = 96, u64 offset = 0) {
    rv64_file f;
    f.segments.clear();
    f.add(load, load, size, 128);
    f.segments[0].p_offset = offset;
    f.sections_at = std::move(sections_at);
    f.header.e_entry = 0x8000'0008;
    return f.build();
  };
  const auto r = read(program({0x8000'0010, 0x8000'0000, 0x8000'0020}));
  BOOST_REQUIRE(static_cast<bool>(r));
  BOOST_REQUIRE(r->segments.size() == 1u);
  BOOST_TEST(r->segments[0].address == 0x8000'0000u);
  BOOST_TEST(r->segments[0].memory == 64u);
  BOOST_TEST(r->entry == 0x8000'0008u);
  BOOST_TEST((r->bytes(r->segments[0]).size() == 32 && r->bytes(r->segments[0])[0] == 0x13));
  const auto whole = read(program({0x8000'0040}, 0x8000'0000)); // where they fit they are loaded
  BOOST_TEST((whole && whole->segments[0].memory == 128));

  for (const blob &wrong : {program({0x7fff'fffc}), program({0x7fff'fffc, 0x8000'0000}), // code lies below memory, too
                            program({}), program({0x7000'0000}),                         // nobody says what lies there
                            program({0x8000'0000}, 0x7fff'ffc0, 32),                     // not in the file
                            program({0x8000'0000}, 0x7fff'ffc0, 64, 8)})                 // not the file's headers
    BOOST_TEST(says(reason(wrong), "does not fit"));
}

BOOST_AUTO_TEST_CASE(placing_writes_bytes_and_then_zeros) {
  rv64_file f;
  f.segments.clear();
  f.add(0x8000'0100, 0, 32, 10'000);
  const auto r = read(f.build());
  BOOST_REQUIRE(static_cast<bool>(r));
  blob memory(ram.size, 0xee);
  BOOST_TEST(place(*r, [&](u64 at, std::span<const u8> bytes) {
    BOOST_REQUIRE(ram.contains(at, bytes.size()));
    std::copy(bytes.begin(), bytes.end(), memory.begin() + static_cast<std::ptrdiff_t>(at - ram.base));
    return true;
  }));
  BOOST_TEST(memory[0xff] == 0xee);
  BOOST_TEST(std::all_of(&memory[0x100], &memory[0x120], [](u8 b) { return b == 0x13; }));
  BOOST_TEST(std::all_of(&memory[0x120], &memory[0x100 + 10'000], [](u8 b) { return b == 0; }));
  BOOST_TEST(memory[0x100 + 10'000] == 0xee);

  int writes = 0;
  BOOST_TEST(!place(*r, [&](u64, std::span<const u8>) { return ++writes < 3; }));
  BOOST_TEST(writes == 3);
}

BOOST_AUTO_TEST_CASE(what_is_not_elf_is_raw) {
  const temporary file({1, 2, 3, 4, 5});
  const auto r = load_image(file.path, elf_rv64, 0x8002'0000, ram);
  BOOST_REQUIRE(static_cast<bool>(r));
  BOOST_TEST(r->entry == 0x8002'0000u);
  BOOST_REQUIRE(r->segments.size() == 1u);
  BOOST_TEST(r->bytes(r->segments[0])[4] == 5);
  BOOST_TEST(!r->symbols.tohost);
  BOOST_TEST(says(load_image(file.path, elf_rv64, 0x8000'0000, {0x8000'0000, 4}).reason(), "does not fit"));
  BOOST_TEST(says(load_image(file.path, elf_rv64, 0x7000'0000, ram).reason(), "does not fit"));
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_read_say_why) {
  const std::string missing = "/nonexistent/image";
  BOOST_TEST(load_image(missing, elf_rv64, 0, ram).reason() == missing + ": No such file or directory");
  BOOST_TEST(load_image("/", elf_rv64, 0, ram).reason() == "/: is a directory");
  BOOST_TEST(load_image("/dev/zero", elf_rv64, 0, ram).reason() == "/dev/zero: is not a file");
  const temporary empty({});
  BOOST_TEST(says(load_image(empty.path, elf_rv64, 0, ram).reason(), "is empty"));
  const temporary elf(rv64_file().build());
  BOOST_TEST(static_cast<bool>(load_image(elf.path, elf_rv64, 0, ram)));
  BOOST_TEST(says(read_file(elf.path, 10).reason(), "larger than"));
  BOOST_TEST(static_cast<bool>(read_file(elf.path, std::filesystem::file_size(elf.path))));
}

/// Whatever is in a file, what is taken from it lies in the file and in memory.
BOOST_AUTO_TEST_CASE(no_garbage_leads_astray) {
  std::mt19937_64 random(tests::seed());
  rv64_file f;
  f.add(0x8000'1000, 0x8000'1000, 8, 8);
  f.symbols = {{"tohost", 0x8000'0020}, {"end_signature", 0x8000'0028}};
  const blob good = f.build();
  const u64 interesting[] = {0, 1, 0x7f, 0xff, 0x100, good.size(), good.size() - 1, 0x7fff'ffff, ~u64{0}, bit(63)};
  u64 accepted = 0;
  const u64 runs = tests::amount(20'000, 500'000, 5'000'000);
  for (u64 i = 0; i < runs; ++i) {
    blob bad = good;
    if (random() % 4 == 0)
      bad.resize(random() % (good.size() + 1));
    for (u64 n = random() % 4; n > 0 && bad.size() > 16; --n) {
      const u64 value = random() % 2 != 0 ? random() : interesting[random() % std::size(interesting)];
      const std::size_t width = std::size_t{1} << random() % 4;
      std::memcpy(&bad[4 + random() % (bad.size() - 4 - width)], &value, width);
    }
    const auto r = read(bad);
    if (!r) {
      BOOST_REQUIRE(r.reason().size() > 4);
      continue;
    }
    ++accepted;
    for (const image::segment &s : r->segments) {
      BOOST_REQUIRE(ram.contains(s.address, s.memory));
      BOOST_REQUIRE(s.size <= s.memory);
      BOOST_REQUIRE(r->bytes(s).size() == s.size);
    }
  }
  BOOST_TEST(accepted > runs / 10);
  BOOST_TEST(accepted < runs);
}
