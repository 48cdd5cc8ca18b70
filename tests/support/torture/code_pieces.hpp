// SPDX-License-Identifier: BSL-1.0
// Decides how random code jumps, loops and writes code.
#pragma once

#include "support/torture/system_pieces.hpp"

namespace hvkit::tests::torture {

/// Pieces around the flow of control and self-modification.
class code_pieces : public system_pieces {
public:
  using system_pieces::system_pieces;

protected:
  void branch() {
    static const auto rows = rows_where([](const auto &f) { return f.syntax == "rs1, rs2, target"; });
    const i64 distance = one_in(random_, 40) ? -static_cast<i64>(random_.between(1, 20)) * 2
                                             : static_cast<i64>(random_.between(4, 32)) * 2;
    const u64 left = source(), right = source();
    out_.emit(of(rows), with(0, left, right, distance));
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
      return static_cast<void>(out_.emit(row::jal, with(1, 0, 0, static_cast<i64>(random_.between(2, 60)) * 2)));
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
      const u64 size = any({2, 4, 4, 8});
      store(size, 5, held::code, static_cast<i64>(random_.between(0, 1000)) * 2 - 1000);
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
};

} // namespace hvkit::tests::torture
