// SPDX-License-Identifier: BSL-1.0
// IA-32's decoder and disassembler against GNU objdump: random instructions of every encoding, length and text.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>

#include <boost/test/unit_test.hpp>

#include <hvkit/cpu/ia32/text.hpp>

#include "support/gate.hpp"
#include "support/ia32_programs.hpp"
#include "support/scratch.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

using ia32::cpu_type;
namespace x86 = cpu::x86;

constexpr u64 slot = 32;

struct source {
  const ia32::instruction_bytes &from;
  std::size_t at = 0;
  [[nodiscard]] maybe<u8> byte() { return at < 15 ? maybe<u8>(from[at++]) : maybe<u8>(); }
};

/// What objdump says of the instruction at each address: its text without blanks.
[[nodiscard]] std::map<u64, std::string> objdump(const std::string &code) {
  const scratch directory;
  const std::string binary = directory / "code.bin", text = directory / "code.txt";
  std::ofstream(binary, std::ios::binary) << code;
  const std::string command = "objdump -b binary -m i386 -M intel --no-show-raw-insn -D -z " + binary + " > " + text;
  BOOST_REQUIRE(std::system(command.c_str()) == 0);
  std::map<u64, std::string> all;
  std::ifstream in(text);
  for (std::string line; std::getline(in, line);) {
    const auto colon = line.find(":\t");
    if (colon == std::string::npos)
      continue;
    std::string words;
    for (const char c : line.substr(colon + 2))
      if (std::isspace(static_cast<unsigned char>(c)) == 0)
        words += c;
    all[std::strtoull(line.c_str(), nullptr, 16)] = words;
  }
  return all;
}
[[nodiscard]] std::string without_blanks(std::string_view text) {
  std::string words;
  for (const char c : text)
    if (c != ' ')
      words += c;
  return words;
}
/// objdump appends the operand size to some mnemonics where no operand shows it: "pushaw".
[[nodiscard]] std::string without_size(std::string text, const isa::decoded<cpu_type> &d) {
  const std::string_view name = isa::facts<cpu_type>[d.row].name;
  constexpr std::string_view sized[] = {"push",  "pusha", "popa", "enter", "leave", "ret",
                                        "pushf", "popf",  "iret", "pop",   "retf"};
  const bool suffixed = std::find(std::begin(sized), std::end(sized), name) != std::end(sized) &&
                        d.operands.operand_width == 2 && text.size() > name.size() && text[name.size()] == 'w' &&
                        text.starts_with(name);
  return suffixed ? text.erase(name.size(), 1) : text;
}
/// Rows that have other mnemonics or operands there.
[[nodiscard]] bool named_otherwise(std::string_view name) {
  constexpr std::string_view names[] = {"xlat", "esc", "lgdt",   "lidt", "sgdt", "sidt",
                                        "lar",  "lsl", "invlpg", "sldt", "str",  "smsw"};
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}
/// MOV from and to segment registers: there the other operand is as wide as the operand size in registers alone.
[[nodiscard]] bool moves_segment(const isa::decoded<cpu_type> &d) {
  return isa::facts<cpu_type>[d.row].name == "mov" &&
         (d.operands.op[0].where == x86::place::segment || d.operands.op[1].where == x86::place::segment);
}
/// What objdump writes in its own way, or not at all.
[[nodiscard]] bool comparable(const isa::decoded<cpu_type> &d, u8 prefix) {
  const auto &o = d.operands;
  const bool in_memory = o.op[0].where == x86::place::memory || o.op[1].where == x86::place::memory;
  if (prefix == 0x64 || prefix == 0x65 || prefix == 0x26 || prefix == 0x67)
    if (!in_memory)
      return false;
  if (prefix == 0x66)
    for (const auto &op : o.op)
      if (op.where == x86::place::target)
        return false;
  // An index that is none ("eiz") and displacements of zero are shown there.
  return !in_memory || (o.displacement != 0 && (o.base != x86::reg::esp || o.index != x86::reg::zero || o.scale == 0) &&
                        (o.base != x86::reg::zero || o.index != x86::reg::zero || o.scale == 0));
}

} // namespace

BOOST_AUTO_TEST_CASE(every_encoding_has_objdumps_length_and_text) {
  if (std::system("objdump --version > /dev/null 2>&1") != 0) {
    std::cout << "skipped: objdump is not installed (package binutils)\n";
    return;
  }
  ia32::program_maker maker(seed());
  std::string code;
  std::vector<isa::decoded<cpu_type>> ours;
  for (u64 round = 0; round < amount(40, 400, 4000); ++round)
    for (const auto &form : x86::detail::flat_forms<cpu_type>) {
      const u8 prefixes[] = {0, 0, 0, 0x66, 0x67, 0x64, 0x26};
      const u8 prefix = prefixes[maker.random().between(0, std::size(prefixes) - 1)];
      ia32::instruction_bytes bytes = maker.bare_instruction(form.code, prefix);
      source from{bytes};
      const auto d = x86::decode_bytes<cpu_type>(from, true);
      if (!d || !*d || !comparable(*d, prefix))
        continue;
      ours.push_back(*d);
      std::string place(reinterpret_cast<const char *>(bytes.data()), d->operands.size);
      place.resize(slot, '\x90');
      code += place;
    }
  const auto theirs = objdump(code);
  u64 compared = 0;
  for (std::size_t n = 0; n < ours.size(); ++n) {
    const u64 at = n * slot;
    const auto there = theirs.find(at);
    BOOST_REQUIRE(there != theirs.end());
    const std::string &text = there->second;
    if (text.find("eiz") != std::string::npos || text == "nop" || text.starts_with("data16") ||
        text.find("(bad)") != std::string::npos || text.starts_with("addr16"))
      continue;
    ++compared;
    BOOST_TEST_REQUIRE(theirs.upper_bound(at)->first - at == ours[n].operands.size, text);
    if (!named_otherwise(isa::facts<cpu_type>[ours[n].row].name) && !moves_segment(ours[n]))
      BOOST_TEST(without_blanks(x86::disassemble(ours[n], gva{at}).view()) == without_size(text, ours[n]));
  }
  std::cout << compared << " instructions\n";
  BOOST_TEST(compared > 20 * x86::detail::flat_forms<cpu_type>.size());
}
