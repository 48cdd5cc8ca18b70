// SPDX-License-Identifier: BSL-1.0
// Decides how the operands of each kind of RV64 row reach its semantics, and what those may see.
//
// A form runs against a view `v` of some machine: v.user() is the register file, v.pc() and v.next() the addresses of
// this instruction and the one behind it, v.jump(a) goes elsewhere, v.load/store/update reach memory through the CPU's
// translation. Only system forms get v.machine(). `run` answers whether the instruction retires; if not, v.raise has
// been told why. Operands are read before anything is written, rd is written last.
#pragma once

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/core/context.hpp>
#include <hvkit/cpu/rv64/causes.hpp>
#include <hvkit/cpu/rv64/operands.hpp>

namespace hvkit::cpu::riscv {

using isa::capability;

/// R-type: the semantics make rd's value of those of rs1 and rs2. "Base Instruction Formats".
struct register_register {
  using layout = isa::layout<operands, rd, rs1, rs2>;
  static constexpr auto needs = capability::pure;
  static constexpr std::string_view syntax = "rd, rs1, rs2";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    auto &x = v.user().x;
    x[o.rd] = f(x[o.rs1], x[o.rs2]);
    return true;
  }
};

/// I-type: rd's value of that of rs1 and a sign-extended immediate of 12 bits, or a shift amount of 6 or 5.
template <class Immediate> struct register_immediate_of {
  using layout = isa::layout<operands, rd, rs1, Immediate>;
  static constexpr auto needs = capability::pure;
  static constexpr std::string_view syntax = std::is_same_v<Immediate, imm_i> ? "rd, rs1, imm" : "rd, rs1, shamt";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    auto &x = v.user().x;
    x[o.rd] = f(x[o.rs1], o.immediate());
    return true;
  }
};
using register_immediate = register_immediate_of<imm_i>;
using register_shift = register_immediate_of<shamt6>;
using register_shift_word = register_immediate_of<shamt5>;

/// U-type (LUI): rd's value of the immediate, 20 bits shifted up by 12, sign-extended.
struct upper_immediate {
  using layout = isa::layout<operands, rd, imm_u>;
  static constexpr auto needs = capability::pure;
  static constexpr std::string_view syntax = "rd, upper";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    v.user().x[o.rd] = f(o.immediate());
    return true;
  }
};

/// The same with the instruction's address before it (AUIPC).
struct pc_upper_immediate {
  using layout = isa::layout<operands, rd, imm_u>;
  static constexpr auto needs = capability::reads_pc;
  static constexpr std::string_view syntax = "rd, upper";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    v.user().x[o.rd] = f(v.pc().value, o.immediate());
    return true;
  }
};

/// The semantics compute the target from the pc and the immediate.
struct jump {
  using layout = isa::layout<operands, rd, imm_j>;
  static constexpr auto needs = capability::flow;
  static constexpr std::string_view syntax = "rd, target";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    const gva link = v.next();
    v.jump_by(o.imm, gva{f(v.pc().value, o.immediate())});
    v.user().x[o.rd] = link.value;
    return true;
  }
};

/// The semantics compute the target from the register and the immediate.
struct jump_register {
  using layout = isa::layout<operands, rd, rs1, imm_i>;
  static constexpr auto needs = capability::flow;
  static constexpr std::string_view syntax = "rd, imm(rs1)";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    const gva link = v.next();
    v.jump(gva{f(v.user().x[o.rs1], o.immediate())});
    v.user().x[o.rd] = link.value;
    return true;
  }
};

/// The semantics decide whether the branch is taken.
struct branch {
  using layout = isa::layout<operands, rs1, rs2, imm_b>;
  static constexpr auto needs = capability::flow;
  static constexpr std::string_view syntax = "rs1, rs2, target";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    const auto &x = v.user().x;
    v.branch_by(f(x[o.rs1], x[o.rs2]), o.imm);
    return true;
  }
};

/// Loads a T; the semantics extend it to 64 bits.
template <class T> struct load {
  using layout = isa::layout<operands, rd, rs1, imm_i>;
  static constexpr auto needs = capability::memory;
  static constexpr std::string_view syntax = "rd, imm(rs1)";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    const auto value = v.template load<T>(gva{v.user().x[o.rs1] + o.immediate()});
    if (!value)
      return false;
    v.user().x[o.rd] = f(*value);
    return true;
  }
};

/// Stores the T that the semantics make of a register.
template <class T> struct store {
  using layout = isa::layout<operands, rs1, rs2, imm_s>;
  static constexpr auto needs = capability::memory;
  static constexpr std::string_view syntax = "rs2, imm(rs1)";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    const auto &x = v.user().x;
    return v.template store<T>(gva{x[o.rs1] + o.immediate()}, static_cast<T>(f(x[o.rs2])));
  }
};

/// Whether an atomic access of a T may go to `address`; raises the misaligned trap if not.
template <class T, class V> [[nodiscard]] constexpr bool aligned(V &v, gva address, u64 misaligned_cause) {
  if ((address.value & (sizeof(T) - 1)) == 0)
    return true;
  v.raise({misaligned_cause, address.value});
  return false;
}

