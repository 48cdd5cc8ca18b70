// SPDX-License-Identifier: BSL-1.0
// Decides how tests ask GNU binutils, an assembler and disassembler that others wrote. Knows no test.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <hvkit/core/bits.hpp>

#include "support/scratch.hpp"

namespace hvkit::tests {

/// GNU binutils for RISC-V, and a directory to work in that goes away with it.
class binutils {
public:
  /// Where binutils is absent, says so and ends the program as skipped.
  static void require() {
    if (std::system("riscv64-unknown-elf-objdump --version > /dev/null 2>&1") == 0)
      return;
    std::cout << "skipped: riscv64-unknown-elf-objdump is not installed (package binutils-riscv64-unknown-elf)\n";
    std::exit(77);
  }

  /// The bytes of `text` assembled and linked at `base`.
  [[nodiscard]] std::vector<u8> assemble(const std::string &text, const std::string &base) const {
    write("in.s", text);
    run("as -march=rv64imafdc_zicsr_zifencei -mno-arch-attr -o " + path("in.o") + ' ' + path("in.s"));
    run("ld --no-relax -Ttext=" + base + " -e 0 -o " + path("in.elf") + ' ' + path("in.o"));
    run("objcopy -O binary -j .text " + path("in.elf") + ' ' + path("in.bin"));
    std::ifstream in(path("in.bin"), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// One line for each instruction in `code`, which stands at address 0: mnemonic, blank, operands without blanks.
  [[nodiscard]] std::vector<std::string> disassemble(std::span<const u8> code) const {
    write("code.bin", std::string(code.begin(), code.end()));
    run("objdump -b binary -m riscv:rv64 -D -z -M no-aliases " + path("code.bin") + " > " + path("code.txt"));
    std::ifstream in(path("code.txt"));
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
      if (const auto bytes = line.find(":\t"); bytes != std::string::npos)
        lines.push_back(plain(line.substr(line.find('\t', bytes + 2) + 1)));
    return lines;
  }
  /// The form in which two disassemblies are compared.
  [[nodiscard]] static std::string plain(const std::string &line) {
    const std::string text = line.substr(0, line.find(" #"));
    const std::size_t blank = text.find_first_of(" \t");
    std::string result = text.substr(0, blank);
    if (blank == std::string::npos)
      return result;
    result += ' ';
    for (const char c : text.substr(blank))
      if (c != ' ' && c != '\t')
        result += c;
    if (result.back() == ' ')
      result.pop_back();
    return result;
  }

private:
  [[nodiscard]] std::string path(const char *name) const { return directory_ / name; }
  void write(const char *name, const std::string &content) const {
    std::ofstream(path(name), std::ios::binary) << content;
  }
  static void run(const std::string &command) {
    if (std::system(("riscv64-unknown-elf-" + command).c_str()) != 0)
      throw std::runtime_error("failed: " + command);
  }

  scratch directory_;
};

} // namespace hvkit::tests
