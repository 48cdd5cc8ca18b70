// SPDX-License-Identifier: BSL-1.0
// Decides what every RV64 instruction is: I, M, A, Zicsr, Zifencei and the privileged ones, one row a line; F and D
// come from float_rows.hpp, H from hypervisor_rows.hpp.
// Source: The RISC-V Instruction Set Manual, Volume I (unprivileged), "RV32/64G Instruction Set Listings"; Volume II
// (privileged), "RISC-V Privileged Instruction Set Listings".
#pragma once

#include <hvkit/cpu/rv64/float_rows.hpp>
#include <hvkit/cpu/rv64/forms.hpp>
#include <hvkit/cpu/rv64/hypervisor_rows.hpp>
#include <hvkit/cpu/rv64/make_row.hpp>
#include <hvkit/cpu/rv64/sentences.hpp>
#include <hvkit/cpu/rv64/values.hpp>
#include <hvkit/isa/instruction_set.hpp>

namespace hvkit::cpu::riscv {

namespace rows {
using namespace encoding;

/// RV64I without the privileged instructions. "RV32I Base Integer Instruction Set" and "RV64I".
inline constexpr auto base = isa::make_group(
    "I", //
    make<upper_immediate>("lui", opcode(0x37), [](auto imm) { return imm; }),
    make<pc_upper_immediate>("auipc", opcode(0x17), [](auto pc, auto imm) { return pc + imm; }),
    make<jump>("jal", opcode(0x6f), [](auto pc, auto imm) { return pc + imm; }),
    make<jump_register>("jalr", op3(0x67, 0), [](auto a, auto imm) { return (a + imm) & ~u64{1}; }),

    make<branch>("beq", op3(0x63, 0), [](auto a, auto b) { return a == b; }),
    make<branch>("bne", op3(0x63, 1), [](auto a, auto b) { return a != b; }),
    make<branch>("blt", op3(0x63, 4), [](auto a, auto b) { return less(a, b); }),
    make<branch>("bge", op3(0x63, 5), [](auto a, auto b) { return !less(a, b); }),
    make<branch>("bltu", op3(0x63, 6), [](auto a, auto b) { return less_unsigned(a, b); }),
    make<branch>("bgeu", op3(0x63, 7), [](auto a, auto b) { return !less_unsigned(a, b); }),

    make<load<u8>>("lb", op3(0x03, 0), [](auto v) { return sext8(v); }),
    make<load<u16>>("lh", op3(0x03, 1), [](auto v) { return sext16(v); }),
    make<load<u32>>("lw", op3(0x03, 2), [](auto v) { return sext32(v); }),
    make<load<u64>>("ld", op3(0x03, 3), [](auto v) { return v; }),
    make<load<u8>>("lbu", op3(0x03, 4), [](auto v) { return v; }),
    make<load<u16>>("lhu", op3(0x03, 5), [](auto v) { return v; }),
    make<load<u32>>("lwu", op3(0x03, 6), [](auto v) { return v; }),
    make<store<u8>>("sb", op3(0x23, 0), [](auto v) { return v; }),
    make<store<u16>>("sh", op3(0x23, 1), [](auto v) { return v; }),
    make<store<u32>>("sw", op3(0x23, 2), [](auto v) { return v; }),
    make<store<u64>>("sd", op3(0x23, 3), [](auto v) { return v; }),

    make<register_immediate>("addi", op3(0x13, 0), [](auto a, auto b) { return a + b; }),
    make<register_immediate>("slti", op3(0x13, 2), [](auto a, auto b) { return select(less(a, b), 1, 0); }),
    make<register_immediate>("sltiu", op3(0x13, 3), [](auto a, auto b) { return select(less_unsigned(a, b), 1, 0); }),
    make<register_immediate>("xori", op3(0x13, 4), [](auto a, auto b) { return a ^ b; }),
    make<register_immediate>("ori", op3(0x13, 6), [](auto a, auto b) { return a | b; }),
    make<register_immediate>("andi", op3(0x13, 7), [](auto a, auto b) { return a & b; }),
    make<register_shift>("slli", op36(0x13, 1, 0x00), [](auto a, auto n) { return shl(a, n); }),
    make<register_shift>("srli", op36(0x13, 5, 0x00), [](auto a, auto n) { return shr(a, n); }),
    make<register_shift>("srai", op36(0x13, 5, 0x10), [](auto a, auto n) { return sar(a, n); }),
    make<register_immediate>("addiw", op3(0x1b, 0), [](auto a, auto b) { return sext32(a + b); }),
    make<register_shift_word>("slliw", op37(0x1b, 1, 0x00), [](auto a, auto n) { return shl32(a, n); }),
    make<register_shift_word>("srliw", op37(0x1b, 5, 0x00), [](auto a, auto n) { return shr32(a, n); }),
    make<register_shift_word>("sraiw", op37(0x1b, 5, 0x20), [](auto a, auto n) { return sar32(a, n); }),

    make<register_register>("add", op37(0x33, 0, 0x00), [](auto a, auto b) { return a + b; }),
    make<register_register>("sub", op37(0x33, 0, 0x20), [](auto a, auto b) { return a - b; }),
    make<register_register>("sll", op37(0x33, 1, 0x00), [](auto a, auto b) { return shl(a, b); }),
    make<register_register>("slt", op37(0x33, 2, 0x00), [](auto a, auto b) { return select(less(a, b), 1, 0); }),
    make<register_register>("sltu", op37(0x33, 3, 0x00),
                            [](auto a, auto b) { return select(less_unsigned(a, b), 1, 0); }),
    make<register_register>("xor", op37(0x33, 4, 0x00), [](auto a, auto b) { return a ^ b; }),
    make<register_register>("srl", op37(0x33, 5, 0x00), [](auto a, auto b) { return shr(a, b); }),
    make<register_register>("sra", op37(0x33, 5, 0x20), [](auto a, auto b) { return sar(a, b); }),
    make<register_register>("or", op37(0x33, 6, 0x00), [](auto a, auto b) { return a | b; }),
    make<register_register>("and", op37(0x33, 7, 0x00), [](auto a, auto b) { return a & b; }),
    make<register_register>("addw", op37(0x3b, 0, 0x00), [](auto a, auto b) { return sext32(a + b); }),
    make<register_register>("subw", op37(0x3b, 0, 0x20), [](auto a, auto b) { return sext32(a - b); }),
    make<register_register>("sllw", op37(0x3b, 1, 0x00), [](auto a, auto b) { return shl32(a, b); }),
    make<register_register>("srlw", op37(0x3b, 5, 0x00), [](auto a, auto b) { return shr32(a, b); }),
    make<register_register>("sraw", op37(0x3b, 5, 0x20), [](auto a, auto b) { return sar32(a, b); }),

    make<ordering_fence>("fence", op3(0x0f, 0), [] {}));

/// "M" Extension for Integer Multiplication and Division.
inline constexpr auto multiply = isa::make_group(
    "M", //
    make<register_register>("mul", op37(0x33, 0, 0x01), [](auto a, auto b) { return a * b; }),
    make<register_register>("mulh", op37(0x33, 1, 0x01), [](auto a, auto b) { return mul_high(a, b); }),
    make<register_register>("mulhsu", op37(0x33, 2, 0x01), [](auto a, auto b) { return mul_high_mixed(a, b); }),
    make<register_register>("mulhu", op37(0x33, 3, 0x01), [](auto a, auto b) { return mul_high_unsigned(a, b); }),
    make<register_register>("div", op37(0x33, 4, 0x01), [](auto a, auto b) { return div(a, b); }),
    make<register_register>("divu", op37(0x33, 5, 0x01), [](auto a, auto b) { return div_unsigned(a, b); }),
    make<register_register>("rem", op37(0x33, 6, 0x01), [](auto a, auto b) { return rem(a, b); }),
    make<register_register>("remu", op37(0x33, 7, 0x01), [](auto a, auto b) { return rem_unsigned(a, b); }),
    make<register_register>("mulw", op37(0x3b, 0, 0x01), [](auto a, auto b) { return sext32(a * b); }),
    make<register_register>("divw", op37(0x3b, 4, 0x01),
                            [](auto a, auto b) { return sext32(div(sext32(a), sext32(b))); }),
    make<register_register>("divuw", op37(0x3b, 5, 0x01),
                            [](auto a, auto b) { return sext32(div_unsigned(zext32(a), zext32(b))); }),
    make<register_register>("remw", op37(0x3b, 6, 0x01),
                            [](auto a, auto b) { return sext32(rem(sext32(a), sext32(b))); }),
    make<register_register>("remuw", op37(0x3b, 7, 0x01),
                            [](auto a, auto b) { return sext32(rem_unsigned(zext32(a), zext32(b))); }));

/// The eleven rows of the A extension for one width; `f3` is 2 for words, 3 for doublewords. Values come
/// sign-extended to 64 bits, so that the signed comparisons are the 64-bit ones.
template <class T> [[nodiscard]] constexpr auto atomics(std::string_view extension, u32 f3, auto... name) {
  const std::string_view n[] = {name...};
  return isa::make_group(
      extension, //
      make<load_reserved<T>>(n[0], {amo(f3, 0x02).match, 0xf9f0707f}, [](auto v) { return widen<T>(v); }),
      make<store_conditional<T>>(n[1], amo(f3, 0x03), [](auto v) { return v; }),
      make<atomic<T>>(n[2], amo(f3, 0x01), [](auto, auto b) { return b; }),
      make<atomic<T>>(n[3], amo(f3, 0x00), [](auto a, auto b) { return a + b; }),
      make<atomic<T>>(n[4], amo(f3, 0x04), [](auto a, auto b) { return a ^ b; }),
      make<atomic<T>>(n[5], amo(f3, 0x0c), [](auto a, auto b) { return a & b; }),
      make<atomic<T>>(n[6], amo(f3, 0x08), [](auto a, auto b) { return a | b; }),
      make<atomic<T>>(n[7], amo(f3, 0x10), [](auto a, auto b) { return select(less(widen<T>(a), widen<T>(b)), a, b); }),
      make<atomic<T>>(n[8], amo(f3, 0x14), [](auto a, auto b) { return select(less(widen<T>(a), widen<T>(b)), b, a); }),
      make<atomic<T>>(n[9], amo(f3, 0x18), [](auto a, auto b) { return select(less_unsigned(a, b), a, b); }),
      make<atomic<T>>(n[10], amo(f3, 0x1c), [](auto a, auto b) { return select(less_unsigned(a, b), b, a); }));
}
inline constexpr auto atomic_words =
    atomics<u32>("A (words)", 2, "lr.w", "sc.w", "amoswap.w", "amoadd.w", "amoxor.w", "amoand.w", "amoor.w", "amomin.w",
                 "amomax.w", "amominu.w", "amomaxu.w");
inline constexpr auto atomic_doublewords =
    atomics<u64>("A (doublewords)", 3, "lr.d", "sc.d", "amoswap.d", "amoadd.d", "amoxor.d", "amoand.d", "amoor.d",
                 "amomin.d", "amomax.d", "amominu.d", "amomaxu.d");

/// CSRRS and CSRRC with x0 (or 0) do not write; CSRRW to x0 does not read. The last argument says so.
inline constexpr auto csr = isa::make_group(
    "Zicsr", //
    make<csr_register>("csrrw", op3(0x73, 1),
                       [](auto &m, const auto &o) {
                         return m.csr(o, o.rd != sink, true, [v = m.user().x[o.rs1]](auto) { return v; });
                       }),
    make<csr_register>("csrrs", op3(0x73, 2),
                       [](auto &m, const auto &o) {
                         return m.csr(o, true, o.rs1 != 0, [v = m.user().x[o.rs1]](auto old) { return old | v; });
                       })
        .because<sentences::counters>(),
    make<csr_register>("csrrc", op3(0x73, 3),
                       [](auto &m, const auto &o) {
                         return m.csr(o, true, o.rs1 != 0, [v = m.user().x[o.rs1]](auto old) { return old & ~v; });
                       })
        .because<sentences::counters>(),
    make<csr_immediate>(
        "csrrwi", op3(0x73, 5),
        [](auto &m, const auto &o) { return m.csr(o, o.rd != sink, true, [v = u64{o.rs1}](auto) { return v; }); }),
    make<csr_immediate>("csrrsi", op3(0x73, 6),
                        [](auto &m, const auto &o) {
                          return m.csr(o, true, o.rs1 != 0, [v = u64{o.rs1}](auto old) { return old | v; });
                        })
        .because<sentences::counters>(),
    make<csr_immediate>("csrrci", op3(0x73, 7), [](auto &m, const auto &o) {
      return m.csr(o, true, o.rs1 != 0, [v = u64{o.rs1}](auto old) { return old & ~v; });
    }).because<sentences::counters>());

/// "Zifencei" Extension for Instruction-Fetch Fence.
inline constexpr auto instruction_fences = isa::make_group(
    "Zifencei", make<instruction_fence>("fence.i", op3(0x0f, 1), [](auto &m, const auto &) { return m.fence_i(); }));

inline constexpr auto privileged =
    isa::make_group("privileged", //
                    make<plain_system>("ecall", whole(0x00000073), [](auto &m, const auto &) { return m.ecall(); }),
                    make<plain_system>("ebreak", whole(0x00100073), [](auto &m, const auto &) { return m.ebreak(); }),
                    make<plain_system>("sret", whole(0x10200073), [](auto &m, const auto &) { return m.sret(); }),
                    make<plain_system>("mret", whole(0x30200073), [](auto &m, const auto &) { return m.mret(); }),
                    make<plain_system>("wfi", whole(0x10500073), [](auto &m, const auto &) { return m.wfi(); })
                        .because<sentences::wfi>(),
                    make<fence_system>("sfence.vma", {0x12000073, 0xfe007fff},
                                       [](auto &m, const auto &o) { return m.sfence_vma(fence_scope_of(m, o)); }));
} // namespace rows

/// RV64IMA with CSRs, instruction fences and the privileged instructions, F and D if `FloatingPoint`, and H if
/// `Hypervisor`. Compressed encodings are aliases.
template <bool FloatingPoint, bool Hypervisor = false> inline constexpr auto all_rows = [] {
  const auto integer =
      isa::make_instruction_set(rows::base, rows::multiply, rows::atomic_words, rows::atomic_doublewords, rows::csr,
                                rows::instruction_fences, rows::privileged);
  if constexpr (Hypervisor)
    return all_rows<FloatingPoint, false> + rows::hypervisor;
  else if constexpr (FloatingPoint)
    return integer + rows::single + rows::double_precision + rows::between_formats;
  else
    return integer;
}();

} // namespace hvkit::cpu::riscv
