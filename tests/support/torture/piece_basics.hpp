// SPDX-License-Identifier: BSL-1.0
// Decides how one row with random operands is written, and from which registers and rows it is made.
#pragma once

#include <vector>

#include "support/torture/values.hpp"

namespace hvkit::tests::torture {

/// What all pieces of random code are made with. Temporaries are x5 to x7.
class piece_basics {
public:
  piece_basics(writer &out, random_numbers &random, const program_options &options)
      : out_(out), random_(random), options_(options) {}

protected:
  [[nodiscard]] u64 any(std::initializer_list<u64> from) { return from.begin()[random_.between(0, from.size() - 1)]; }
  /// A register to write: rarely one that holds a pointer.
  [[nodiscard]] u64 target() {
    const u64 x = random_.between(0, 31);
    return held::is(x) && (options_.foreign || !one_in(random_, 40)) ? random_.between(29, 31) : x;
  }
  [[nodiscard]] u64 source() { return random_.between(0, 31); }
  [[nodiscard]] u64 pointer() {
    if (options_.foreign)
      return any({held::data, held::data_elsewhere, held::code, held::page_end});
    return one_in(random_, 30) ? source()
                               : any({held::data, held::data, held::data_elsewhere, held::data_elsewhere, held::code,
                                      held::page_end, held::page_end, held::leaf_entries});
  }
  [[nodiscard]] row_id of(const std::vector<row_id> &rows) { return rows[random_.between(0, rows.size() - 1)]; }
  [[nodiscard]] operands random_operands(row_id r) {
    const auto &facts = isa::facts<cpu_type>[r];
    return facts.decode(facts.code.match | (static_cast<u32>(random_()) & facts.operand_bits));
  }
  void random_csr(u64 rd, unsigned number, u64 rs1) {
    const u64 r = options_.foreign ? row::csrrw : any({row::csrrw, row::csrrs, row::csrrc});
    out_.emit(static_cast<row_id>(r), with(rd, rs1, 0, number));
  }

  void pure() {
    static const auto rows = rows_where(
        [](const auto &f) { return f.needs == isa::capability::pure || f.needs == isa::capability::reads_pc; });
    const row_id r = of(rows);
    operands o = random_operands(r);
    const u64 to = target(), left = source(), right = source();
    const operands wanted = with(to, left, right, static_cast<i64>(boundary_word(random_)));
    o.rd = wanted.rd;
    if (one_in(random_, 2))
      o.rs1 = wanted.rd == cpu::riscv::sink ? o.rs1 : wanted.rd; // what compressed forms want
    if (isa::facts<cpu_type>[r].fits(wanted) && one_in(random_, 2))
      o.imm = wanted.imm;
    static_cast<void>(one_in(random_, 2) ? out_.emit_short(r, o) : out_.emit(r, o));
  }

  void memory() {
    static const auto rows = rows_where([](const auto &f) { return f.needs == isa::capability::memory; });
    const row_id r = of(rows);
    if (options_.foreign && (r == row::sc_w || r == row::sc_d)) // an SC stands behind its LR there
      return;
    operands o = random_operands(r);
    o.rd = with(target()).rd;
    o.rs1 = static_cast<u8>(pointer());
    o.rs2 = static_cast<u8>(source());
    operands near = o;
    near.imm = static_cast<i32>(random_.between(0, 40)) - 16;
    if (isa::facts<cpu_type>[r].fits(near) && !one_in(random_, 6))
      o = near;
    static_cast<void>(one_in(random_, 4) ? out_.emit_short(r, o) : out_.emit(r, o));
  }

  /// A few in a row, so that what one leaves behind meets the next.
  void floating() {
    for (u64 n = random_.between(2, 10); n != 0; --n)
      one_floating();
  }
  /// One rounding mode in eight comes as it is drawn, the reserved ones among them; the one in frm does, too.
  void one_floating() {
    static const auto rows = rows_where([](const auto &f) { return f.needs == isa::capability::fp; });
    static const auto moves = rows_where([](const auto &f) { return f.syntax == "frd, imm(rs1)"; });
    const row_id r = one_in(random_, 6) ? of(moves) : of(rows);
    const auto &facts = isa::facts<cpu_type>[r];
    operands o = random_operands(r);
    if (facts.syntax.starts_with("rd"))
      o.rd = with(target()).rd;
    if (facts.syntax.ends_with("imm(rs1)")) {
      o.rs1 = static_cast<u8>(pointer());
      o.imm = one_in(random_, 6) ? o.imm : static_cast<i32>(random_.between(0, 40)) - 16;
    } else if ((facts.operand_bits & 0x7000) != 0 && !one_in(random_, 8)) {
      o.imm = (o.imm & ~7) | static_cast<i32>(random_.between(0, 4));
    }
    static_cast<void>(one_in(random_, 4) ? out_.emit_short(r, o) : out_.emit(r, o));
  }

  void store(u64 size, u64 rs2, u64 base, i64 offset) {
    static const auto rows = rows_where([](const auto &f) { return f.syntax == "rs2, imm(rs1)"; });
    out_.emit(rows[static_cast<std::size_t>(std::countr_zero(size))], with(0, base, rs2, offset));
  }
  void atomic(u64 address, u64 operand) {
    static const auto rows = rows_where([](const auto &f) { return f.syntax == ".order rd, rs2, (rs1)"; });
    operands o = random_operands(of(rows));
    const row_id r = of(rows);
    o.rd = with(target()).rd;
    o.rs1 = static_cast<u8>(address);
    o.rs2 = static_cast<u8>(operand);
    out_.emit(r, o);
  }

  writer &out_;
  random_numbers &random_;
  const program_options &options_;
};

} // namespace hvkit::tests::torture
