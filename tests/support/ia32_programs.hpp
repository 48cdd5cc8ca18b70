// SPDX-License-Identifier: BSL-1.0
// Decides which IA-32 instructions and states are tried: every encoding of every row, operands at boundaries, addresses
// in a small place with pages that are read-only or absent.
#pragma once

#include <array>

#include <hvkit/cpu/ia32.hpp>

#include <hvkit/vmm/lockstep.hpp>

namespace hvkit::tests::ia32 {

using cpu_type = cpu::ia32;
namespace x86 = cpu::x86;

/// The small place: code, then data of which page 2 is read-only and page 3 is absent.
inline constexpr u32 place_base = 0x10000000, code_at = place_base, data_at = place_base + 0x1000;
inline constexpr unsigned data_pages = 5, read_only_page = 2, absent_page = 3;

/// Bytes of an instruction, as many as there can be; behind it stands whatever was drawn.
using instruction_bytes = std::array<u8, 24>;

/// Draws instructions and values.
class program_maker {
public:
  explicit program_maker(u64 seed) : random_(seed) {}

  [[nodiscard]] random_numbers &random() noexcept { return random_; }

  /// A value at a boundary, an address in the small place, or anything.
  [[nodiscard]] u32 value() {
    switch (random_.between(0, 5)) {
    case 0:
    case 1:
      return address();
    case 2: {
      constexpr u32 edges[] = {0,      1,      2,      0x7f,       0x80,       0xff,       0x100,
                               0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x99};
      return edges[random_.between(0, std::size(edges) - 1)];
    }
    case 3:
      return static_cast<u32>(random_.between(0, 64));
    default:
      return static_cast<u32>(random_());
    }
  }
  [[nodiscard]] u32 address() {
    return data_at + static_cast<u32>(random_.between(0, data_pages * frame_size - 1)) -
           (random_.between(0, 9) == 0 ? 8 : 0);
  }

  /// One instruction of encoding `form`.
  [[nodiscard]] instruction_bytes instruction(const x86::opcode_form &form) {
    instruction_bytes bytes{};
    std::size_t n = 0;
    for (const u8 prefix : std::initializer_list<u8>{0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26})
      if (random_.between(0, prefix == 0x66 ? 3 : 11) == 0)
        bytes[n++] = prefix;
    return complete(form, bytes, n);
  }
  /// The same with that prefix (0: none) and no other.
  [[nodiscard]] instruction_bytes bare_instruction(const x86::opcode_form &form, u8 prefix) {
    instruction_bytes bytes{};
    bytes[0] = prefix;
    return complete(form, bytes, prefix != 0 ? 1 : 0);
  }

private:
  [[nodiscard]] instruction_bytes complete(const x86::opcode_form &form, instruction_bytes bytes, std::size_t n) {
    if (form.opcode >= 256)
      bytes[n++] = 0x0f;
    bytes[n++] = static_cast<u8>(form.opcode + random_.between(0, form.span - 1U));
    if (form.has_modrm())
      n = modrm(form, bytes, n);
    for (; n < bytes.size(); n += 4) {
      const u32 tail = value();
      for (std::size_t i = 0; i < 4 && n + i < bytes.size(); ++i)
        bytes[n + i] = static_cast<u8>(tail >> 8 * i);
    }
    return bytes;
  }
  std::size_t modrm(const x86::opcode_form &form, instruction_bytes &bytes, std::size_t n) {
    u32 b = static_cast<u32>(random_()) & 0xffU;
    if (form.digit != x86::opcode_form::no_digit)
      b = (b & 0xc7U) | u32{form.digit} << 3;
    bytes[n++] = static_cast<u8>(b);
    if (b >> 6 != 3 && (b & 7U) == 4)
      bytes[n++] = static_cast<u8>(random_());
    if (b >> 6 == 2 || (b >> 6 == 0 && (b & 7U) == 5)) {
      const u32 displacement = b >> 6 == 0 ? address() : static_cast<u32>(random_.between(0, 64)) - 32;
      for (unsigned i = 0; i < 4; ++i)
        bytes[n++] = static_cast<u8>(displacement >> 8 * i);
    }
    return n;
  }

  random_numbers random_;
};

/// Which status flags the instruction leaves undefined, by the letters of its row. `count` is its shift count, not
/// yet reduced.
[[nodiscard]] inline u32 undefined_flags(const isa::decoded<cpu_type> &d, u32 count) {
  const std::string_view letters = isa::facts<cpu_type>[d.row].letters;
  const u32 n = count & 31U;
  if (letters.find_first_of("sw") != std::string_view::npos && n == 0)
    return 0;
  u32 set = x86::flags_lettered(letters, "u");
  if (n != 1)
    set |= x86::flags_lettered(letters, "s");
  if (n >= 8U * d.operands.op[0].width)
    set |= x86::flags_lettered(letters, "w");
  return set;
}

} // namespace hvkit::tests::ia32
