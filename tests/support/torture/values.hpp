// SPDX-License-Identifier: BSL-1.0
// Decides which values are worth putting into CSRs, page-table entries and pointers. Knows no program.
#pragma once

#include <hvkit/vmm/lockstep.hpp>

#include "support/torture/writer.hpp"

namespace hvkit::tests::torture {

[[nodiscard]] inline bool one_in(random_numbers &random, u64 n) { return random.between(1, n) == 1; }

/// Somewhere in the code, mostly at the start of an instruction, often a few before the end of a page.
[[nodiscard]] inline u64 code_address(random_numbers &random) {
  const u64 even = one_in(random, 8) ? ~u64{1} : ~u64{3};
  if (one_in(random, 4)) {
    const u64 end = frame_at(code_frame + random.between(1, code_frames - 1));
    return (end - random.between(1, 60)) & even;
  }
  return frame_at(code_frame) + (random.between(0, code_frames * frame_size - 1) & even);
}
/// Where traps may go: the handler of that mode, sometimes code, rarely nowhere. The low bits choose the mode.
[[nodiscard]] inline u64 vector_address(random_numbers &random, u64 handler) {
  const u64 place = one_in(random, 10) ? code_address(random) & ~u64{3} : handler;
  const u64 to = one_in(random, 100) ? boundary_word(random) : place;
  return to | random.between(0, 1);
}
[[nodiscard]] inline u64 root_value(random_numbers &random) {
  const u64 space = one_in(random, 2) ? 0 : random.between(0, 40);
  const u64 place =
      one_in(random, 20) ? frame_at(random.between(0, image_frames + 1)) : root_table(random.between(0, roots - 1));
  const u64 mode = one_in(random, 20) ? random.between(0, 15) : one_in(random, 10) ? 0 : 8;
  return mode << 60 | space << 44 | place >> frame_bits;
}
/// Flags of a table entry. `user` is how likely U is, in eighths.
[[nodiscard]] inline u64 leaf_flags(random_numbers &random, u64 user) {
  u64 flags = one_in(random, 24) ? 0 : sv39::v;
  const auto perhaps = [&](u64 flag, u64 eighths) { flags |= random.between(0, 7) < eighths ? flag : 0; };
  perhaps(sv39::r, 7), perhaps(sv39::w, 6), perhaps(sv39::x, 6), perhaps(sv39::u, user);
  perhaps(sv39::a, 6), perhaps(sv39::d, 5), perhaps(sv39::g, 1);
  return flags;
}
/// The same, but mostly open: so that programs get somewhere before they break their own tables.
[[nodiscard]] inline u64 open_leaf(random_numbers &random, u64 user) {
  const u64 flags = leaf_flags(random, user);
  return one_in(random, 4) ? flags : flags | sv39::v | sv39::r | sv39::w | sv39::x;
}
[[nodiscard]] constexpr u64 sv39_root(u64 r, u64 space) noexcept {
  return bit(63) | space << 44 | root_table(r) >> frame_bits;
}
[[nodiscard]] constexpr u64 entry_to(u64 address, u64 flags) noexcept { return address >> frame_bits << 10 | flags; }
/// An entry that foreign programs may put anywhere: what could reach tables lacks W.
[[nodiscard]] inline u64 foreign_entry(random_numbers &random) {
  if (one_in(random, 4))
    return entry_to(ram, leaf_flags(random, 4) & ~sv39::w);
  const u64 frame = random.between(1, table_frame - 1);
  return entry_to(frame_at(frame), leaf_flags(random, 4));
}
/// An entry that may stand anywhere in a table: to a frame, to a large page, to a table.
[[nodiscard]] inline u64 table_entry(random_numbers &random) {
  switch (random.between(0, 9)) {
  case 0:
    return entry_to(frame_at(random.between(table_frame, image_frames - 1)), sv39::v);
  case 1:
    return entry_to(ram, leaf_flags(random, 4)); // aligned for every level
  case 2:
    return entry_to(ram, random() & 0x3ff);
  default:
    const u64 frame = random.between(0, image_frames);
    return entry_to(frame_at(frame), leaf_flags(random, 4));
  }
}

/// A byte of pmpcfg.
[[nodiscard]] inline u64 protection_byte(random_numbers &random) {
  const u64 matching = one_in(random, 2) ? 0 : random.between(0, 3);
  const u64 locked = one_in(random, 60) ? 0x80 : 0;
  return random.between(0, 7) | matching << 3 | locked;
}
/// Eight of them; the last entry of all stays open most of the time, else nothing but machine mode would run.
[[nodiscard]] inline u64 protection_bytes(random_numbers &random, bool high_half) {
  u64 value = 0;
  for (unsigned i = 0; i < 8; ++i)
    value |= (one_in(random, 4) ? protection_byte(random) : 0) << (8 * i);
  return high_half && !one_in(random, 16) ? deposit(value, u64{0xff} << 56, 0x1f) : value;
}
[[nodiscard]] inline u64 protection_address(random_numbers &random, unsigned entry) {
  if (entry == 15 && !one_in(random, 16))
    return ~u64{0};
  const u64 frame = frame_at(random.between(0, image_frames));
  const u64 place = frame + (random.between(0, frame_size - 1) & ~u64{3});
  const u64 start = one_in(random, 2) ? frame_base(place) : place;
  return one_in(random, 12) ? boundary_word(random)
                            : start >> 2 | low_bits(static_cast<unsigned>(random.between(0, 10)));
}

/// Few bits set, or none.
[[nodiscard]] inline u64 sparse_word(random_numbers &random) {
  const u64 word = random();
  return one_in(random, 3) ? 0 : word & random();
}
/// A value that makes sense in that register, or one from the edges of the range.
[[nodiscard]] inline u64 csr_value(random_numbers &random, unsigned number) {
  if (one_in(random, 40))
    return boundary_word(random);
  switch (number) {
  case 0x305:
    return vector_address(random, frame_at(machine_frame));
  case 0x105:
    return vector_address(random, frame_at(supervisor_frame));
  case 0x341:
  case 0x141:
  case 0x140:
    return code_address(random);
  case 0x180:
    return root_value(random);
  case 0x3a0:
  case 0x3a2:
    return protection_bytes(random, number == 0x3a2);
  case 0x302: // a fault of fetching that its own handler cannot be fetched for has no end
    return sparse_word(random) & ~(one_in(random, 6) ? 0 : bit(1) | bit(12));
  case 0x303:
  case 0x304:
  case 0x344:
    return sparse_word(random);
  default:
    return number >= 0x3b0 && number < 0x3c0 ? protection_address(random, number - 0x3b0) : boundary_word(random);
  }
}
/// NAPOT: one or two pages below the tables, or everything. QEMU 7.2 sets A and D even where PMP forbids to write them.
[[nodiscard]] constexpr u64 foreign_protection(u64 value) noexcept {
  const u64 frame = (value >> 10) % (table_frame - 2);
  return value >= low_bits(52) ? low_bits(52) : (ram >> 2) | frame << 10 | low_bits(9) | (value & bit(9));
}
/// The nearest value of which the manual leaves nothing to the implementation.
[[nodiscard]] inline u64 foreign_value(unsigned number, u64 value) {
  constexpr u64 previous = bit(11) | bit(12), lengths = cpu::riscv::csrs::uxl;
  switch (number) {
  case 0x300:
    // MPRV is left out: QEMU 7.2 keeps it when a return leaves machine mode.
    return (value & cpu::riscv::csrs::mstatus_fields & ~bit(17)) | lengths |
           ((value & previous) == bit(12) ? previous : 0);
  case 0x100:
    return (value & cpu::riscv::csrs::sstatus_fields) | lengths;
  case 0x302:
    return value & cpu::riscv::csrs::delegable;
  case 0x303:
  case 0x304:
  case 0x344:
  case 0x104:
  case 0x144:
    return value & cpu::riscv::irq::supervisor;
  case 0x306:
  case 0x106:
    return value & 7;
  case 0x341:
  case 0x141:
    return value & ~u64{1};
  case 0x180: { // tables in memory: elsewhere QEMU 7.2 reports page faults for access faults
    const u64 frame = (value & low_bits(44)) - (ram >> frame_bits);
    return value >> 60 == 0 || (value >> 60 == 8 && frame < frames) ? value : sv39_root(value % roots, 0);
  }
  case 0x3a0:
  case 0x3a2: // off or NAPOT, and W only with R
    for (unsigned i = 0; i < 64; i += 8) {
      value |= (value >> i & 0x18) != 0 ? u64{0x18} << i : 0;
      value |= (value >> i & 3) == 2 ? u64{1} << i : 0;
    }
    value &= 0x9f9f9f9f9f9f9f9f;
    return number == 0x3a2 ? value | u64{0x1f} << 56 : value; // for tables; and without any QEMU refuses some returns
  default:
    return number >= 0x3b0 && number < 0x3c0 ? foreign_protection(value) : value;
  }
}
[[nodiscard]] inline u64 csr_value(random_numbers &random, unsigned number, const program_options &options) {
  const u64 value = csr_value(random, number);
  return options.foreign ? foreign_value(number, value) : value;
}
/// Registers whose content the manual leaves to the implementation, or to time.
[[nodiscard]] constexpr bool is_foreign(unsigned number) noexcept {
  const bool counts = (number & 0xf00) == 0xb00 || (number & 0xf00) == 0xc00 || number == 0x320;
  return counts || (number >= 0xf11 && number <= 0xf13) || (number >= 0x7a0 && number <= 0x7a3);
}
/// mstatus: MPP is never the reserved 2, TVM, TW and TSR are rare.
[[nodiscard]] inline u64 status_value(random_numbers &random) {
  constexpr u64 rare = bit(20) | bit(21) | bit(22), previous = bit(11) | bit(12);
  const u64 modes[] = {0, 0, 0, bit(11), bit(11), bit(11), previous};
  const u64 kept = one_in(random, 4) ? ~u64{0} : ~rare;
  const u64 mode = modes[random.between(0, 6)];
  return (random() & ~previous & kept) | mode;
}

} // namespace hvkit::tests::torture
