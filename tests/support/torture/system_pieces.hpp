// SPDX-License-Identifier: BSL-1.0
// Decides how random code touches CSRs, changes mode and root, faults and is interrupted.
#pragma once

#include "support/torture/table_pieces.hpp"

namespace hvkit::tests::torture {

/// Pieces around system state.
class system_pieces : public table_pieces {
public:
  using table_pieces::table_pieces;

protected:
  void csr() {
    constexpr const auto &csr_table = cpu::riscv::csr_table<false>;
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
      const row_id r = of(rows);
      const u64 to = target();
      return static_cast<void>(out_.emit(r, with(to, source(), 0, number)));
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
      out_.emit(row::ld, with(4, 0, 0, static_cast<i64>(random_.between(0, 2047))));
      break;
    }
    case 5: // a register that does not exist, or is only to be read
      out_.emit(row::csrrs, with(4, held::status, 0,
                                 static_cast<i64>(options_.foreign ? any({0x7c0, 0xf11, 0x5a0, 0x3a1, 0x9c2})
                                                                   : any({0x7c0, 0xc03, 0xf11, 0x5a0, 0x3a1, 0x9c2}))));
      break;
    case 6: // misaligned
      out_.addi(6, held::data, static_cast<i64>(random_.between(1, 3)));
      atomic(6, 5);
      break;
    default:
      out_.bytes(0, 2);
    }
  }

  void switch_mode() {
    const bool by_machine = !one_in(random_, 3);
    out_.constant(5, code_address(random_));
    out_.emit(row::csrrw, with(0, 5, 0, by_machine ? 0x341 : 0x141));
    const u64 status = one_in(random_, 2) ? status_value(random_)
                                          : any({0, bit(11), bit(8), bit(11) | bit(12)}) | random_.between(0, 3) << 13;
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
    else {
      const u64 at = one_in(random_, 2) ? 0 : pointer();
      out_.emit(row::sfence, with(0, at, one_in(random_, 2) ? 0 : source()));
    }
  }
  /// SUM, MXR, MPRV and what goes with them, one at a time.
  void status_bits() {
    if (options_.foreign)
      return foreign_status_bits();
    const u64 bits = any({bit(17), bit(17) | bit(11), bit(18), bit(19), bit(20), bit(21), bit(22), bit(3), bit(1),
                          bit(11), bit(8), bit(13), bit(14), bit(13) | bit(14)});
    out_.constant(5, bits);
    const row_id r = one_in(random_, 2) ? row::csrrs : row::csrrc;
    const unsigned number = one_in(random_, 2) ? 0x300 : 0x100;
    out_.emit(r, with(target(), 5, 0, number));
    if (one_in(random_, 2))
      one_in(random_, 2) ? memory() : floating();
  }
  /// MPRV is taken back at once, before a return could leave machine mode with it.
  void foreign_status_bits() {
    const u64 bits = any({bit(17), bit(17), bit(18), bit(19), bit(20), bit(21), bit(22), bit(3), bit(1), bit(13),
                          bit(14), bit(13) | bit(14)});
    const bool lends = bits == bit(17);
    out_.constant(5, bits);
    const row_id r = lends || one_in(random_, 2) ? row::csrrs : row::csrrc;
    out_.emit(r, with(0, 5, 0, one_in(random_, 2) ? 0x300 : 0x100));
    lends || one_in(random_, 2) ? memory() : floating();
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
      const u64 number = any({0x304, 0x344, 0x104, 0x144, 0x303});
      random_csr(target(), static_cast<unsigned>(number), 5);
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
};

} // namespace hvkit::tests::torture
