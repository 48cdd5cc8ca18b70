// SPDX-License-Identifier: BSL-1.0
// Decides which instructions the random code of a torture program is made of, and how often each kind occurs.
#pragma once

#include <vector>

#include "support/torture/values.hpp"

namespace hvkit::tests::torture {

/// Fills code with short pieces, each of which does something worth seeing. Temporaries are x5 to x7.
class body_writer {
public:
  body_writer(writer &out, random_numbers &random, const program_options &options)
      : out_(out), random_(random), options_(options) {}

  void fill() {
    while (out_.room(128))
      piece();
    while (out_.room(4))
      pure();
    while (out_.room(2))
      out_.bytes(1, 2); // c.nop
  }

private:
  struct choice {
    u64 weight;
    void (body_writer::*write)();
    bool timing = false; ///< only where clocks are used
  };
  void piece() {
    static constexpr choice choices[] = {{16, &body_writer::pure},        {16, &body_writer::memory},
                                         {50, &body_writer::store_entry}, {10, &body_writer::csr},
                                         {84, &body_writer::fault},       {8, &body_writer::branch},
                                         {3, &body_writer::loop},         {4, &body_writer::switch_mode},
                                         {3, &body_writer::switch_root},  {3, &body_writer::fence},
                                         {5, &body_writer::status_bits},  {6, &body_writer::interrupts},
                                         {3, &body_writer::write_code},   {4, &body_writer::call_what_was_written},
                                         {2, &body_writer::raw},          {1, &body_writer::wild_jump},
                                         {3, &body_writer::jump},         {3, &body_writer::reserved},
                                         {2, &body_writer::protection},   {2, &body_writer::move_pointer},
                                         {2, &body_writer::device, true}, {1, &body_writer::wait, true}};
    static constexpr u64 total = [] {
      u64 sum = 0;
      for (const choice &c : choices)
        sum += c.weight;
      return sum;
    }();
    u64 at = random_.between(0, total - 1);
    for (const choice &c : choices) {
      if (at < c.weight)
        return c.timing && options_.foreign ? pure() : (this->*c.write)();
      at -= c.weight;
    }
  }

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
    const operands wanted = with(target(), source(), source(), static_cast<i64>(boundary_word(random_)));
    o.rd = wanted.rd;
    if (one_in(random_, 2))
      o.rs1 = wanted.rd == cpu::rv64_detail::sink ? o.rs1 : wanted.rd; // what compressed forms want
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

