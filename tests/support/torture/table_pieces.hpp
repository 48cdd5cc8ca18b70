// SPDX-License-Identifier: BSL-1.0
// Decides how random code writes page tables, protection entries and reservations.
#pragma once

#include "support/torture/piece_basics.hpp"

namespace hvkit::tests::torture {

/// Pieces that change how memory is mapped, or use it in unusual ways.
class table_pieces : public piece_basics {
public:
  using piece_basics::piece_basics;

protected:
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
    if (kind == 1) {
      const place from = leaf_place();
      return copy_entry(from, leaf_place());
    }
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

  void reserved() {
    const bool wide = one_in(random_, 2);
    const u64 base = any({held::data, held::data_elsewhere, options_.foreign ? held::data : held::leaf_entries});
    out_.emit(wide ? row::lr_d : row::lr_w, with(target(), base));
    if (one_in(random_, 3))
      one_in(random_, 2) ? pure() : memory();
    const bool same = options_.foreign || !one_in(random_, 8);
    out_.emit(wide == same ? row::sc_d : row::sc_w, with(1, base, source()));
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
};

} // namespace hvkit::tests::torture
