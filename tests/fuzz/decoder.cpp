// SPDX-License-Identifier: BSL-1.0
// Any words: what is decoded is encoded to the same word, as far as its row reads it, and has a text, which is
// assembled to what it was.
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/isa/decoder.hpp>
#include <hvkit/isa/disassembler.hpp>
#include <hvkit/isa/encoder.hpp>

#include "support/fuzz/target.hpp"

using namespace hvkit;
using namespace hvkit::tests;

using cpu_type = cpu::rv64;

namespace {
/// The same row with the same operands, however many bytes it takes.
bool same(const isa::decoded<cpu_type> &a, const isa::decoded<cpu_type> &b) {
  auto left = a.operands, right = b.operands;
  left.place = right.place = 0;
  return a && b && a.row == b.row && left == right;
}
} // namespace

void fuzz::target(std::span<const u8> input) {
  constexpr u64 base = 0x80000000;
  for (taker in(input); !in.empty();) {
    const auto word = static_cast<u32>(in.take(4));
    const auto d = isa::decode<cpu_type>(word);
    const auto text = isa::disassemble<cpu_type>(word, gva{base});
    check(!text.view().empty(), "a word without a text");
    if (!d)
      continue;
    check(d.row < isa::row_count<cpu_type>, "a row that is not there");
    check(d.operands.rd <= 32 && d.operands.rs1 < 32 && d.operands.rs2 < 32, "a register that is not there");
    const auto again = isa::encode<cpu_type>(d.row, d.operands);
    check(again.has_value(), "what was decoded cannot be encoded");
    const auto back = isa::decode<cpu_type>(*again);
    check(same(back, d), "encoding changes the instruction");
    const auto program = isa::assemble_text<cpu_type>(base, text.view());
    check(static_cast<bool>(program),
          "a text that is not assembled: " + std::string(text.view()) + ": " + program.error);
    u32 made = 0;
    std::memcpy(&made, program.bytes().data(), std::min<std::size_t>(4, program.bytes().size()));
    const auto assembled = isa::decode<cpu_type>(made);
    check(same(assembled, d), "assembling changes the instruction: " + std::string(text.view()));
  }
}

std::vector<std::vector<u8>> fuzz::seeds() {
  std::vector<std::vector<u8>> all = random_inputs(16, 64);
  for (const auto &row : isa::facts<cpu_type>) {
    std::vector<u8> &one = all.emplace_back(4);
    std::memcpy(one.data(), &row.code.match, 4);
  }
  return all;
}
const u64 fuzz::quick_runs = 3000;
