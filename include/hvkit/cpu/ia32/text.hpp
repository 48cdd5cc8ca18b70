// SPDX-License-Identifier: BSL-1.0
// Decides how IA-32 instructions are shown: the row's mnemonic and the operands of the record, as the manual and Intel
// assemblers write them.
#pragma once

#include <string_view>

#include <hvkit/core/address.hpp>
#include <hvkit/cpu/ia32/decoder.hpp>
#include <hvkit/cpu/ia32/flags.hpp>
#include <hvkit/cpu/ia32/state.hpp>
#include <hvkit/cpu/user_words.hpp>
#include <hvkit/isa/text.hpp>

namespace hvkit::cpu::x86 {

namespace names {
inline constexpr std::string_view bytes[] = {"al", "cl", "dl", "bl", "ah", "ch", "dh", "bh"};
inline constexpr std::string_view words[] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
inline constexpr std::string_view doublewords[] = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"};
inline constexpr std::string_view segments[] = {"es", "cs", "ss", "ds", "fs", "gs", "?", "?"};
/// Rows whose mnemonic depends on a size: of 16 bits, of 32 bits. Sizes of addresses decide on the last one.
struct sized {
  std::string_view row, narrow, wide;
};
inline constexpr sized by_operand_size[] = {{"cbw", "cbw", "cwde"}, {"cwd", "cwd", "cdq"}};
} // namespace names

/// The mnemonic, with the condition in it, and the prefixes before it.
template <class Cpu> constexpr void print_mnemonic(isa::line &out, const isa::decoded<Cpu> &d) {
  const std::string_view name = isa::facts<Cpu>[d.row].name;
  const operands &o = d.operands;
  if (o.lock)
    out << "lock ";
  const bool strings = o.op[0].where == place::source || o.op[0].where == place::target_string ||
                       o.op[1].where == place::source || o.op[1].where == place::target_string;
  const bool compares = name == "cmps" || name == "scas";
  if (strings && o.repeat != repetition::none)
    out << (o.repeat == repetition::while_not_equal ? "repnz " : compares ? "repz " : "rep ");
  for (const names::sized &s : names::by_operand_size)
    if (name == s.row) {
      out << (o.operand_width == 2 ? s.narrow : s.wide);
      return;
    }
  if (name == "jcxz")
    out << (o.address_width == 2 ? "jcxz" : "jecxz");
  else if (name.ends_with("cc"))
    out << name.substr(0, name.size() - 2) << condition_names[o.low];
  else
    out << name;
}

/// An address as a sum in brackets, behind its segment if that is not the one it would be.
constexpr void print_address(isa::line &out, const operands &o) {
  const auto &regs = o.address_width == 4 ? names::doublewords : names::words;
  const bool no_register = o.base == reg::zero && o.index == reg::zero;
  const u8 usual = o.base == reg::esp || o.base == reg::ebp ? seg::ss : seg::ds;
  if (no_register || o.segment != usual)
    out << names::segments[o.segment] << ':';
  if (no_register) {
    out.hex(o.displacement);
    return;
  }
  out << '[';
  if (o.base != reg::zero)
    out << regs[o.base];
  if (o.index != reg::zero) {
    if (o.base != reg::zero)
      out << '+';
    out << regs[o.index];
    if (o.address_width == 4)
      (out << '*').decimal(i64{1} << o.scale);
  }
  const auto distance = static_cast<i32>(sign_extend(o.displacement, 8U * o.address_width));
  if (distance < 0)
    (out << '-').hex(0U - static_cast<u32>(distance));
  else if (distance > 0)
    (out << '+').hex(static_cast<u32>(distance));
  out << ']';
}

constexpr void print_width(isa::line &out, u8 width) {
  out << (width == 1   ? "BYTE PTR "
          : width == 2 ? "WORD PTR "
          : width == 4 ? "DWORD PTR "
          : width == 6 ? "FWORD PTR "
          : width == 8 ? "QWORD PTR "
                       : "");
}

/// One operand of the instruction at `pc`.
constexpr void print_operand(isa::line &out, const operands &o, const operand &op, u32 pc) {
  const auto &address_regs = o.address_width == 4 ? names::doublewords : names::words;
  switch (op.where) {
  case place::none:
    return;
  case place::reg:
    out << (op.width == 1 ? names::bytes : op.width == 2 ? names::words : names::doublewords)[op.number];
    return;
  case place::memory:
    if (op.number == 0)
      print_width(out, op.width);
    print_address(out, o);
    return;
  case place::immediate:
    if (op.number == 2)
      out << '1';
    else
      out.hex((op.number == 1 ? o.second : o.immediate) & low_bits(8U * op.width));
    return;
  case place::segment:
    out << names::segments[op.number];
    return;
  case place::control:
    (out << "cr").decimal(op.number);
    return;
  case place::debug:
    (out << "dr").decimal(op.number);
    return;
  case place::target:
    out.hex((pc + o.size + o.immediate) & o.operand_mask());
    return;
  case place::far:
    out.hex(o.second) << ':';
    out.hex(o.immediate);
    return;
  case place::source:
    print_width(out, op.width);
    out << names::segments[o.segment] << ":[" << address_regs[reg::esi] << ']';
    return;
  case place::target_string:
    print_width(out, op.width);
    out << "es:[" << address_regs[reg::edi] << ']';
    return;
  }
}

/// The text of a decoded instruction at offset `pc`.
template <class Cpu> [[nodiscard]] constexpr isa::line disassemble(const isa::decoded<Cpu> &d, gva pc = {}) {
  isa::line out;
  if (!d)
    return out << "(bad)";
  print_mnemonic(out, d);
  for (std::size_t n = 0; n < 3 && d.operands.op[n].where != place::none; ++n) {
    out << (n == 0 ? ' ' : ',');
    print_operand(out, d.operands, d.operands.op[n], static_cast<u32>(pc.value));
  }
  return out;
}

/// Every word that user programs see.
inline constexpr auto user_words = [] {
  std::array<user_word<user_state>, 12> all{};
  for (unsigned n = 0; n < 8; ++n)
    all[n] = {names::doublewords[n], [](const user_state &s, unsigned i) { return u64{s.r[i]}; }, n};
  all[8] = {"eip", [](const user_state &s, unsigned) { return u64{s.pc}; }};
  all[9] = {"status flags", [](const user_state &s, unsigned) { return u64{s.flags.all()}; }};
  all[10] = {"DF", [](const user_state &s, unsigned) { return u64{s.df}; }};
  all[11] = {"retired", [](const user_state &s, unsigned) { return s.retired; }};
  return all;
}();

} // namespace hvkit::cpu::x86
