// SPDX-License-Identifier: BSL-1.0
// Decides what a random supervisor does that maps its memory by pages of every size and changes its mind: stores of
// every kind to its page tables, through several mappings of them, with accesses, fences and changes of rights and of
// address spaces between.
//
//   memory, in groups of 2 MiB                    its addresses, by the root's slot
//     0   code, then data                           2   memory as it lies, by 2 MiB leaves that stay
//     1   the tables, then data                     3   what changes: 2 MiB leaves, tables of 4 KiB leaves
//     2   data, one page of it guarded by PMP       4   memory, by a 1 GiB leaf that changes
//     3   a table of 4 KiB leaves, then data
#pragma once

#include <string>

#include "support/torture.hpp"
#include "support/torture/bench.hpp"

namespace hvkit::tests::paging_guest {

using torture::cpu_type;
using torture::ram;
using torture::sv39;

inline constexpr u64 group = u64{2} << 20, memory = 4 * group;
inline constexpr u64 root = ram + group, fixed_table = root + frame_size, middle = root + 2 * frame_size,
                     leaves = root + 3 * frame_size, far_leaves = ram + 3 * group;
/// Slots of the middle table that change; pages of each group that hold data, and their slots in the tables of leaves.
inline constexpr u64 slots = 4, first_page = 64, pages = 4;
inline constexpr u64 window = u64{1} << 30;
/// Address spaces in which the same tables are used.
inline constexpr u64 spaces = 3;

[[nodiscard]] constexpr u64 pointer(u64 table) { return sv39::pointer_to(table); }
[[nodiscard]] constexpr u64 leaf(u64 to, u64 flags) { return sv39::pointer_to(to) | flags; }

/// Writes the text of one such guest.
class text_writer {
public:
  /// `fences`: a fence follows each store to a table.
  text_writer(u64 seed, bool fences) : random_(seed * 0x9e3779b97f4a7c15 + 1), fences_(fences) {
    for (int i = 0; i < 8; ++i)
      static_cast<void>(random_());
  }

  [[nodiscard]] std::string write(u64 operations) {
    text_ = R"(
      la t0, trap; csrw mtvec, t0; li t0, -1; csrw pmpaddr15, t0; li t0, 0x1f << 56; csrw pmpcfg2, t0
    )";
    const u64 all = low_bits(8) & ~sv39::u;
    for (u64 n = 0; n < slots; ++n)
      put(fixed_table + 8 * n, leaf(ram + n * group, all));
    put(root + 16, pointer(fixed_table));
    put(root + 24, pointer(middle));
    put(root + 32, leaf(ram, all));
    put(middle, pointer(leaves));
    put(middle + 8, pointer(far_leaves));
    put(middle + 16, leaf(ram + 2 * group, all));
    for (u64 n = 0; n < pages; ++n) {
      put(leaf_place(leaves, n), leaf(page(n, n), all));
      put(leaf_place(far_leaves, n), leaf(page(n, 0), all));
    }
    constant("t0", satp(0));
    text_ += R"(csrw satp, t0
      la t0, start; csrw mepc, t0; li t0, 1 << 11; csrw mstatus, t0; mret
    start: li s2, 1 << 18; li s3, 1 << 19
    )";
    for (u64 n = 0; n < operations; ++n)
      operation();
    return text_ + guard_text();
  }

