// SPDX-License-Identifier: BSL-1.0
// Decides where the parts of a torture program lie in memory, and what may be asked of such a program.
//
//   frame  0      machine-mode vectors, boot code and its tables       virtual windows, by the root's slot:
//          1      supervisor-mode handler                                2    the same addresses, by 4 KiB pages
//          2 -  5 random code                                            4    2 MiB leaves, and a table of another root
//          6 -  9 data                                                   0    devices, a 1 GiB leaf
//         10 - 21 page tables: four for each of three roots              511  memory, a 1 GiB leaf
//         22 -    nothing yet                                            510  the root itself;  509  a leaf table
#pragma once

#include <hvkit/core/address.hpp>
#include <hvkit/core/bits.hpp>
#include <hvkit/cpu/rv64.hpp>

namespace hvkit::tests::torture {

using cpu_type = cpu::rv64;
using operands = cpu_type::operands;
using sv39 = cpu_type::page_format;

inline constexpr u64 ram = 0x80000000;
inline constexpr u64 frames = 64; ///< of the program's memory; a machine may have more

inline constexpr u64 machine_frame = 0, supervisor_frame = 1;
inline constexpr u64 code_frame = 2, code_frames = 4;
inline constexpr u64 data_frame = 6, data_frames = 4;
inline constexpr u64 table_frame = 10, roots = 3, tables_of_root = 4;
inline constexpr u64 image_frames = table_frame + roots * tables_of_root;

[[nodiscard]] constexpr u64 frame_at(u64 frame) noexcept { return ram + frame * frame_size; }
/// The tables of root `r`: the root itself, level 1 of window 2, its leaf table, level 1 of window 1.
[[nodiscard]] constexpr u64 root_table(u64 r) noexcept { return frame_at(table_frame + r * tables_of_root); }
[[nodiscard]] constexpr u64 middle_table(u64 r) noexcept { return root_table(r) + frame_size; }
[[nodiscard]] constexpr u64 leaf_table(u64 r) noexcept { return root_table(r) + 2 * frame_size; }
[[nodiscard]] constexpr u64 large_table(u64 r) noexcept { return root_table(r) + 3 * frame_size; }

/// Whether a physical address lies in one of the tables made here.
[[nodiscard]] constexpr bool is_table(u64 address) noexcept {
  return address >= frame_at(table_frame) && address < frame_at(image_frames);
}

/// Registers that random instructions rarely write: pointers and constants, so that stores hit what matters.
namespace held {
inline constexpr u8 data = 8;           ///< into the data frames
inline constexpr u8 data_elsewhere = 9; ///< the same frames through another window
inline constexpr u8 leaf_entries = 18;  ///< the leaf table's entries of the frames above
inline constexpr u8 root_entries = 19;  ///< the middle of a root table
inline constexpr u8 code = 20;
inline constexpr u8 timer = 21;                            ///< the CLINT
inline constexpr u8 root_a = 22, root_b = 23, root_c = 24; ///< values of satp
inline constexpr u8 status = 25;
inline constexpr u8 page_end = 26; ///< a few bytes before a data frame's end
inline constexpr u8 counter = 27;  ///< of loops
inline constexpr u8 entry = 28;    ///< an entry that handlers write
[[nodiscard]] constexpr bool is(u64 x) noexcept { return (x >= 8 && x <= 9) || (x >= 18 && x <= 28); }
} // namespace held

/// What happens after a trap.
enum class handler_style : u8 {
  careful,   ///< skips the instruction; after a fault of fetching goes to a place of the table, in a mode of the table
  short_one, ///< only skips
  stays      ///< goes on with random code in the handler's mode
};

/// What a program may do.
struct program_options {
  /// For machines that are not ours: no clocks, deadlines and devices; page tables are written by machine mode alone,
  /// with a fence behind each write; CSRs get only values that all implementations take alike; protection by pages.
  bool foreign = false;
};

} // namespace hvkit::tests::torture
