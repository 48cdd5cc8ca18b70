// SPDX-License-Identifier: BSL-1.0
// Decides which row a string of bytes is, and what its operands are: prefixes, opcode, ModRM, SIB, displacement and
// immediates.
// Source: Intel SDM, Volume 2, "Instruction Format".
//
//   [prefixes] [0F] opcode [ModRM [SIB] [displacement]] [immediate]
//                 |            |
//            first level    second level, for opcodes with a digit
#pragma once

#include <array>

#include <hvkit/core/access.hpp>
#include <hvkit/cpu/ia32/decoder_tables.hpp>
#include <hvkit/cpu/ia32/encoding.hpp>
#include <hvkit/cpu/ia32/operands.hpp>
#include <hvkit/isa/decoder.hpp>

namespace hvkit::cpu::x86 {

/// No instruction is longer.
inline constexpr unsigned longest_instruction = 15;

namespace detail {

/// What prefixes and the first bytes have said so far.
struct reading {
  operands o{};
  bool wide = true; ///< code of 32 bits
  bool override_size = false, override_address = false;
  u8 named_segment = seg::count;
  u16 opcode = 0;
  u8 modrm = 0;
};

/// Takes bytes from a source and notes when it has none. `Source::byte()` gives a maybe<u8>.
template <class Source> struct byte_reader {
  Source &from;
  bool failed = false;
  unsigned taken = 0;

  [[nodiscard]] constexpr u8 one() {
    if (failed)
      return 0;
    const maybe<u8> b = from.byte();
    failed = !b;
    ++taken;
    return b ? *b : u8{0};
  }
  /// Little-endian, `bytes` of them, zero-extended.
  [[nodiscard]] constexpr u32 number(unsigned bytes) {
    u32 value = 0;
    for (unsigned i = 0; i < bytes; ++i)
      value |= u32{one()} << 8 * i;
    return value;
  }
  [[nodiscard]] constexpr u32 extended(unsigned bytes) {
    return static_cast<u32>(sign_extend(number(bytes), 8 * bytes));
  }
};

/// Reads one byte; answers whether it was a prefix. The last one of a kind counts.
[[nodiscard]] constexpr bool note_prefix(reading &r, u8 b) {
  switch (b) {
  case 0x26:
  case 0x2e:
  case 0x36:
  case 0x3e:
    r.named_segment = static_cast<u8>(b >> 3 & 3);
    return true;
  case 0x64:
  case 0x65:
    r.named_segment = static_cast<u8>(b - 0x60);
    return true;
  case 0x66:
    r.override_size = true;
    return true;
  case 0x67:
    r.override_address = true;
    return true;
  case 0xf0:
    r.o.lock = true;
    return true;
  case 0xf2:
    r.o.repeat = repetition::while_not_equal;
    return true;
  case 0xf3:
    r.o.repeat = repetition::while_equal;
    return true;
  default:
    return false;
  }
}

/// "16-Bit Addressing Forms with the ModR/M Byte".
template <class Reader> constexpr void read_address16(reading &r, Reader &in) {
  constexpr u8 base[] = {reg::ebx, reg::ebx, reg::ebp, reg::ebp, reg::esi, reg::edi, reg::ebp, reg::ebx};
  constexpr u8 index[] = {reg::esi, reg::edi, reg::esi, reg::edi, reg::zero, reg::zero, reg::zero, reg::zero};
  const unsigned mod = r.modrm >> 6, rm = r.modrm & 7U;
  const bool absolute = mod == 0 && rm == 6;
  r.o.base = absolute ? reg::zero : base[rm];
  r.o.index = index[rm];
  r.o.displacement = absolute || mod == 2 ? in.number(2) : mod == 1 ? in.extended(1) : 0;
}
/// "32-Bit Addressing Forms with the ModR/M Byte" and "with the SIB Byte".
template <class Reader> constexpr void read_address32(reading &r, Reader &in) {
  const unsigned mod = r.modrm >> 6, rm = r.modrm & 7U;
  r.o.base = static_cast<u8>(rm);
  if (rm == 4) {
    const u8 sib = in.one();
    r.o.base = static_cast<u8>(sib & 7U);
    r.o.index = (sib >> 3 & 7U) == 4 ? reg::zero : static_cast<u8>(sib >> 3 & 7U);
    r.o.scale = static_cast<u8>(sib >> 6);
  }
  const bool absolute = mod == 0 && r.o.base == reg::ebp;
  if (absolute)
    r.o.base = reg::zero;
  r.o.displacement = absolute || mod == 2 ? in.number(4) : mod == 1 ? in.extended(1) : 0;
}
template <class Reader> constexpr void read_address(reading &r, Reader &in) {
  if (r.o.address_width == 4)
    read_address32(r, in);
  else
    read_address16(r, in);
  r.o.segment = r.o.base == reg::ebp || r.o.base == reg::esp ? seg::ss : seg::ds;
}

[[nodiscard]] constexpr u8 width_of(extent size, u8 operand_width) {
  switch (size) {
  case extent::b:
    return 1;
  case extent::w:
    return 2;
  case extent::d:
    return 4;
  case extent::q:
    return 8;
  case extent::a:
    return static_cast<u8>(2 * operand_width);
  case extent::p:
    return static_cast<u8>(operand_width + 2);
  case extent::n:
    return 0;
  default:
    return operand_width;
  }
}

/// The immediates of an encoding, in order.
template <class Reader>
constexpr void read_immediate(reading &r, Reader &in, const operand_spec &s, operand &to, unsigned nth) {
  if (nth == 1) { // ENTER has two
    to.number = 1;
    r.o.second = static_cast<u16>(in.number(to.width));
  } else {
    r.o.immediate = s.size == extent::s ? in.extended(1) : in.number(to.width);
  }
}

/// Makes the record's operand of what the encoding says.
template <class Reader> constexpr operand read_operand(reading &r, Reader &in, const operand_spec &s, unsigned &nth) {
  operand to{place::none, s.number, width_of(s.size, r.o.operand_width)};
  const auto digit = static_cast<u8>(r.modrm >> 3 & 7U);
  const auto rm = static_cast<u8>(r.modrm & 7U);
  switch (s.from) {
  case method::none:
    return {};
  case method::e:
  case method::m:
    return r.modrm >> 6 == 3 ? operand{place::reg, rm, to.width} : operand{place::memory, 0, to.width};
  case method::g:
    return {place::reg, digit, to.width};
  case method::r:
    return {place::reg, rm, to.width};
  case method::s:
    return {place::segment, digit, 2};
  case method::c:
    return {place::control, digit, to.width};
  case method::d:
    return {place::debug, digit, to.width};
  case method::z:
    return {place::reg, static_cast<u8>(r.o.low & 7U), to.width};
  case method::i:
    to.where = place::immediate;
    read_immediate(r, in, s, to, nth++);
    return to;
  case method::j:
    r.o.immediate = in.extended(to.width);
    return {place::target, 0, to.width};
  case method::o:
    r.o.displacement = in.number(r.o.address_width);
    return {place::memory, 1, to.width};
  case method::a:
    r.o.immediate = in.number(r.o.operand_width);
    r.o.second = static_cast<u16>(in.number(2));
    return {place::far, 0, to.width};
  case method::x:
    return {place::source, 0, to.width};
  case method::y:
    return {place::target_string, 0, to.width};
  case method::accumulator:
    return {place::reg, reg::eax, to.width};
  case method::cl:
    return {place::reg, reg::ecx, 1};
  case method::dx:
    return {place::reg, reg::edx, 2};
  case method::one:
    r.o.immediate = 1;
    return {place::immediate, 2, 1};
  case method::segment:
    return {place::segment, s.number, 2};
  }
  return to;
}

template <class Reader> constexpr void read_opcode(reading &r, Reader &in) {
  u8 b = in.one();
  while (!in.failed && note_prefix(r, b))
    b = in.one();
  r.opcode = b == 0x0f ? static_cast<u16>(256 + in.one()) : b;
  r.o.low = static_cast<u8>(r.opcode & 15U);
  r.o.operand_width = r.wide != r.override_size ? 4 : 2;
  r.o.address_width = r.wide != r.override_address ? 4 : 2;
}

} // namespace detail

/// Decodes the bytes that `source` gives; `wide` if it is code of 32 bits. Nothing if the source had no more bytes; no
/// row if they are no instruction.
template <class Cpu, class Source>
[[nodiscard]] constexpr maybe<isa::decoded<Cpu>> decode_bytes(Source &source, bool wide) {
  detail::byte_reader<Source> in{source};
  detail::reading r{};
  r.wide = wide;
  detail::read_opcode(r, in);
  u16 number = detail::tables<Cpu>.first[r.opcode];
  if (in.failed)
    return {};
  if (number == 0)
    return isa::decoded<Cpu>{};
  bool has_modrm = number >= detail::group_mark;
  if (has_modrm) {
    r.modrm = in.one();
    number = detail::tables<Cpu>.groups[8U * (number - detail::group_mark) + (r.modrm >> 3 & 7U)];
    if (in.failed)
      return {};
    if (number == 0)
      return isa::decoded<Cpu>{};
  }
  const detail::flat_form &form = detail::flat_forms<Cpu>[number - 1];
  if (!has_modrm && form.code.has_modrm()) {
    r.modrm = in.one();
    has_modrm = true;
  }
  const bool ignores_mod = form.code.operands[0].from == method::r || form.code.operands[1].from == method::r;
  if (has_modrm && r.modrm >> 6 != 3 && !ignores_mod)
    detail::read_address(r, in);
  unsigned immediates = 0;
  for (std::size_t n = 0; n < 3; ++n)
    r.o.op[n] = detail::read_operand(r, in, form.code.operands[n], immediates);
  if (in.failed)
    return {};
  if (r.named_segment != seg::count)
    r.o.segment = r.named_segment;
  r.o.size = static_cast<u8>(in.taken);
  const bool in_memory = r.o.op[0].where == place::memory;
  if ((form.code.memory_only() && r.modrm >> 6 == 3) ||
      (r.o.lock && !(in_memory && isa::facts<Cpu>[form.row].lockable)))
    return isa::decoded<Cpu>{};
  return isa::decoded<Cpu>{form.row, r.o};
}

} // namespace hvkit::cpu::x86