private:
  /// On an ecall closes or opens a page by PMP; after any other trap goes on behind the instruction.
  [[nodiscard]] static std::string guard_text() {
    return "la t0, start; jr t0\n.align 2\ntrap: csrr x30, mcause; addi x30, x30, -9; bnez x30, skip; li x31, " +
           std::to_string((ram + 2 * group + first_page * frame_size) >> 2 | low_bits(9)) + R"(
        csrw pmpaddr0, x31; csrr x31, pmpcfg0; xori x31, x31, 0x18; csrw pmpcfg0, x31
      skip: csrr x31, mepc; addi x31, x31, 4; csrw mepc, x31; mret
    )";
  }
  [[nodiscard]] static u64 satp(u64 space) { return u64{8} << 60 | space << 44 | root >> frame_bits; }
  [[nodiscard]] static u64 page(u64 of, u64 n) { return ram + of * group + (first_page + n % pages) * frame_size; }
  [[nodiscard]] static u64 leaf_place(u64 table, u64 n) { return table + 8 * (first_page + n); }
  [[nodiscard]] u64 below(u64 n) { return random_.between(0, n - 1); }
  void constant(const char *x, u64 value) {
    text_ += std::string("li ") + x + ", " + std::to_string(static_cast<i64>(value)) + "\n";
  }
  void put(u64 at, u64 value) {
    constant("t0", at);
    constant("t1", value);
    text_ += "sd t1, 0(t0)\n";
  }

  void operation() {
    const u64 kind = below(17);
    if (kind < 5)
      store_entry();
    else if (kind < 13)
      access();
    else if (kind == 13)
      fence();
    else if (kind == 14)
      switch_space();
    else if (kind == 15)
      text_ += std::string(below(2) == 0 ? "csrs" : "csrc") + " sstatus, " + (below(2) == 0 ? "s2" : "s3") + "\n";
    else
      text_ += "ecall\n";
  }
  /// Of everything, of the page that was used last, of an address space, or of both.
  void fence() {
    text_ += "li t6, " + std::to_string(below(spaces)) + "\n";
    static constexpr const char *forms[] = {"sfence.vma", "sfence.vma t2", "sfence.vma zero, t6", "sfence.vma t2, t6"};
    text_ += std::string(forms[below(std::size(forms))]) + "\n";
  }
  void switch_space() {
    constant("t0", satp(below(spaces)));
    text_ += "csrw satp, t0\n";
  }
  /// Where the entry lies, as the fixed mapping or the 1 GiB leaf shows it; and what could stand there.
  void store_entry() {
    const u64 kind = below(8);
    const u64 place = kind == 0  ? root + 32
                      : kind < 4 ? middle + 8 * below(slots)
                                 : leaf_place(kind < 6 ? leaves : far_leaves, below(pages));
    const u64 to = kind == 0 ? ram : kind < 4 ? ram + group * below(4) : page(below(4), below(pages));
    const bool table = kind > 0 && kind < 4 && below(3) == 0;
    const u64 flags = below(4) == 0 ? below(256) : low_bits(8) & ~(below(4) == 0 ? sv39::u : 0) & ~below(2);
    constant("t0", place + (below(3) == 0 ? 2 * window : 0));
    constant("t1", table ? pointer(below(2) == 0 ? leaves : far_leaves) : leaf(to, flags | (below(8) == 0 ? 0 : 1)));
    static constexpr const char *stores[] = {"sd t1, 0(t0)",           "sd t1, 0(t0)", "sd t1, 0(t0)",
                                             "sw t1, 0(t0)",           "sb t1, 0(t0)", "sh t1, 0(t0)",
                                             "amoswap.d t3, t1, (t0)", "sd t1, 4(t0)", "amoxor.w t3, t1, (t0)"};
    text_ += std::string(stores[below(std::size(stores))]) + "\n" + (fences_ ? "sfence.vma\n" : "");
  }
  void access() {
    const u64 in = 2 + below(3), place = page(below(4), below(pages)) - ram;
    constant("t2", in * window + place + (below(6) == 0 ? frame_size - 4 : 8 * below(500)));
    static constexpr const char *accesses[] = {"ld t3, 0(t2)", "sd t3, 0(t2)", "lb t4, 0(t2)",          "sb t4, 0(t2)",
                                               "lw t4, 0(t2)", "sw t3, 0(t2)", "amoadd.w t5, t4, (t2)", "sd t5, 0(t2)"};
    text_ += std::string(accesses[below(std::size(accesses))]) + "\n";
  }

  random_numbers random_;
  bool fences_;
  std::string text_;
};

[[nodiscard]] inline torture::program make(u64 seed, bool fences) {
  const auto code = torture::assembled(ram, text_writer(seed, fences).write(150));
  return {{code.bytes().begin(), code.bytes().end()}, ram};
}

} // namespace hvkit::tests::paging_guest
