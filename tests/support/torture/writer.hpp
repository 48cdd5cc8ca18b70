// SPDX-License-Identifier: BSL-1.0
// Decides how tests write machine code: through the encoder, from the CPU's own rows. Knows no program.
#pragma once

#include <stdexcept>
#include <string_view>
#include <vector>

#include <hvkit/isa/encoder.hpp>
#include <hvkit/vmm/lockstep.hpp>

#include "support/torture/layout.hpp"

namespace hvkit::tests::torture {

using isa::row_id;

/// Rows that the generator names. All others it finds by what the table says of them.
namespace row {
[[nodiscard]] consteval row_id named(std::string_view name) {
  const row_id found = isa::find_row<cpu_type>(name);
  return found != isa::no_row ? found : throw std::logic_error("no such row");
}
inline constexpr row_id lui = named("lui"), addi = named("addi"), addiw = named("addiw"), slli = named("slli"),
                        xori = named("xori"), bit_xor = named("xor"), jal = named("jal"), jalr = named("jalr"),
                        bne = named("bne"), ld = named("ld"), sd = named("sd"), lw = named("lw"), sw = named("sw"),
                        csrrw = named("csrrw"), csrrs = named("csrrs"), csrrc = named("csrrc"),
                        sfence = named("sfence.vma"), fence_i = named("fence.i"), wfi = named("wfi"),
                        mret = named("mret"), sret = named("sret"), ecall = named("ecall"), ebreak = named("ebreak"),
                        lr_w = named("lr.w"), sc_w = named("sc.w"), lr_d = named("lr.d"), sc_d = named("sc.d"),
                        amoxor = named("amoxor.w"), auipc = named("auipc");
} // namespace row

/// The rows of which `f(facts)` holds.
template <class F> [[nodiscard]] std::vector<row_id> rows_where(F f) {
  std::vector<row_id> found;
  for (row_id r = 0; r < isa::row_count<cpu_type>; ++r)
    if (f(isa::facts<cpu_type>[r]))
      found.push_back(r);
  return found;
}

/// Operands by register numbers: x0 as a destination is the sink.
[[nodiscard]] constexpr operands with(u64 rd, u64 rs1 = 0, u64 rs2 = 0, i64 imm = 0) {
  operands o;
  o.rd = rd == 0 ? cpu::riscv::sink : static_cast<u8>(rd);
  o.rs1 = static_cast<u8>(rs1);
  o.rs2 = static_cast<u8>(rs2);
  o.imm = static_cast<i32>(imm);
  return o;
}

/// Writes instructions into an image, one behind the other. What does not fit any more is left out.
class writer {
public:
  /// `image` holds memory from `ram` on; instructions go to [from, to).
  writer(std::vector<u8> &image, u64 from, u64 to) : image_(image), at_(from), end_(to) {}

  [[nodiscard]] u64 here() const noexcept { return at_; }
  [[nodiscard]] bool room(u64 bytes) const noexcept { return end_ - at_ >= bytes; }

  void bytes(u64 value, unsigned size) {
    if (!room(size))
      return;
    for (unsigned i = 0; i < size; ++i)
      image_[at_ - ram + i] = static_cast<u8>(value >> (8 * i));
    at_ += size;
  }
  /// False if the operands do not fit the row; then nothing was written.
  bool emit(row_id r, const operands &o) {
    const auto word = isa::encode<cpu_type>(r, o);
    if (word)
      bytes(*word, 4);
    return word.has_value();
  }
  /// The same, by two bytes if the instruction has such a form.
  bool emit_short(row_id r, const operands &o) {
    const auto word = isa::encode_short<cpu_type>(r, o);
    if (word)
      bytes(*word, 2);
    return word ? true : emit(r, o);
  }
  void addi(u64 rd, u64 rs1, i64 imm) { emit(row::addi, with(rd, rs1, 0, imm)); }

  /// Puts any constant into a register.
  void constant(u64 rd, u64 value) {
    if (sign_extend(value, 12) == value)
      return addi(rd, 0, static_cast<i64>(value));
    const u64 low = sign_extend(value, 12);
    if (sign_extend(value, 32) == value) {
      emit(row::lui, with(rd, 0, 0, static_cast<i32>(static_cast<u32>(value - low))));
      emit(row::addiw, with(rd, rd, 0, static_cast<i64>(low)));
      return;
    }
    const u64 high = static_cast<u64>(static_cast<i64>(value - low) >> 12);
    constant(rd, high);
    emit(row::slli, with(rd, rd, 0, 12));
    addi(rd, rd, static_cast<i64>(low));
  }

private:
  std::vector<u8> &image_;
  u64 at_;
  u64 end_;
};

/// Words from the edges of their ranges, half of them at least.
[[nodiscard]] inline u64 boundary_word(random_numbers &random) {
  constexpr u64 edges[] = {0,          1,           ~u64{0},       2,           31,         32,      33,
                           63,         64,          0x7f,          0x80,        0xff,       0x7fff,  0x8000,
                           0x7fffffff, 0x80000000,  0xffffffff,    0x100000000, 0x7ff,      bit(63), bit(63) - 1,
                           bit(38),    bit(38) - 1, ~low_bits(38), bit(56),     ~u64{0xfff}};
  const u64 raw = random();
  return (raw & 3) != 0 ? edges[(raw >> 8) % std::size(edges)] + (raw >> 3 & 1) - (raw >> 4 & 1) : random();
}

} // namespace hvkit::tests::torture
