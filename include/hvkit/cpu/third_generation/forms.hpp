// SPDX-License-Identifier: BSL-1.0
// Decides how the operands of each kind of third-generation row reach its semantics, and what those may see.
// `run` answers whether the instruction retires. In an address, register 0 means none, as on System/360.
#pragma once

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/cpu/third_generation/operands.hpp>

namespace hvkit::cpu::generation3 {

using isa::capability;

/// Base register plus displacement, modulo 2^32: the paper's a.
template <class V> [[nodiscard]] constexpr gva effective_address(V &v, const operands &o) {
  const u32 base = o.rs1 == 0 ? 0 : v.user().r[o.rs1];
  return gva{static_cast<u32>(base + o.immediate())};
}

/// The semantics make rd's value of those of rs1 and rs2.
struct register_register {
  using layout = isa::layout<operands, rd, rs1, rs2>;
  static constexpr auto needs = capability::pure;
  static constexpr std::string_view syntax = "rd, rs1, rs2";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    auto &r = v.user().r;
    r[o.rd] = f(r[o.rs1], r[o.rs2]);
    return true;
  }
};

/// rd's value of an immediate of 16 bits, sign-extended to 32.
struct immediate_only {
  using layout = isa::layout<operands, rd, displacement>;
  static constexpr auto needs = capability::pure;
  static constexpr std::string_view syntax = "rd, imm";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    v.user().r[o.rd] = f(o.immediate());
    return true;
  }
};

/// The semantics get the effective address as a number.
struct address_only {
  using layout = isa::layout<operands, rd, rs1, displacement>;
  static constexpr auto needs = capability::pure;
  static constexpr std::string_view syntax = "rd, imm(rs1)";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    v.user().r[o.rd] = f(static_cast<u32>(effective_address(v, o).value));
    return true;
  }
};

/// The semantics make the condition code of two registers.
struct comparison {
  using layout = isa::layout<operands, rs1, rs2>;
  static constexpr auto needs = capability::pure;
  static constexpr std::string_view syntax = "rs1, rs2";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    v.user().cc = f(v.user().r[o.rs1], v.user().r[o.rs2]);
    return true;
  }
};

/// The semantics decide from the condition code and the mask whether the branch is taken.
struct branch_on_condition {
  using layout = isa::layout<operands, condition_mask, distance>;
  static constexpr auto needs = capability::flow;
  static constexpr std::string_view syntax = "mask, target";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    v.branch_by(f(v.user().cc, u32{o.rd}), o.imm);
    return true;
  }
};

/// The semantics compute the target from the pc and the distance.
struct branch_and_link {
  using layout = isa::layout<operands, rd, distance>;
  static constexpr auto needs = capability::flow;
  static constexpr std::string_view syntax = "rd, target";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    const auto link = static_cast<u32>(v.next().value);
    v.jump_by(o.imm, gva{f(v.pc().value, static_cast<u64>(i64{o.imm}))});
    v.user().r[o.rd] = link;
    return true;
  }
};

/// Goes to the address in rs1, and leaves the next instruction's in rd.
struct branch_register {
  using layout = isa::layout<operands, rd, rs1>;
  static constexpr auto needs = capability::flow;
  static constexpr std::string_view syntax = "rd, rs1";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    const auto link = static_cast<u32>(v.next().value);
    v.jump(gva{f(v.user().r[o.rs1])});
    v.user().r[o.rd] = link;
    return true;
  }
};

/// Loads a T from the effective address; the semantics make a register's 32 bits of it.
template <class T> struct load {
  using layout = isa::layout<operands, rd, rs1, displacement>;
  static constexpr auto needs = capability::memory;
  static constexpr std::string_view syntax = "rd, imm(rs1)";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    const auto value = v.template load<T>(effective_address(v, o));
    if (!value)
      return false;
    v.user().r[o.rd] = f(*value);
    return true;
  }
};

/// Stores the low bits of what the semantics make of rd, as many as a T has, at the effective address.
template <class T> struct store {
  using layout = isa::layout<operands, rd, rs1, displacement>;
  static constexpr auto needs = capability::memory;
  static constexpr std::string_view syntax = "rd, imm(rs1)";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    return v.template store<T>(effective_address(v, o), static_cast<T>(f(v.user().r[o.rd])));
  }
};

/// System rows: the semantics get the machine and the operands, and answer whether the instruction retires.
template <class... Parts> struct system_of {
  using layout = isa::layout<operands, Parts...>;
  static constexpr auto needs = capability::system;
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) { return f(v.machine(), o); }
};
/// None of them, rd, rd and rs1, an effective address, rd and an effective address, a priority level of 3 bits, a
/// call's number.
struct system_plain : system_of<> {
  static constexpr std::string_view syntax = "";
};
struct system_register : system_of<rd> {
  static constexpr std::string_view syntax = "rd";
};
struct system_registers : system_of<rd, rs1> {
  static constexpr std::string_view syntax = "rd, rs1";
};
struct system_address : system_of<rs1, displacement> {
  static constexpr std::string_view syntax = "imm(rs1)";
};
struct system_load : system_of<rd, rs1, displacement> {
  static constexpr std::string_view syntax = "rd, imm(rs1)";
};
struct system_level : system_of<level_number> {
  static constexpr std::string_view syntax = "imm";
};
struct system_call : system_of<call_number> {
  static constexpr std::string_view syntax = "imm";
};

} // namespace hvkit::cpu::generation3
