// SPDX-License-Identifier: BSL-1.0
// Decides what the instructions of the H extension are: one row a line, and the forms of those that reach guest memory.
// Source: The RISC-V Instruction Set Manual, Volume II, "Hypervisor Instructions".
#pragma once

#include <hvkit/cpu/rv64/forms.hpp>
#include <hvkit/cpu/rv64/make_row.hpp>
#include <hvkit/cpu/rv64/values.hpp>
#include <hvkit/isa/instruction_set.hpp>

namespace hvkit::cpu::riscv {

/// HLV and HLVX: loads a T through a guest's translation; the semantics extend it to 64 bits.
template <class T, bool Executable> struct guest_load_of : system_of<isa::layout<operands, rd, rs1>> {
  static constexpr std::string_view syntax = "rd, (rs1)";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    const auto value = v.machine().template guest_load<T>(gva{v.user().x[o.rs1]}, Executable);
    if (!value)
      return false;
    v.user().x[o.rd] = f(*value);
    return true;
  }
};
template <class T> using guest_load = guest_load_of<T, false>;
template <class T> using guest_code_load = guest_load_of<T, true>;

/// HSV: stores the T that the semantics make of a register through a guest's translation.
template <class T> struct guest_store : system_of<isa::layout<operands, rs1, rs2>> {
  static constexpr std::string_view syntax = "rs2, (rs1)";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    const auto &x = v.user().x;
    return v.machine().template guest_store<T>(gva{x[o.rs1]}, static_cast<T>(f(x[o.rs2])));
  }
};

namespace rows {
/// SYSTEM with funct3 4: funct7, and for loads rs2, say which.
[[nodiscard]] constexpr isa::pattern guest_read(u32 funct7, u32 rs2) noexcept {
  return {0x4073U | funct7 << 25 | rs2 << 20, 0xfff0707f};
}
[[nodiscard]] constexpr isa::pattern guest_write(u32 funct7) noexcept { return {0x4073U | funct7 << 25, 0xfe007fff}; }

inline constexpr auto hypervisor = isa::make_group(
    "H", //
    make<fence_system>("hfence.vvma", {0x22000073, 0xfe007fff}, [](auto &m, const auto &) { return m.hfence(false); }),
    make<fence_system>("hfence.gvma", {0x62000073, 0xfe007fff}, [](auto &m, const auto &) { return m.hfence(true); }),
    make<guest_load<u8>>("hlv.b", guest_read(0x30, 0), [](auto v) { return sext8(v); }),
    make<guest_load<u8>>("hlv.bu", guest_read(0x30, 1), [](auto v) { return v; }),
    make<guest_load<u16>>("hlv.h", guest_read(0x32, 0), [](auto v) { return sext16(v); }),
    make<guest_load<u16>>("hlv.hu", guest_read(0x32, 1), [](auto v) { return v; }),
    make<guest_code_load<u16>>("hlvx.hu", guest_read(0x32, 3), [](auto v) { return v; }),
    make<guest_load<u32>>("hlv.w", guest_read(0x34, 0), [](auto v) { return sext32(v); }),
    make<guest_load<u32>>("hlv.wu", guest_read(0x34, 1), [](auto v) { return v; }),
    make<guest_code_load<u32>>("hlvx.wu", guest_read(0x34, 3), [](auto v) { return v; }),
    make<guest_load<u64>>("hlv.d", guest_read(0x36, 0), [](auto v) { return v; }),
    make<guest_store<u8>>("hsv.b", guest_write(0x31), [](auto v) { return v; }),
    make<guest_store<u16>>("hsv.h", guest_write(0x33), [](auto v) { return v; }),
    make<guest_store<u32>>("hsv.w", guest_write(0x35), [](auto v) { return v; }),
    make<guest_store<u64>>("hsv.d", guest_write(0x37), [](auto v) { return v; }));
} // namespace rows

} // namespace hvkit::cpu::riscv