/// Atomic read-modify-write: the semantics compute what is stored from the old value and the register.
template <class T> struct atomic {
  using layout = isa::layout<operands, rd, rs1, rs2, ordering>;
  static constexpr auto needs = capability::memory;
  static constexpr std::string_view syntax = ".order rd, rs2, (rs1)";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    auto &x = v.user().x;
    const gva address{x[o.rs1]};
    if (!aligned<T>(v, address, cause::store_misaligned))
      return false;
    const T operand = static_cast<T>(x[o.rs2]);
    const auto old = v.template update<T>(address, [&](T was) { return static_cast<T>(f(was, operand)); });
    if (!old)
      return false;
    x[o.rd] = sign_extend(*old, 8 * sizeof(T));
    return true;
  }
};

/// What a reservation for a T at `address` is called: aligned, so that the low bits can tell the width.
template <class T> [[nodiscard]] constexpr u64 reservation_of(gva address) noexcept {
  return address.value | (sizeof(T) == 8 ? 2 : 1);
}
inline constexpr u64 no_reservation = 0;

/// LR: loads a T and reserves its place. Misaligned, it traps. "Load-Reserved/Store-Conditional Instructions".
template <class T> struct load_reserved {
  using layout = isa::layout<operands, rd, rs1, ordering>;
  static constexpr auto needs = capability::memory;
  static constexpr std::string_view syntax = ".order rd, (rs1)";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    const gva address{v.user().x[o.rs1]};
    if (!aligned<T>(v, address, cause::load_misaligned))
      return false;
    const auto value = v.template load<T>(address);
    if (!value)
      return false;
    v.user().reservation = reservation_of<T>(address);
    v.user().x[o.rd] = f(*value);
    return true;
  }
};

/// SC: stores a T if its place is reserved; 0 in rd says that it did, 1 that it did not. Either way nothing is
/// reserved afterwards. A failing SC does not touch memory, so only its alignment can trap.
template <class T> struct store_conditional {
  using layout = isa::layout<operands, rd, rs1, rs2, ordering>;
  static constexpr auto needs = capability::memory;
  static constexpr std::string_view syntax = ".order rd, rs2, (rs1)";
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) {
    auto &x = v.user().x;
    const gva address{x[o.rs1]};
    if (!aligned<T>(v, address, cause::store_misaligned))
      return false;
    const bool held = v.user().reservation == reservation_of<T>(address);
    if (held && !v.template store<T>(address, static_cast<T>(f(x[o.rs2]))))
      return false;
    v.user().reservation = no_reservation;
    x[o.rd] = held ? 0 : 1;
    return true;
  }
};

/// FENCE: this machine is in order, nothing is to be done, whatever the hint fields say.
struct ordering_fence {
  using layout = isa::layout<operands, rd, rs1, fence_bits>;
  static constexpr auto needs = capability::pure;
  static constexpr std::string_view syntax = ".fm pred, succ";
  template <class F, class V> static constexpr bool run(F, V &, const operands &) { return true; }
};

/// System rows: the semantics get the machine and the operands, and answer whether the instruction retires.
template <class Layout> struct system_of {
  using layout = Layout;
  static constexpr auto needs = capability::system;
  template <class F, class V> static constexpr bool run(F f, V &v, const operands &o) { return f(v.machine(), o); }
};
/// No operands: ECALL, EBREAK, MRET, SRET, WFI.
struct plain_system : system_of<isa::layout<operands>> {
  static constexpr std::string_view syntax = "";
};
/// FENCE.I: fields that the manual reserves are ignored, as it asks.
struct instruction_fence : system_of<isa::layout<operands, rd, rs1, fence_bits>> {
  static constexpr std::string_view syntax = "";
};
/// SFENCE.VMA: an address in rs1, an address space in rs2.
struct fence_system : system_of<isa::layout<operands, rs1, rs2>> {
  static constexpr std::string_view syntax = "rs1, rs2";
};
/// What SFENCE.VMA is about: x0 stands for all addresses, or for all address spaces. "Supervisor Memory-Management
/// Fence Instruction".
template <class M> [[nodiscard]] constexpr fence_scope fence_scope_of(const M &m, const operands &o) {
  fence_scope scope;
  if (o.rs1 != 0)
    scope.page = gva{m.user().x[o.rs1]};
  if (o.rs2 != 0)
    scope.space = m.user().x[o.rs2];
  return scope;
}
/// A CSR and the register whose value changes it. "CSR Instructions".
struct csr_register : system_of<isa::layout<operands, rd, rs1, csr_number>> {
  static constexpr std::string_view syntax = "rd, csr, rs1";
};
/// The same with a value of 5 bits in place of the register.
struct csr_immediate : system_of<isa::layout<operands, rd, zimm, csr_number>> {
  static constexpr std::string_view syntax = "rd, csr, zimm";
};

} // namespace hvkit::cpu::riscv
