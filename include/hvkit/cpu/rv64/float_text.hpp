// SPDX-License-Identifier: BSL-1.0
// Decides how the operands of floating-point instructions are written and read: registers and rounding modes.
// Source: RISC-V Assembly Programmer's Manual; The RISC-V Instruction Set Manual, Volume I, "RISC-V Assembly
// Programmer's Handbook".
#pragma once

#include <hvkit/cpu/rv64/operand_text.hpp>

namespace hvkit::cpu::riscv::notations {

inline constexpr std::array<std::string_view, 32> float_names = {
    "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0",  "fa1",  "fa2", "fa3", "fa4",  "fa5",
    "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"};

/// The number of a floating-point register by its ABI name or as f0 to f31; 32 if there is none.
[[nodiscard]] constexpr u32 float_number(std::string_view name) noexcept {
  if (name.size() > 1 && name[0] == 'f' && name[1] <= '9')
    return ordinal(name.substr(1), 32);
  for (u32 n = 0; n < 32; ++n)
    if (float_names[n] == name)
      return n;
  return 32;
}
constexpr bool read_float_register(reader &in, u32 &n) {
  n = float_number(in.name().text);
  return n != 32 || in.fail("a floating-point register is missing here");
}
/// A floating-point register by its ABI name or its number, f0 to f31.
template <auto Member> struct float_register {
  static constexpr void print(line &out, const operands &o, u64) { out << float_names[o.*Member & 31]; }
  static constexpr bool parse(reader &in, operands &o) {
    u32 n = 0;
    const bool found = read_float_register(in, n);
    o.*Member = static_cast<u8>(n);
    return found;
  }
  static constexpr void show(const operands &from, operands &to) { to.*Member = from.*Member; }
};
/// The third source of a fused operation, above the rounding mode.
struct third_source {
  static constexpr void print(line &out, const operands &o, u64) { out << float_names[third_register(o)]; }
  static constexpr bool parse(reader &in, operands &o) {
    u32 n = 0;
    const bool found = read_float_register(in, n);
    o.imm |= static_cast<i32>(n << 3);
    return found;
  }
  static constexpr void show(const operands &from, operands &to) { to.imm |= from.imm & 0xf8; }
};
/// The rounding mode behind the other operands, with its comma: left out, it is the one in frm.
struct mode_kind {
  static constexpr std::array<std::string_view, 8> names = {"rne", "rtz", "rdn", "rup", "rmm", "", "", "dyn"};
  static constexpr i32 dynamic = 7;
  static constexpr void print(line &out, const operands &o, u64) {
    if ((o.imm & 7) != dynamic)
      out << ", " << names[static_cast<unsigned>(o.imm) & 7];
  }
  static constexpr bool parse(reader &in, operands &o) {
    i32 mode = dynamic;
    if (in.take(',')) {
      const std::string_view name = in.name().text;
      for (mode = 0; mode != 8 && (name.empty() || names[static_cast<unsigned>(mode)] != name);)
        ++mode;
    }
    o.imm |= mode & 7;
    return mode != 8 || in.fail("a rounding mode: rne, rtz, rdn, rup, rmm or dyn");
  }
  /// The reserved modes cannot be written.
  static constexpr void show(const operands &from, operands &to) {
    const i32 mode = from.imm & 7;
    to.imm |= names[static_cast<unsigned>(mode)].empty() ? dynamic : mode;
  }
};

} // namespace hvkit::cpu::riscv::notations