  /// Where an entry worth changing lies, as a register and an offset: leaves of code, data, handlers and tables, or the
  /// entries of a root.
  struct place {
    u64 base;
    i64 offset;
  };
  [[nodiscard]] place leaf_place() {
    const u64 last = options_.foreign || !one_in(random_, 4) ? table_frame - 1 : frames - 1;
    return {held::leaf_entries, static_cast<i64>(8 * random_.between(0, last))};
  }
  [[nodiscard]] place entry_place() {
    if (!one_in(random_, 5))
      return leaf_place();
    return {held::root_entries, static_cast<i64>(8 * any({0, 2, 2, 4, 509, 510, 511})) - 2048};
  }
  void store_entry() {
    if (options_.foreign) {
      store_foreign_entry();
      return static_cast<void>(out_.emit(row::sfence, with(0)));
    }
    const place p = entry_place();
    switch (random_.between(0, 7)) {
    case 0:
      flip_flag(p);
      break;
    case 1: // flags alone
      out_.addi(5, 0, static_cast<i64>(leaf_flags(random_, 4)));
      store(1, 5, p.base, p.offset);
      break;
    case 2: // across two entries
      out_.constant(5, table_entry(random_));
      store(8, 5, p.base, p.offset + static_cast<i64>(random_.between(1, 7)));
      break;
    case 3:
      copy_entry(entry_place(), p);
      break;
    case 4: // a part of an entry
      out_.constant(5, table_entry(random_));
      store(any({2, 4}), 5, p.base, p.offset);
      break;
    default:
      out_.constant(5, table_entry(random_));
      store(8, 5, p.base, p.offset);
    }
    if (one_in(random_, 3)) { // whatever is in a register, too
      const place q = entry_place();
      store(any({1, 8, 8}), 5, q.base, q.offset);
    }
  }
  /// Nothing by which a table could be written through translation.
  void store_foreign_entry() {
    const place p = entry_place();
    const u64 kind = random_.between(0, 3);
    if (kind == 0)
      return flip_flag(leaf_place());
    if (kind == 1)
      return copy_entry(leaf_place(), leaf_place());
    out_.constant(5, foreign_entry(random_));
    store(any({4, 8}), 5, p.base, p.offset);
  }
  void flip_flag(place p) {
    out_.addi(5, 0, static_cast<i64>(bit(static_cast<unsigned>(random_.between(0, 7)))));
    out_.addi(6, p.base, p.offset);
    if (options_.foreign)
      out_.emit(row::amoxor, with(target(), 6, 5));
    else
      atomic(6, 5);
  }
  void copy_entry(place from, place to) {
    out_.emit(row::ld, with(5, from.base, 0, from.offset));
    store(8, 5, to.base, to.offset);
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

  void csr() {
    using cpu::rv64_detail::csr_table;
    const auto &c = csr_table[random_.between(0, csr_table.size() - 1)];
    const bool somewhere = one_in(random_, 8) && !options_.foreign;
    const auto number =
        static_cast<unsigned>(somewhere ? random_.between(0, 4095) : c.first + random_.between(0, c.count - 1));
    if (options_.foreign && is_foreign(number))
      return pure();
    if (one_in(random_, 3)) // only read
      return static_cast<void>(out_.emit(row::csrrs, with(target(), 0, 0, number)));
    if (one_in(random_, 6) && !options_.foreign) { // by an immediate, or whatever stands in a register
      static const auto rows = rows_where([](const auto &f) { return f.syntax == "rd, csr, zimm"; });
      return static_cast<void>(out_.emit(of(rows), with(target(), source(), 0, number)));
    }
    out_.constant(5, csr_value(random_, number, options_));
    random_csr(target(), number, 5);
  }

  void fault() {
    for (u64 n = random_.between(1, options_.foreign ? 4 : 3); n != 0; --n)
      one_fault();
  }
  void one_fault() {
    switch (random_.between(0, 7)) {
    case 0:
    case 1:
    case 2:
      out_.emit(row::ecall, {});
      break;
    case 3:
      static_cast<void>(one_in(random_, 2) ? out_.emit_short(row::ebreak, {}) : out_.emit(row::ebreak, {}));
      break;
    case 4: { // near zero, where nothing or a device is
      out_.emit(row::ld, with(target(), 0, 0, static_cast<i64>(random_.between(0, 2047))));
      break;
    }
    case 5: // a register that does not exist, or is only to be read
      random_csr(target(),
                 static_cast<unsigned>(options_.foreign ? any({0x7c0, 0xf11, 0x5a0, 0x3a1, 0x9c2})
                                                        : any({0x7c0, 0xc03, 0xf11, 0x5a0, 0x3a1, 0x9c2})),
                 held::status);
      break;
    case 6: // misaligned
      out_.addi(6, held::data, static_cast<i64>(random_.between(1, 3)));
      atomic(6, 5);
      break;
    default:
      out_.bytes(0, 2);
    }
  }

  void branch() {
    static const auto rows = rows_where([](const auto &f) { return f.syntax == "rs1, rs2, target"; });
    const i64 distance = one_in(random_, 40) ? -static_cast<i64>(random_.between(1, 20)) * 2
                                             : static_cast<i64>(random_.between(2, 16)) * (one_in(random_, 8) ? 2 : 4);
    out_.emit(of(rows), with(0, source(), source(), distance));
  }
  void loop() {
    out_.addi(held::counter, 0, static_cast<i64>(random_.between(2, 40)));
    const u64 start = out_.here();
    for (u64 n = random_.between(1, 6); n != 0; --n)
      one_in(random_, 4) ? memory() : one_in(random_, 12) ? store_entry() : pure();
    out_.addi(held::counter, held::counter, -1);
    out_.emit(row::bne, with(0, held::counter, 0, static_cast<i64>(start - out_.here())));
  }
  void jump() {
    if (one_in(random_, 2))
      return static_cast<void>(out_.emit(row::jal, with(target(), 0, 0, static_cast<i64>(random_.between(2, 60)) * 2)));
    out_.constant(5, code_address(random_));
    static_cast<void>(one_in(random_, 2) ? out_.emit_short(row::jalr, with(1, 5))
                                         : out_.emit(row::jalr, with(target(), 5)));
  }
  /// To an address that differs from one of code in bits that must not be overlooked.
  void wild_jump() {
    out_.addi(5, 0, static_cast<i64>(random_.between(1, 63)));
    out_.emit(row::slli,
              with(5, 5, 0,
                   static_cast<i64>(options_.foreign ? any({38, 39, 40, 56}) : any({32, 38, 39, 40, 40, 40, 56, 62}))));
    out_.emit(row::bit_xor, with(5, 5, held::code));
    out_.emit(row::jalr, with(target(), 5));
  }

  void switch_mode() {
    const bool by_machine = !one_in(random_, 3);
    out_.constant(5, code_address(random_));
    out_.emit(row::csrrw, with(0, 5, 0, by_machine ? 0x341 : 0x141));
    const u64 status = one_in(random_, 2) ? status_value(random_) : any({0, bit(11), bit(8), bit(11) | bit(12)});
    out_.constant(6, options_.foreign ? foreign_value(by_machine ? 0x300 : 0x100, status) : status);
    random_csr(0, by_machine ? 0x300 : 0x100, 6);
    out_.emit(by_machine ? row::mret : row::sret, {});
  }
  void switch_root() {
    const u64 root = any({held::root_a, held::root_b, held::root_c});
    if (one_in(random_, 2))
      return random_csr(target(), 0x180, root);
    out_.addi(5, 0, static_cast<i64>(random_.between(0, 40)));
    out_.emit(row::slli, with(5, 5, 0, 44));
    out_.emit(row::bit_xor, with(5, 5, root));
    out_.emit(row::csrrw, with(target(), 5, 0, 0x180));
  }
  void fence() {
    if (one_in(random_, 3))
      out_.emit(row::fence_i, {});
    else
      out_.emit(row::sfence, with(0, one_in(random_, 2) ? 0 : pointer(), one_in(random_, 2) ? 0 : source()));
  }
  /// SUM, MXR, MPRV and what goes with them, one at a time.
  void status_bits() {
    if (options_.foreign)
      return foreign_status_bits();
    const u64 bits =
        any({bit(17), bit(17) | bit(11), bit(18), bit(19), bit(20), bit(21), bit(22), bit(3), bit(1), bit(11), bit(8)});
    out_.constant(5, bits);
    out_.emit(one_in(random_, 2) ? row::csrrs : row::csrrc, with(target(), 5, 0, one_in(random_, 2) ? 0x300 : 0x100));
    if (one_in(random_, 2))
      memory();
  }
  /// MPRV is taken back at once, before a return could leave machine mode with it.
  void foreign_status_bits() {
    const u64 bits = any({bit(17), bit(17), bit(18), bit(19), bit(20), bit(21), bit(22), bit(3), bit(1)});
    const bool lends = bits == bit(17);
    out_.constant(5, bits);
    out_.emit(lends || one_in(random_, 2) ? row::csrrs : row::csrrc, with(0, 5, 0, one_in(random_, 2) ? 0x300 : 0x100));
    memory();
    if (lends) {
      out_.constant(5, bits);
      out_.emit(row::csrrc, with(0, 5, 0, 0x300));
    }
  }

  void interrupts() {
    switch (options_.foreign ? 3 : random_.between(0, 3)) {
    case 0: // a deadline soon
      out_.constant(6, 0x200c000);
      out_.emit(row::ld, with(5, 6, 0, -8));
      out_.addi(5, 5, static_cast<i64>(random_.between(0, 40)));
      out_.constant(6, 0x2004000);
      out_.emit(row::sd, with(0, 6, 5, 0));
      break;
    case 1:
      out_.addi(5, 0, static_cast<i64>(random_.between(0, 1)));
      out_.emit(row::sw, with(0, held::timer, 5, 0));
      break;
    default:
      out_.constant(5, csr_value(random_, 0x304, options_));
      random_csr(target(), static_cast<unsigned>(any({0x304, 0x344, 0x104, 0x144, 0x303})), 5);
    }
  }
  void wait() { out_.emit(row::wfi, {}); }
  void device() {
    static const auto rows = rows_where([](const auto &f) { return f.needs == isa::capability::memory; });
    out_.constant(6, any({0x2004000, 0x200bff8, 0x2000000, 0x10000000, 0x10000004, 0x0c000028, 0x20000000, 0x100000,
                          0x40000000}));
    const row_id r = of(rows);
    operands o = random_operands(r);
    o.rs1 = 6;
    o.rd = with(target()).rd;
    if (isa::facts<cpu_type>[r].fits(with(o.rd, 6, o.rs2, 0)))
      o.imm = 0;
    out_.emit(r, o);
  }

  /// Copies an instruction, or stores a random one, into code that may run soon.
  void write_code() {
    const auto near = static_cast<i64>(random_.between(0, 1000)) * 2 - 1000;
    const bool close = one_in(random_, 2);
    if (close) { // right behind this piece
      out_.emit(row::auipc, with(6, 0, 0, 0));
      out_.emit(row::lw, with(5, held::code, 0, near));
      store(4, 5, 6, static_cast<i64>(random_.between(2, 12)) * 2);
    } else {
      out_.emit(row::lw, with(5, held::code, 0, near));
      store(any({2, 4, 4, 8}), 5, held::code, static_cast<i64>(random_.between(0, 1000)) * 2 - 1000);
    }
    if (options_.foreign || one_in(random_, 3))
      out_.emit(row::fence_i, {});
  }
  /// Writes a function into a page of code or data, calls it, changes it and calls it again.
  void call_what_was_written() {
    constexpr u64 return_short = 0x8082; // c.jr ra
    const u64 frame = random_.between(code_frame, data_frame + data_frames - 1);
    out_.constant(7, frame_at(frame) + random_.between(0, frame_size / 4 - 2) * 4);
    out_.constant(5, return_short);
    out_.emit(row::sd, with(0, 7, 5, 4));
    for (const bool again : {true, false}) {
      const auto step = static_cast<i64>(random_.between(1, 200));
      out_.constant(5, *isa::encode<cpu_type>(row::addi, with(10, 10, 0, step)));
      store(again ? 8 : 4, 5, 7, 0);
      if (again)
        store(2, 7, 7, 6); // behind the function
      out_.constant(5, return_short);
      store(2, 5, 7, 4);
      if (options_.foreign)
        out_.emit(row::fence_i, {});
      out_.emit(row::jalr, with(1, 7));
    }
  }
  void raw() {
    if (one_in(random_, 2))
      return out_.bytes(random_(), 2);
    const u64 word = random_() | 3;
    out_.bytes(options_.foreign && (word & 0x7f) == 0x73 ? 0 : word, 4); // CSRs stay in hand
  }
  void reserved() {
    const bool wide = one_in(random_, 2);
    const u64 base = any({held::data, held::data_elsewhere, options_.foreign ? held::data : held::leaf_entries});
    out_.emit(wide ? row::lr_d : row::lr_w, with(target(), base));
    if (one_in(random_, 3))
      one_in(random_, 2) ? pure() : memory();
    out_.emit(wide != (one_in(random_, 8) && !options_.foreign) ? row::sc_d : row::sc_w,
              with(target(), base, source()));
  }
  void protection() {
    const auto entry = static_cast<unsigned>(random_.between(0, 15));
    const unsigned number = one_in(random_, 2) ? 0x3b0 + entry : one_in(random_, 2) ? 0x3a0 : 0x3a2;
    out_.constant(5, csr_value(random_, number, options_));
    out_.emit(row::csrrw, with(target(), 5, 0, number));
    if (options_.foreign)
      out_.emit(row::sfence, with(0));
  }
  /// A held pointer moves a little, within its page mostly.
  void move_pointer() {
    const u64 which = any({held::data, held::data_elsewhere, held::code, held::page_end, held::data});
    const i64 steps[] = {8, -8, 4, 1, 16, 2040, -2040};
    out_.addi(which, which, steps[random_.between(0, std::size(steps) - 1)]);
  }

  writer &out_;
  random_numbers &random_;
  const program_options &options_;
};

} // namespace hvkit::tests::torture
